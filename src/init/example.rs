//! The example of the repository, as a new project.

use super::template::deploy_workflow;
use super::{InitError, Project, ProjectFile, name};

/// The name of the example, which that of the new project replaces.
const NAME: &str = "order-fulfilment";

/// The crates of its handlers.
const HANDLERS: [&str; 3] = ["charge-customer", "print-label", "reserve-item"];

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_str!(concat!("../../examples/order-fulfilment/", $path)))),*]
    };
}

const FILES: [(&str, &str); 14] = files![
    "deploy.toml",
    "definition.asl.json",
    "shipping.asl.json",
    "Cargo.toml",
    "Cargo.lock",
    ".gitignore",
    "seeds/orders.json",
    "seeds/stock.json",
    "lambdas/charge-customer/Cargo.toml",
    "lambdas/charge-customer/src/main.rs",
    "lambdas/print-label/Cargo.toml",
    "lambdas/print-label/src/main.rs",
    "lambdas/reserve-item/Cargo.toml",
    "lambdas/reserve-item/src/main.rs",
];

/// A project that is the example but for its name.
///
/// # Errors
///
/// If a name would be longer than AWS accepts.
pub fn order_fulfilment(name: &str, stage: &str) -> Result<Project, InitError> {
    name::fits(name, stage, HANDLERS)?;
    let (workflow, note) = deploy_workflow();
    let files = FILES.iter().map(|(path, text)| {
        let text = if *path == "deploy.toml" {
            let line = |name: &str| format!("\nname = \"{name}\"\n");
            text.replacen(&line(NAME), &line(name), 1)
        } else {
            (*text).to_owned()
        };
        ProjectFile::new(*path, text)
    });
    let workflow = ProjectFile::new(".github/workflows/deploy.yml", workflow);
    Ok(Project {
        files: files.chain([workflow]).collect(),
        notes: note.into_iter().collect(),
        todo: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// The files below a folder that git keeps, by their paths.
    fn files(folder: &Path, root: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            if path.is_dir() && !["target", ".txflow"].contains(&name) {
                files(&path, root, found);
            } else if path.is_file() {
                found.insert(name.to_owned(), fs::read_to_string(&path).unwrap());
            }
        }
    }

    #[test]
    fn what_is_written_is_the_example() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/order-fulfilment");
        let mut example = BTreeMap::new();
        files(&root, &root, &mut example);
        let written = |name: &str| -> BTreeMap<String, String> {
            let files = order_fulfilment(name, "dev").unwrap().files.into_iter();
            let files = files.map(|file| (file.path, file.text));
            files
                .filter(|(path, _)| !path.starts_with(".github"))
                .collect()
        };
        assert_eq!(written(NAME), example);
        let renamed = written("shop");
        assert!(renamed["deploy.toml"].contains("\nname = \"shop\"\n"));
        let differ = renamed
            .iter()
            .filter(|(path, text)| example[*path] != **text);
        assert_eq!(differ.count(), 1);
    }

    #[test]
    fn a_name_that_is_too_long_is_refused() {
        assert!(order_fulfilment(&"n".repeat(60), "dev").is_err());
    }
}
