//! The tables of AWS's services are what their script makes of the packages that they name.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "a test"
)]

use std::path::Path;
use std::process::Command;

/// Compressors may differ from one machine to another, so what they hold is compared.
fn inflated(path: &Path) -> Vec<String> {
    let file = std::fs::read(path).unwrap();
    let inflate = |bytes| miniz_oxide::inflate::decompress_to_vec(bytes).unwrap();
    let text = |bytes| String::from_utf8(inflate(bytes)).unwrap();
    let length = u32::from_le_bytes(file[..4].try_into().unwrap()) as usize;
    let (contents, mut rest) = file[4..].split_at(length);
    let mut blocks = Vec::new();
    let mut lines = Vec::new();
    for line in text(contents).lines() {
        match line.split('\t').collect::<Vec<_>>()[..] {
            ["b", prefix, length] => {
                let (block, behind) = rest.split_at(length.parse().unwrap());
                rest = behind;
                blocks.push(format!("b\t{prefix}\n{}", text(block)));
            }
            _ => lines.push(line.to_owned()),
        }
    }
    assert!(rest.is_empty());
    lines.extend(blocks);
    lines
}

#[test]
#[ignore = "needs the Python packages of .ci/tables.txt, in the environment that TXFLOW_TABLES names"]
fn the_tables_are_what_their_scripts_make() {
    let environment = std::env::var("TXFLOW_TABLES").unwrap();
    for (folder, file) in [
        ("src/integrations", "services.bin"),
        ("../local-aws/src/models", "models.bin"),
    ] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let made = format!("txflow-tables-{}-{file}", std::process::id());
        let made = std::env::temp_dir().join(made);
        let status = Command::new(Path::new(&environment).join("bin/python"))
            .arg(folder.join("generate.py"))
            .arg("--output")
            .arg(&made)
            .status()
            .unwrap();
        assert!(status.success());
        let kept = inflated(&folder.join(file));
        let lines = inflated(&made);
        std::fs::remove_file(made).unwrap();
        for (made, kept) in lines.iter().zip(&kept) {
            assert!(
                made == kept,
                "run generate.py: {}",
                kept.lines().next().unwrap()
            );
        }
        assert_eq!(lines.len(), kept.len());
    }
}
