//! What works although deploy.toml or the definition is half edited.

use std::fs;

use super::deployed;
use crate::support::local_server::LocalServer;
use crate::support::project::Project;

/// A file without errors can still not mean what it says.
#[tokio::test]
async fn a_misspelled_stage_is_told_and_does_not_lose_its_protection() {
    let prod = "[stages.prod]\nprotect = true\n";
    let project = Project::transactions().settings(prod).write();
    let path = project.path().join("deploy.toml");
    let text = fs::read_to_string(&path).expect("deploy.toml");
    fs::write(&path, text.replace("[stages.\"*\"]\n", "")).expect("only `prod`");
    deployed(&project, "prod").await;
    let run = async |arguments: &[&str]| {
        let arguments = [arguments, &["--local"]].concat();
        project.alone(&arguments).run().await
    };
    for command in ["status", "logs"] {
        let told = run(&[command, "--stage", "prd"]).await;
        assert_ne!(told.code, Some(0), "{command}");
        let told = told.says("deploy.toml does not declare the stage `prd`");
        let told = told.says("did you mean `prod`?");
        assert!(
            !told.stderr.contains("txflow deploy"),
            "it would be refused: {told:?}"
        );
    }
    let misspelled = fs::read_to_string(&path).expect("deploy.toml");
    let misspelled = misspelled.replace("[stages.prod]", "[stages.prods]");
    fs::write(&path, misspelled).expect("misspell it");
    run(&["destroy", "--stage", "prod"])
        .await
        .exits_with(2)
        .says("deploy.toml does not declare the stage `prod`, and `prods` is protected")
        .says("did you mean `prods`?");
    run(&["status", "--stage", "prod"]).await.succeeded();
    run(&["destroy", "--stage", "prod", "--yes"])
        .await
        .succeeded();
}

#[tokio::test]
async fn a_stack_is_looked_at_and_removed_while_its_file_is_broken() {
    let project = Project::transactions().write();
    let server = LocalServer::start(project.path(), &[]).await;
    deployed(&project, "dev").await;
    let project = project.change_handler("purchase-handler");
    deployed(&project, "dev").await;
    let input = r#"{"type": "PURCHASE"}"#;
    let start = ["start", "--local", "--wait", "--input", input];
    project.alone(&start).run().await.succeeded();

    let path = project.path().join("deploy.toml");
    let whole = fs::read_to_string(&path).expect("deploy.toml");
    let heading = "[functions.refund-handler]\n";
    let broken = whole.replace(heading, &format!("{heading}memory = \"much\"\n"));
    fs::write(&path, &broken).expect("break it");
    fs::write(project.path().join("definition.asl.json"), "{").expect("break it");
    let line = 1 + { broken.lines() }
        .position(|line| line.starts_with("memory"))
        .expect("it");
    let works = async |arguments: &[&str]| {
        let outcome = project
            .alone(&[arguments, &["--local"]].concat())
            .run()
            .await;
        let outcome = outcome.succeeded();
        let warnings = outcome.stderr.matches("warning").count();
        assert_eq!(warnings, 1, "{}", outcome.stderr);
        let places = [
            format!("deploy.toml:{line}:10"),
            format!("\"line\":{line},\"column\":10"),
        ];
        let has_place = places.iter().any(|place| outcome.stderr.contains(place));
        assert!(has_place, "{}", outcome.stderr);
        outcome
    };
    let status = works(&["status"]).await.stdout;
    assert!(status.contains("Not compared with deploy.toml"), "{status}");
    let status = works(&["status", "--json"]).await.json();
    assert_eq!(status["drift"]["compared"], false);
    let logs = works(&["logs"]).await.stdout;
    assert!(logs.contains("purchase-handler"), "{logs}");
    works(&["executions", "list"]).await;
    works(&["executions", "show"]).await;
    let stop = ["executions", "stop", "last", "--local"];
    let ended = project.alone(&stop).run().await.exits_with(1);
    assert!(
        ended.stderr.contains("has already ended"),
        "{}",
        ended.stderr
    );
    let back = works(&["rollback"]).await.stdout;
    assert!(back.contains("release 1"), "{back}");

    // What writes something new still needs the whole file.
    project
        .alone(&["plan", "--local"])
        .run()
        .await
        .exits_with(2);
    // An error may hide that the stage is protected.
    fs::write(&path, format!("protct = true\n{broken}")).expect("break it");
    let refused = project
        .alone(&["destroy", "--local"])
        .run()
        .await
        .exits_with(2);
    assert!(
        refused.stderr.contains("deploy.toml:1:1"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("`--yes`"), "{}", refused.stderr);
    // Which stack is meant is never guessed.
    fs::write(&path, format!("acount = 1\n{broken}")).expect("break it");
    let unclear = ["destroy", "--local", "--yes"];
    project.alone(&unclear).run().await.exits_with(2);

    fs::write(&path, &broken).expect("break it");
    let destroyed = works(&["destroy"]).await.stdout;
    assert!(
        destroyed.contains("role transactions-dev-state-machine"),
        "{destroyed}"
    );
    drop(server);
}
