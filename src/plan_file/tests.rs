use serde_json::json;

use super::*;

const SHARED: Option<&str> = Some("a key of the pipeline");

fn target() -> Target {
    Target {
        stack: "shop".into(),
        stage: "prod".into(),
        partition: "aws".into(),
        account: "123456789012".into(),
        region: "eu-west-1".into(),
        architecture: "arm64".into(),
    }
}

fn value(name: &str) -> Option<String> {
    (name == "TOKEN").then(|| "hunter2".to_owned())
}

fn packed(shared: Option<&str>) -> Vec<u8> {
    let key = Key::new("salt".into(), shared);
    let changes = Changes {
        data: json!([]),
        text: "Nothing to change.\n".into(),
    };
    let variables = ["TOKEN".to_owned(), "UNSET".to_owned()];
    let manifest = Manifest::new(target(), Some("abc1234".into()), changes, &key);
    let manifest = manifest.with_values(&variables, value, &key);
    let sources = Sources([("deploy.toml".to_owned(), "name = \"shop\"".to_owned())].into());
    let artifact = Artifact::new("buy", Arc::from(b"a zip".as_slice()));
    PlanFile::new(manifest, sources, &[artifact])
        .pack(&key)
        .unwrap()
}

/// The file with one of its entries replaced.
fn tampered(name: &str, change: impl Fn(&str) -> String) -> Vec<u8> {
    use std::io::{Cursor, Read as _, Write as _};
    let bytes = packed(None);
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let entry_name = entry.name().unwrap().to_string();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(&entry_name, options).unwrap();
        let text = if entry_name == name {
            change(&text)
        } else {
            text
        };
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn refused(bytes: &[u8], shared: Option<&str>) -> String {
    PlanFile::unpack(bytes, shared).err().unwrap().to_string()
}

#[test]
fn what_is_packed_is_unpacked() {
    for shared in [None, SHARED] {
        let (file, key) = PlanFile::unpack(&packed(shared), shared).unwrap();
        assert_eq!(file.manifest.target, target());
        assert_eq!(file.sources.0["deploy.toml"], "name = \"shop\"");
        assert_eq!(&*file.artifacts()[0].zip, b"a zip");
        file.manifest.check_version().unwrap();
        file.manifest.check_values(value, &key).unwrap();
    }
}

#[test]
fn no_value_is_in_the_file_and_another_one_is_noticed_by_name() {
    let bytes = packed(None);
    assert!(!bytes.windows(7).any(|part| part == b"hunter2"));
    let (file, key) = PlanFile::unpack(&bytes, None).unwrap();
    let other = |_: &str| Some("hunter3".to_owned());
    let refused = file.manifest.check_values(other, &key).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "`TOKEN`, `UNSET` have other values than when it was made"
    );
}

#[test]
fn what_was_changed_since_is_refused_by_name() {
    let of = |name: &str, from: &str, to: &str| {
        refused(&tampered(name, |text| text.replace(from, to)), None)
    };
    assert_eq!(
        of("manifest.json", "prod", "test"),
        "its `manifest.json` is not as it was written"
    );
    assert_eq!(
        of("sources.json", "shop", "shoq"),
        "its `deploy.toml` is not as it was written"
    );
    assert_eq!(
        of("artifacts/buy.zip", "a zip", "other"),
        "its `buy` is not as it was written"
    );
    // What a reviewer reads.
    assert_eq!(
        of("plan.txt", "Nothing", "Something"),
        "its `plan.txt` is not as it was written"
    );
}

#[test]
fn a_shared_key_is_needed_if_there_was_one_and_must_be_the_same() {
    assert!(refused(&packed(SHARED), None).contains("`TXFLOW_PLAN_KEY` is not set"));
    assert!(refused(&packed(None), SHARED).contains("was not sealed with it"));
    let other = refused(&packed(SHARED), Some("another key"));
    assert_eq!(other, "its `manifest.json` is not as it was written");
}

#[test]
fn another_file_or_another_format_is_refused() {
    assert!(refused(b"hello", None).starts_with("it is not the file of a plan"));
    let later = tampered("manifest.json", |text| {
        text.replace("\"format\": 1", "\"format\": 2")
    });
    let told = refused(&later, None);
    assert!(told.starts_with("it has format 2 of txflow "), "{told}");
    assert!(told.ends_with("reads format 1"), "{told}");
    let cut = packed(None);
    assert!(refused(&cut[..cut.len() / 2], None).starts_with("it is not the file of a plan"));
}
