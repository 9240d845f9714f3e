//! Any bytes as the zip of a function: refused, or unpacked into its folder and nowhere else.
#![no_main]

use std::fs;
use std::path::Path;

use libfuzzer_sys::fuzz_target;

/// AWS's limit for what a zip unpacks to.
const MAX_UNPACKED: u64 = 250 * 1024 * 1024;

fuzz_target!(init: txflow_fuzz::keep_stack_overflows(), |zip: &[u8]| {
    let outside = tempfile::tempdir().expect("a temporary folder");
    let inside = outside.path().join("a/b/unpacked");
    fs::create_dir_all(&inside).expect("a folder in it");
    let file = inside.join("../zip");
    fs::write(&file, zip).expect("a file in it");
    let unpacked = txflow_local_aws::check_and_unpack(&file, &inside);
    fs::remove_file(&file).expect("the file that was just written");
    for (folder, only) in [("", "a"), ("a", "b"), ("a/b", "unpacked")] {
        assert_eq!(names(&outside.path().join(folder)), [only]);
    }
    let Ok(folder) = unpacked else {
        assert!(names(&inside).is_empty(), "half an archive is left");
        return;
    };
    assert_eq!(folder.parent(), Some(inside.as_path()));
    assert!(size(&folder) <= MAX_UNPACKED, "it unpacks to too much");
});

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a readable folder");
    let names = entries.map(|entry| entry.expect("a readable entry").file_name());
    names
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

fn size(path: &Path) -> u64 {
    let found = fs::symlink_metadata(path).expect("a readable file");
    assert!(!found.is_symlink(), "a link can lead out of the folder");
    if found.is_file() {
        return found.len();
    }
    names(path).iter().map(|name| size(&path.join(name))).sum()
}
