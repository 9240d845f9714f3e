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
use crate::support::outliving::{gone, leave_three, none_runs, runs, stay, told};
use crate::support::project::Project;
use crate::support::script::{call, call_later, create};

const SOON: Duration = Duration::from_secs(5);
const LIMIT: Duration = Duration::from_secs(60);

/// Never answers, and has started what wants to stay.
fn stubborn(folder: &Path) -> String {
    format!("next\n{}{}\n", leave_three(folder), stay(folder))
}

/// The same, once it has sent a signal to its supervisor.
fn rebellious(folder: &Path, signal: &str) -> String {
    format!(
        "next\n{}kill -{signal} $PPID\n{}\n",
        leave_three(folder),
        stay(folder)
    )
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
    let started = told(pids.path(), 8).await;
    ends(folder.path(), &mut server).await;
    // What has ended with the server has ended before it.
    none_runs(&started);
    assert_eq!(
        told(pids.path(), 8).await.len(),
        8,
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
    let started = told(pids.path(), 4).await;
    server.signal(Signal::KILL).await;
    gone(&started).await;
}

#[tokio::test]
async fn the_next_server_ends_what_one_that_was_killed_with_its_supervisors_has_left() {
    let (folder, pids, mut server, account) = serve().await;
    create(&account, "stubborn", 900, &stubborn(pids.path())).await;
    call_later(&account, "stubborn").await;
    let mut started = told(pids.path(), 4).await;
    let stopped = tempfile::tempdir().unwrap();
    let go = stopped.path().join("go");
    let script = format!(
        "next\n{}while [ ! -e '{}' ]; do :; done\nkill -STOP $PPID\n{}\n",
        leave_three(stopped.path()),
        go.display(),
        stay(stopped.path())
    );
    create(&account, "rebellious", 900, &script).await;
    call_later(&account, "rebellious").await;
    told(stopped.path(), 3).await;
    // It must not notice that a supervisor has stopped, or has gone: it would end what this test has to find.
    signal(server.id(), Signal::STOP);
    until(|| is_stopped(server.id())).await;
    std::fs::write(&go, "").unwrap();
    started.extend(told(stopped.path(), 4).await);
    until(|| supervisors_of(server.id()).iter().any(|id| is_stopped(*id))).await;
    for supervisor in supervisors_of(server.id()) {
        if !is_stopped(supervisor) {
            signal(supervisor, Signal::KILL);
        }
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
    none_runs(&started);
    drop(foreign.stdin.take());
    assert!(foreign.wait().unwrap().success());
    drop(server);
}

/// Whether each of its threads is.
fn is_stopped(id: u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{id}/task")).unwrap();
    let mut statuses = threads.map(|thread| {
        let status = thread.unwrap().path().join("status");
        std::fs::read_to_string(status).unwrap_or_default()
    });
    statuses.all(|status| status.contains("State:\tT"))
}

async fn until(holds: impl Fn() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < deadline, "it takes too long");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
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
    gone(&told(pids.path(), 4).await).await;

    let ended = tempfile::tempdir().unwrap();
    let script = format!("{}exit 3\n", leave_three(ended.path()));
    create(&account, "exits", 30, &format!("next\n{script}")).await;
    let called = call(&account, "exits", &json!({})).await;
    let message = called.payload["errorMessage"].as_str().unwrap_or_default();
    assert!(message.ends_with("exit status 3"), "{called:?}");
    gone(&told(ended.path(), 3).await).await;
}

#[tokio::test]
async fn a_handler_that_kills_its_supervisor_is_ended_with_all_that_it_has_started() {
    let (_folder, pids, _server, account) = serve().await;
    let script = rebellious(pids.path(), "KILL");
    create(&account, "rebellious", 60, &script).await;
    let called = call(&account, "rebellious", &json!({})).await;
    assert_eq!(
        called.payload["errorType"], "Runtime.ExitError",
        "{called:?}"
    );
    gone(&told(pids.path(), 3).await).await;
}

#[tokio::test]
async fn a_handler_that_stops_its_supervisor_is_ended_with_all_that_it_has_started() {
    let (_folder, pids, _server, account) = serve().await;
    create(&account, "slow", 1, &rebellious(pids.path(), "STOP")).await;
    let called = call(&account, "slow", &json!({})).await;
    assert_eq!(
        called.payload["errorType"], "Sandbox.Timedout",
        "{called:?}"
    );
    gone(&told(pids.path(), 4).await).await;
}

#[tokio::test]
async fn handlers_that_stop_or_kill_their_supervisors_end_with_the_server() {
    let (folder, pids, mut server, account) = serve().await;
    create(&account, "stops", 900, &rebellious(pids.path(), "STOP")).await;
    call_later(&account, "stops").await;
    let mut started = told(pids.path(), 4).await;
    let killing = tempfile::tempdir().unwrap();
    create(&account, "killed", 900, &stubborn(killing.path())).await;
    call_later(&account, "killed").await;
    started.extend(told(killing.path(), 4).await);
    // As late as can be: the server has no time to notice.
    for supervisor in supervisors_of(server.id()) {
        if !is_stopped(supervisor) {
            signal(supervisor, Signal::KILL);
        }
    }
    ends(folder.path(), &mut server).await;
    none_runs(&started);
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

/// For a shell: starts a process that lives for a moment, adds to the file, and starts the next. Goes on once some
/// have been there.
fn hop(file: &Path) -> String {
    format!(
        "hop='echo >> {0}; sh -c \"$0\" \"$0\" &'\nsetsid sh -c \"$hop\" \"$hop\" </dev/null >/dev/null 2>&1\n\
         while [ $(wc -l < {0}) -lt 20 ]; do :; done\n",
        file.display()
    )
}

/// Returns once nothing hops any more.
async fn quiet(file: &Path) {
    let size = || std::fs::metadata(file).unwrap().len();
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

#[tokio::test]
async fn processes_that_each_live_for_a_moment_and_start_the_next_are_ended() {
    let (_folder, files, _server, account) = serve().await;
    let times_out = files.path().join("times-out");
    let script = format!("next\n{}exec sleep 1000\n", hop(&times_out));
    create(&account, "slow", 3, &script).await;
    let called = call(&account, "slow", &json!({})).await;
    assert_eq!(
        called.payload["errorType"], "Sandbox.Timedout",
        "{called:?}"
    );
    quiet(&times_out).await;

    let kills = files.path().join("kills");
    let script = format!("next\n{}kill -9 $PPID\nexec sleep 1000\n", hop(&kills));
    create(&account, "kills", 60, &script).await;
    let called = call(&account, "kills", &json!({})).await;
    assert_eq!(
        called.payload["errorType"], "Runtime.ExitError",
        "{called:?}"
    );
    quiet(&kills).await;
}
