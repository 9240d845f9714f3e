//! The tables of AWS's services are what their script makes of the packages that they name.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "a test"
)]

use std::path::Path;
use std::process::Command;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/integrations");

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
fn the_tables_are_what_their_script_makes() {
    let environment = std::env::var("TXFLOW_TABLES").unwrap();
    let made = std::env::temp_dir().join(format!("txflow-tables-{}", std::process::id()));
    let status = Command::new(Path::new(&environment).join("bin/python"))
        .args([&format!("{FOLDER}/generate.py"), "--output"])
        .arg(&made)
        .status()
        .unwrap();
    assert!(status.success());
    let kept = inflated(&Path::new(FOLDER).join("services.bin"));
    let file = made;
    let made = inflated(&file);
    std::fs::remove_file(file).unwrap();
    for (made, kept) in made.iter().zip(&kept) {
        assert!(
            made == kept,
            "run generate.py: {}",
            kept.lines().next().unwrap()
        );
    }
    assert_eq!(made.len(), kept.len());
}
