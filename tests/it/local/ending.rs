//! However `txflow local` ends, it ends soon, and nothing that it has started outlives it.

use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use crate::support::account::Account;
use crate::support::local_server::{LocalServer, signal};
use crate::support::project::Project;
use crate::support::script::{call, call_later, create};

const SOON: Duration = Duration::from_secs(5);
const LIMIT: Duration = Duration::from_secs(60);

/// Never answers, and has started what wants to stay: in a session of its own, without its parent, without its
/// environment. The folder gets a file for each process, named after it.
fn stubborn(folder: &Path) -> String {
    let daemon = format!("touch '{}/'$$; exec sleep 1000", folder.display());
    let daemon = daemon.replace('\'', "'\\''");
    format!(
        "next\n\
         (setsid sh -c '{daemon}' </dev/null >/dev/null 2>&1 &)\n\
         (env -i /bin/sh -c '/usr/bin/setsid /bin/sh -c \"$0\" &' '{daemon}' </dev/null >/dev/null 2>&1 &)\n\
         sh -c '{daemon}'\n"
    )
}

/// The processes that have told of themselves, once there are that many.
async fn told(folder: &Path, count: usize) -> Vec<u32> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let found: Vec<u32> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
            .collect();
        if found.len() >= count {
            return found;
        }
        assert!(Instant::now() < deadline, "only {found:?} have started");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whether it runs, other than as one that has ended and that nobody has asked for.
fn runs(id: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit_once(')')
            .is_some_and(|(_, rest)| rest.starts_with(" Z"))
    })
}

async fn gone(ids: &[u32]) {
    let deadline = Instant::now() + LIMIT;
    while let Some(left) = ids.iter().find(|id| runs(**id)) {
        assert!(Instant::now() < deadline, "{left} still runs");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn serve() -> (tempfile::TempDir, tempfile::TempDir, LocalServer, Account) {
    let (folder, pids) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = LocalServer::start(folder.path(), &[]).await;
    let account = Account::at(&server.url).await;
    (folder, pids, server, account)
}

/// Interrupts it, and sees it end in time and without leaving its address behind.
async fn ends(folder: &Path, server: &mut LocalServer) {
    let began = Instant::now();
    let status = server.signal(Signal::INT).await;
    assert!(began.elapsed() < SOON, "it took {:?}", began.elapsed());
    assert_eq!(status.code(), Some(0));
    assert!(!folder.join(".txflow/local/endpoint").exists());
}

#[tokio::test]
async fn calls_that_never_end_end_with_it_and_all_that_they_have_started() {
    let (folder, pids, mut server, account) = serve().await;
    create(&account, "stubborn", 900, &stubborn(pids.path())).await;
    let waiting = Account::at(&server.url).await;
    let caller = tokio::spawn(async move {
        let invoke = waiting.lambda.invoke().function_name("stubborn");
        let _ = invoke.send().await;
    });
    call_later(&account, "stubborn").await;
    let started = told(pids.path(), 6).await;
    ends(folder.path(), &mut server).await;
    // What has ended with the server has ended before it.
    let left: Vec<&u32> = started.iter().filter(|id| runs(**id)).collect();
    assert!(left.is_empty(), "{left:?} run still");
    assert_eq!(
        told(pids.path(), 6).await.len(),
        6,
        "a call was started again"
    );
    caller.abort();
}

#[tokio::test]
async fn requests_that_never_come_whole_do_not_keep_it() {
    let (folder, _pids, mut server, account) = serve().await;
    let address = server.url.trim_start_matches("http://").to_owned();
    let open = |text: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    };
    let half_a_head = open("POST / HTTP/1.1\r\nHost: ");
    let half_a_body = open(&format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nAuthorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0\r\nContent-Length: 100\r\n\r\nAction"
    ));
    let mut drip = open("GET /");
    let idle = TcpStream::connect(&address).unwrap();
    // Leaves a connection that is kept alive.
    account.iam.list_roles().send().await.unwrap();
    let joined = txflow_local_aws::LocalAws::find(folder.path().join(".txflow/local"));
    assert!(matches!(joined, Ok(Some(_))));
    let dripping = std::thread::spawn(move || {
        while drip.write_all(b"a").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    ends(folder.path(), &mut server).await;
    dripping.join().unwrap();
    drop((half_a_head, half_a_body, idle, joined));
}

#[tokio::test]
async fn executions_that_compute_without_end_do_not_keep_it() {
    let (folder, _pids, mut server, account) = serve().await;
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"states.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let role = account.iam.create_role().role_name("bombs");
    let role = role
        .assume_role_policy_document(trust)
        .send()
        .await
        .unwrap();
    let arn = role.role.unwrap().arn;
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "Bomb", "States": { "Bomb": {
        "Type": "Pass", "End": true, "Output": "{% ($f := function($n) { $n = 0 ? 0 : $f($n - 1) }; $map([1..1000000], function($i) { $sum($map([1..100000], function($j) { $f(50) })) })) %}"
    } } });
    let machine = loop {
        let create = account
            .states
            .create_state_machine()
            .name("bombs")
            .role_arn(&arn);
        match create.definition(definition.to_string()).send().await {
            Ok(created) => break created.state_machine_arn,
            Err(error) => {
                let text = format!("{error:?}");
                assert!(text.contains("assume"), "{text}");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    };
    // More than there are threads to run them. The last may not even be answered.
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..(2 * std::thread::available_parallelism().unwrap().get()) {
        let start = account.states.start_execution().state_machine_arn(&machine);
        callers.spawn(start.send());
    }
    let _ = callers.join_next().await;
    ends(folder.path(), &mut server).await;
}

#[tokio::test]
async fn nothing_outlives_a_server_that_is_killed() {
    let (_folder, pids, mut server, account) = serve().await;
    create(&account, "stubborn", 900, &stubborn(pids.path())).await;
    call_later(&account, "stubborn").await;
    let started = told(pids.path(), 3).await;
    server.signal(Signal::KILL).await;
    gone(&started).await;
}

#[tokio::test]
async fn the_next_server_ends_what_one_that_was_killed_with_its_supervisors_has_left() {
    let (folder, pids, mut server, account) = serve().await;
    // What cannot be found later on is left out: a process without its environment and its parent.
    let script = format!(
        "next\n(setsid sh -c 'touch {0}/$$; exec sleep 1000' </dev/null >/dev/null 2>&1 &)\ntouch {0}/$$\nexec sleep 1000",
        pids.path().display()
    );
    create(&account, "stubborn", 900, &script).await;
    call_later(&account, "stubborn").await;
    let started = told(pids.path(), 2).await;
    // So that it does not notice that its supervisors have gone.
    signal(server.id(), Signal::STOP);
    for supervisor in supervisors_of(server.id()) {
        signal(supervisor, Signal::KILL);
    }
    server.signal(Signal::KILL).await;
    assert!(
        started.iter().all(|id| runs(*id)),
        "the test has nothing to find"
    );
    // Started from a folder of another server.
    let other = folder.path().join(".txflow/local2/unpacked/00");
    let mut foreign = Command::new("cat")
        .env("LAMBDA_TASK_ROOT", other)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();

    let server = LocalServer::start(folder.path(), &[]).await;
    let left: Vec<&u32> = started.iter().filter(|id| runs(**id)).collect();
    assert!(left.is_empty(), "{left:?} run still");
    drop(foreign.stdin.take());
    assert!(foreign.wait().unwrap().success());
    drop(server);
}

fn supervisors_of(server: u32) -> Vec<u32> {
    let parent = format!("PPid:\t{server}");
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
        .filter(|id| {
            let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
            status.lines().any(|line| line == parent) && status.contains("txflow-watch")
        })
        .collect()
}

#[tokio::test]
async fn a_handler_that_ends_or_times_out_leaves_nothing() {
    let (_folder, pids, _server, account) = serve().await;
    create(&account, "slow", 1, &stubborn(pids.path())).await;
    let called = call(&account, "slow", &json!({})).await;
    assert_eq!(
        called.payload["errorType"], "Sandbox.Timedout",
        "{called:?}"
    );
    gone(&told(pids.path(), 3).await).await;

    let ended = tempfile::tempdir().unwrap();
    let script = stubborn(ended.path());
    let (last, _) = script.trim_end().rsplit_once('\n').unwrap();
    // Ends once what it has started runs.
    let wait = format!(
        "while [ $(ls '{}' | wc -l) -lt 2 ]; do :; done",
        ended.path().display()
    );
    create(&account, "exits", 30, &format!("{last}\n{wait}\nexit 3\n")).await;
    let called = call(&account, "exits", &json!({})).await;
    let message = called.payload["errorMessage"].as_str().unwrap_or_default();
    assert!(message.ends_with("exit status 3"), "{called:?}");
    gone(&told(ended.path(), 2).await).await;
}

#[tokio::test]
async fn a_handler_that_kills_its_supervisor_is_ended() {
    let (_folder, pids, _server, account) = serve().await;
    let script = format!(
        "next\ntouch '{}/'$$\nkill -9 $PPID\nexec sleep 1000\n",
        pids.path().display()
    );
    create(&account, "patricide", 60, &script).await;
    let called = call(&account, "patricide", &json!({})).await;
    assert_eq!(
        called.payload["errorType"], "Runtime.ExitError",
        "{called:?}"
    );
    gone(&told(pids.path(), 1).await).await;
}

#[tokio::test]
async fn a_command_that_serves_in_passing_leaves_no_address_behind() {
    let project = Project::transactions().write();
    project.alone(&["plan", "--local"]).run().await.succeeded();
    assert!(!project.path().join(".txflow/local/endpoint").exists());
    // One that others use ends all the same once it is interrupted.
    let definition = json!({ "StartAt": "Wait", "States": { "Wait": { "Type": "Wait", "Seconds": 3600, "End": true } } });
    let project = Project::new("held")
        .definition(definition)
        .settings("[tests.HELD]\ninput = {}\n")
        .write();
    project
        .alone(&["deploy", "--local"])
        .run()
        .await
        .succeeded();
    let mut testing = project.alone(&["test", "--local"]).start();
    let data_dir = project.path().join(".txflow/local");
    let deadline = Instant::now() + LIMIT;
    let joined = loop {
        if let Ok(Some(joined)) = txflow_local_aws::LocalAws::find(&data_dir) {
            break joined;
        }
        assert!(Instant::now() < deadline, "nothing serves");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    let began = Instant::now();
    crate::support::txflow::interrupt(&testing);
    let status = testing.wait().await.unwrap();
    assert!(began.elapsed() < SOON, "it took {:?}", began.elapsed());
    assert_eq!(status.code(), Some(130));
    assert!(!data_dir.join("endpoint").exists());
    drop(joined);
}

#[tokio::test]
async fn processes_that_each_live_for_a_moment_and_start_the_next_are_ended() {
    let (_folder, files, _server, account) = serve().await;
    let count = files.path().join("count");
    let script = format!(
        "next\nhop='echo >> {}; sh -c \"$0\" \"$0\" &'\nsetsid sh -c \"$hop\" \"$hop\" </dev/null >/dev/null 2>&1\nexec sleep 1000\n",
        count.display()
    );
    create(&account, "hops", 1, &script).await;
    let called = call(&account, "hops", &json!({})).await;
    assert_eq!(
        called.payload["errorType"], "Sandbox.Timedout",
        "{called:?}"
    );
    let size = || std::fs::metadata(&count).unwrap().len();
    assert!(size() > 20, "it has not hopped: {}", size());
    let deadline = Instant::now() + LIMIT;
    let (mut last, mut quiet) = (size(), 0);
    // A hop takes some milliseconds.
    while quiet < 100 {
        assert!(Instant::now() < deadline, "it still hops");
        tokio::time::sleep(Duration::from_millis(10)).await;
        quiet = if size() == last { quiet + 1 } else { 0 };
        last = size();
    }
}
