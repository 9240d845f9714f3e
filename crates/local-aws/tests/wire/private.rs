//! Only its user can read the data directory, and it holds no secrets in clear.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use txflow_local_aws::{LocalAws, StartError};

use crate::client::Client;
use crate::server::{Directory, Server, options};

/// Everything below a folder.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(walk(&path));
        }
        all.push(path);
    }
    all
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

fn check_modes(directory: &Path) {
    let all = walk(directory);
    assert!(all.len() > 5, "{all:?}");
    for path in all.iter().chain([&directory.to_owned()]) {
        let program = path.ends_with("bootstrap");
        let expected = if path.is_dir() || program {
            0o700
        } else {
            0o600
        };
        assert_eq!(mode(path), expected, "{}", path.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_older_txflow_left_open_is_closed() {
    let server = Server::start().await;
    let definition = json!({ "StartAt": "Call", "States": { "Call": {
        "Type": "Task", "Resource": server.echo(), "End": true
    } } });
    let machine = server.state_machine("m", &definition);
    assert_eq!(server.run(&machine, &json!({}))["status"], "SUCCEEDED");
    check_modes(server.directory.path());
    let Server { aws, directory, .. } = server;
    aws.shutdown().await.unwrap();
    for path in walk(directory.path()) {
        set_mode(&path, if path.is_dir() { 0o777 } else { 0o666 });
        if path.ends_with("bootstrap") {
            set_mode(&path, 0o755);
        }
    }
    set_mode(directory.path(), 0o777);
    let aws = LocalAws::start(options(&directory).await).await.unwrap();
    check_modes(directory.path());
    let client = Client::new(aws.address());
    let server = Server {
        aws,
        client,
        directory,
    };
    assert_eq!(server.run(&machine, &json!({}))["status"], "SUCCEEDED");
}

async fn refusal(directory: &Directory) -> String {
    match LocalAws::start(options(directory).await).await {
        Err(error @ StartError::DataDirectory { .. }) => error.to_string(),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was used"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_in_the_place_of_the_folder_or_of_a_file_is_refused_by_name() {
    let elsewhere = Directory::new();
    let precious = elsewhere.path().join("precious");
    fs::write(&precious, "kept").unwrap();
    set_mode(&precious, 0o644);
    let directory = Directory::new();
    fs::remove_dir(directory.path()).unwrap();
    symlink(elsewhere.path(), directory.path()).unwrap();
    let text = refusal(&directory).await;
    assert!(text.contains("is not a folder of its own"), "{text}");
    fs::remove_file(directory.path()).unwrap();
    fs::create_dir(directory.path()).unwrap();
    for name in ["state.redb", "key", "lock", "blobs"] {
        let link = directory.path().join(name);
        // The previous attempt left its lock.
        let _ = fs::remove_file(&link);
        symlink(&precious, &link).unwrap();
        let text = refusal(&directory).await;
        assert!(
            text.contains(&directory.path().display().to_string()),
            "{text}"
        );
        fs::remove_file(&link).unwrap();
    }
    // A file that names a running server must belong to this user as well.
    let endpoint = directory.path().join("endpoint");
    symlink(&precious, &endpoint).unwrap();
    assert!(LocalAws::find(directory.path()).is_err());
    fs::remove_file(&endpoint).unwrap();
    assert_eq!(fs::read_to_string(&precious).unwrap(), "kept");
    assert_eq!(mode(&precious), 0o644);
    LocalAws::start(options(&directory).await).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs root"]
async fn what_another_user_made_is_refused_by_name() {
    const OTHER: u32 = 12_345;
    let directory = Directory::new();
    let given = std::os::unix::fs::chown(directory.path(), Some(OTHER), None);
    given.expect("only root can give a folder to another user");
    let text = refusal(&directory).await;
    assert!(
        text.contains("belongs to another user, with the number 12345"),
        "{text}"
    );
    std::os::unix::fs::chown(directory.path(), Some(0), None).unwrap();
    // Planted while the folder was open to everybody.
    for name in ["state.redb", "key", "endpoint"] {
        let planted = directory.path().join(name);
        fs::write(&planted, "127.0.0.1:1\ninstance\ntoken\n").unwrap();
        std::os::unix::fs::chown(&planted, Some(OTHER), None).unwrap();
        let text = refusal(&directory).await;
        assert!(text.contains(&planted.display().to_string()), "{text}");
        assert_eq!(
            LocalAws::find(directory.path()).is_err(),
            name == "endpoint"
        );
        fs::remove_file(&planted).unwrap();
    }
    LocalAws::start(options(&directory).await).await.unwrap();
}

/// All files that contain one of the texts.
pub fn found(directory: &Path, texts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for path in walk(directory).into_iter().filter(|path| path.is_file()) {
        let content = fs::read(&path).unwrap();
        for text in texts {
            if content
                .windows(text.len())
                .any(|part| part == text.as_bytes())
            {
                found.push(format!("{text} in {}", path.display()));
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_of_a_functions_environment_is_on_disk_in_clear() {
    const VALUES: [&str; 3] = [
        "first-5ecret-value",
        "second-5ecret-value",
        "third-5ecret-value",
    ];
    let environment = |value: &str| json!({ "API_KEY": value });
    let server = Server::start().await;
    server.echo_with(&environment(VALUES[0]));
    let functions = "/2015-03-31/functions";
    for value in VALUES {
        let input = json!({ "Environment": { "Variables": environment(value) } });
        let path = format!("{functions}/echo/configuration");
        let updated = server.client.lambda("PUT", &path, &input);
        assert_eq!(updated.status, 200, "{}", updated.body);
        let path = format!("{functions}/echo/versions");
        let published = server.client.lambda("POST", &path, &json!({}));
        assert_eq!(published.status, 201, "{}", published.body);
        // The process receives it.
        let path = format!("{functions}/echo/invocations");
        assert_eq!(server.client.lambda("POST", &path, &json!({})).status, 200);
        assert_eq!(found(server.directory.path(), &VALUES), [] as [String; 0]);
    }
    let Server { aws, directory, .. } = server;
    aws.shutdown().await.unwrap();
    assert_eq!(found(directory.path(), &VALUES), [] as [String; 0]);
    // The search does find what is in clear: the key of the record.
    assert_ne!(
        found(directory.path(), &["function:echo"]),
        [] as [String; 0]
    );

    let again = LocalAws::start(options(&directory).await).await.unwrap();
    let client = Client::new(again.address());
    let value = |qualifier: &str| -> Value {
        let path = format!("{functions}/echo/configuration{qualifier}");
        client.lambda("GET", &path, &json!({})).json()["Environment"]["Variables"]["API_KEY"].take()
    };
    assert_eq!(value(""), VALUES[2]);
    assert_eq!(value("?Qualifier=1"), VALUES[0]);
}
