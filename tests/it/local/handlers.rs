//! What a handler of `txflow local` gets, and how much it may use.

use std::fs::File;
use std::process::{Command, Stdio};

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::types::{ApplicationLogLevel, LastUpdateStatus, LogFormat, LoggingConfig};
use rustix::io::{FdFlags, fcntl_setfd};
use serde_json::json;

use crate::support::account::Account;
use crate::support::local_server::LocalServer;
use crate::support::script::{call, create};

async fn serve(variables: &[(&str, &str)]) -> (tempfile::TempDir, LocalServer, Account) {
    let folder = tempfile::tempdir().unwrap();
    let server = LocalServer::start_with(folder.path(), &[], variables).await;
    let account = Account::at(&server.url).await;
    (folder, server, account)
}

/// Whose environment, arguments or open files hold the pattern. Its own arguments do not match it.
const SEARCH: &str = r#"
next
pattern=${event//\"/}
found=$(grep -alE "$pattern" /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\n' ' ')
id_of=$PPID
while [ "$id_of" -gt 1 ]; do
  for file in /proc/$id_of/fd/*; do
    [ -f "$file" ] && grep -aqE "$pattern" "$file" 2>/dev/null && found+="$file "
  done
  id_of=$(sed 's/.*) . \([0-9]*\) .*/\1/' "/proc/$id_of/stat" 2>/dev/null || echo 0)
done
answer "\"$found\""
next
"#;

#[tokio::test]
async fn a_handler_finds_none_of_the_credentials_that_the_server_was_started_with() {
    // Not in one piece, so that nothing of this test holds it.
    let planted = format!("planted-{}", uuid::Uuid::new_v4().simple());
    let (folder, _server, account) = serve(&[
        ("AWS_SECRET_ACCESS_KEY", &planted),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", &planted),
        ("PAYMENT_API_KEY", &planted),
        ("CC", &planted),
    ])
    .await;
    let _ = &folder;
    create(&account, "search", 60, SEARCH).await;
    let (first, last) = planted.split_at(planted.len() - 1);
    let pattern = json!(format!("{first}[{last}]"));
    let called = call(&account, "search", &pattern).await;
    assert!(!called.failed, "{called:?}");
    assert_eq!(called.payload, "", "a handler can read it there");
}

#[tokio::test]
async fn the_search_of_a_handler_finds_what_is_there() {
    let planted = format!("planted-{}", uuid::Uuid::new_v4().simple());
    let mut holder = Command::new("cat")
        .env("AWS_SECRET_ACCESS_KEY", &planted)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let (_folder, _server, account) = serve(&[]).await;
    create(&account, "search", 60, SEARCH).await;
    let (first, last) = planted.split_at(planted.len() - 1);
    let called = call(&account, "search", &json!(format!("{first}[{last}]"))).await;
    let place = format!("/proc/{}/environ", holder.id());
    let found = called.payload.as_str().unwrap();
    assert!(found.contains(&place), "{called:?}");
    drop(holder.stdin.take());
    holder.wait().unwrap();
}

#[tokio::test]
async fn a_handler_gets_no_file_that_the_server_was_given() {
    // As a shell or a runner leaves files open.
    let left_open = File::open("Cargo.toml").unwrap();
    fcntl_setfd(&left_open, FdFlags::empty()).unwrap();
    let (_folder, _server, account) = serve(&[]).await;
    // The shell's own file is gone when `readlink` has started, and that of the glob as well.
    let list = r#"
next
answer "\"$(for file in /proc/$$/fd/*; do readlink "$file"; done | sort -u | tr '\n' ' ')\""
next
"#;
    create(&account, "list", 60, list).await;
    let called = call(&account, "list", &json!({})).await;
    let open = called.payload.as_str().unwrap();
    for file in open.split_whitespace() {
        let script = file.ends_with("/bootstrap");
        let known = script || file.starts_with("pipe:") || file == "/dev/null";
        assert!(known, "{file} is open in {open}");
    }
    assert!(open.contains("/dev/null"), "{open}");
}

/// Holds on to 300 MB until it is ended.
const HOLD: &str = "tail -c 300M <(head -c 300M /dev/zero; exec sleep 1000)";

#[tokio::test]
async fn memory_counts_from_the_start_of_a_process() {
    let (_folder, _server, account) = serve(&[]).await;
    create(&account, "greedy", 100, &format!("exec {HOLD}")).await;
    let called = call(&account, "greedy", &json!({})).await;
    assert_eq!(
        called.payload["errorType"], "Runtime.OutOfMemory",
        "{called:?}"
    );
}

#[tokio::test]
async fn memory_counts_over_all_that_a_handler_starts() {
    let (_folder, _server, account) = serve(&[]).await;
    let script = format!("next\nsetsid {HOLD} &\nwait\nexec sleep 1000");
    create(&account, "greedy", 100, &script).await;
    let called = call(&account, "greedy", &json!({})).await;
    assert_eq!(
        called.payload["errorType"], "Runtime.OutOfMemory",
        "{called:?}"
    );
    let many = "next\nfor i in 1 2 3; do tail -c 60M <(head -c 60M /dev/zero; exec sleep 1000) & done\nwait";
    create(&account, "many", 100, many).await;
    let called = call(&account, "many", &json!({})).await;
    assert_eq!(
        called.payload["errorType"], "Runtime.OutOfMemory",
        "{called:?}"
    );
}

#[tokio::test]
async fn an_initialisation_that_takes_too_long_is_tried_again_within_the_time_of_the_call() {
    let (folder, _server, account) = serve(&[]).await;
    create(&account, "never", 1, "exec sleep 1000").await;
    let started = folder.path().join("started");
    let slow_once = format!(
        "[ -e '{0}' ] || {{ touch '{0}'; exec sleep 1000; }}\nnext\nanswer '\"late\"'\nnext\n",
        started.display()
    );
    create(&account, "once", 5, &slow_once).await;
    let event = json!({});
    let (never, once) = tokio::join!(
        call(&account, "never", &event),
        call(&account, "once", &event)
    );
    assert_eq!(never.payload["errorType"], "Sandbox.Timedout", "{never:?}");
    let message = never.payload["errorMessage"].as_str().unwrap();
    assert!(
        message.ends_with("Task timed out after 1.00 seconds"),
        "{message}"
    );
    for phase in [
        "Phase: init\tStatus: timeout",
        "Phase: invoke\tStatus: timeout",
    ] {
        assert!(never.log.contains(phase), "{never:?}");
    }
    assert!(!once.failed, "{once:?}");
    assert_eq!(once.payload, "late");
}

#[tokio::test]
async fn what_a_call_prints_is_read_to_its_end_and_kept_to_16_mb() {
    let (_folder, server, account) = serve(&[]).await;
    let script = r#"
while next; do
  case $event in
    *line*) head -c 1G /dev/zero ;;
    *short*) yes | head -c 100M ;;
  esac
  answer '"done"'
done
"#;
    create(&account, "loud", 100, script).await;
    for (event, cut) in [("line", true), ("quiet", false), ("short", true)] {
        let called = call(&account, "loud", &json!(event)).await;
        assert_eq!(called.payload, "done", "{called:?}");
        let note = "The log of this call ends here: it has written more than 16 MB";
        assert_eq!(called.log.contains(note), cut, "{event}: {}", called.log);
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak < 600 * 1024, "the server used {} MB", peak / 1024);
}

#[tokio::test]
async fn json_logs_begin_at_the_level_of_the_function() {
    let (_folder, _server, account) = serve(&[]).await;
    let script = r#"
while next; do
  echo '{"level":"DEBUG","message":"fine"}'
  echo '{"level":"WARN","message":"coarse"}'
  answer "\"$AWS_LAMBDA_LOG_FORMAT $AWS_LAMBDA_LOG_LEVEL\""
done
"#;
    create(&account, "levels", 10, script).await;
    let all = call(&account, "levels", &json!({})).await;
    assert_eq!(all.payload, "Text ");
    assert!(all.log.contains("fine") && all.log.contains("coarse"));
    let logging = LoggingConfig::builder().log_format(LogFormat::Json);
    let logging = logging.application_log_level(ApplicationLogLevel::Warn);
    let update = account.lambda.update_function_configuration();
    let update = update
        .function_name("levels")
        .logging_config(logging.build());
    update.send().await.unwrap();
    let look = account.lambda.get_function().function_name("levels");
    while is_updating(&look.clone().send().await.unwrap()) {}
    let some = call(&account, "levels", &json!({})).await;
    assert_eq!(some.payload, "JSON WARN");
    assert!(!some.log.contains("fine") && some.log.contains("coarse"));
}

fn is_updating(function: &GetFunctionOutput) -> bool {
    let status = function
        .configuration()
        .and_then(|held| held.last_update_status());
    status == Some(&LastUpdateStatus::InProgress)
}

#[tokio::test]
async fn a_handler_that_never_stops_printing_times_out_like_any() {
    let (_folder, _server, account) = serve(&[]).await;
    create(&account, "endless", 1, "next\nexec yes").await;
    let called = call(&account, "endless", &json!({})).await;
    assert_eq!(
        called.payload["errorType"], "Sandbox.Timedout",
        "{called:?}"
    );
}

#[tokio::test]
async fn a_response_that_is_too_large_is_refused_before_it_is_read() {
    let (_folder, _server, account) = serve(&[]).await;
    // The first says how much is to come and sends nothing; the second sends without saying so.
    let script = r#"
begin() {
  connect
  printf 'POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nHost: %s\r\n%s\r\n\r\n' "$id" "$AWS_LAMBDA_RUNTIME_API" "$1" >&3
}
next
begin 'Content-Length: 1000000000000'
IFS= read -r status <&3
echo "was told $status"
next
begin 'Transfer-Encoding: chunked'
{ printf '%x\r\n' 100000000000; cat /dev/zero; } >&3 2>/dev/null
next
"#;
    create(&account, "large", 60, script).await;
    for _ in 0..2 {
        let called = call(&account, "large", &json!({})).await;
        assert_eq!(
            called.payload["errorType"], "Function.ResponseSizeTooLarge",
            "{called:?}"
        );
    }
}
