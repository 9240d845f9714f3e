//! Where a binary of the workspace gets its name.

use cargo_metadata::camino::Utf8Path;
use cargo_metadata::{Metadata, Package};
use toml::de::DeTable;

use crate::input_file;

/// A line for each package that has a binary with this name: `lambdas/login/Cargo.toml:8`, or the
/// file of the binary if cargo named it after that.
pub fn of(metadata: &Metadata, packages: &[&&Package], binary: &str) -> Vec<String> {
    let root = &metadata.workspace_root;
    let relative = |path: &Utf8Path| path.strip_prefix(root).unwrap_or(path).to_string();
    let place = |package: &&&Package| match line(&package.manifest_path, binary) {
        Some(line) => format!("{}:{line}", relative(&package.manifest_path)),
        None => {
            let targets = package.targets.iter();
            let target = targets
                .filter(|target| target.is_bin())
                .find(|target| target.name == binary);
            relative(target.map_or(&package.manifest_path, |target| &target.src_path))
        }
    };
    packages.iter().map(place).collect()
}

/// The line of the `[[bin]]` that gives the name.
#[expect(clippy::disallowed_methods, reason = "reads a package's manifest")]
fn line(manifest: &Utf8Path, binary: &str) -> Option<usize> {
    let text = input_file::read(manifest.as_std_path()).ok()?;
    let parsed = DeTable::parse(&text).ok()?;
    let tables = parsed.get_ref().get("bin")?.get_ref().as_array()?.iter();
    let names = tables.filter_map(|table| table.get_ref().as_table()?.get("name"));
    let mut names = names.filter(|name| name.get_ref().as_str() == Some(binary));
    let at = names.next()?.span().start;
    Some(text[..at].matches('\n').count() + 1)
}
