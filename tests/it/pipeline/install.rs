//! Where the action gets txflow from.

use std::fs;

use serde_json::json;

use super::{Pipeline, VERSION, action, assert_succeeded, shop, step};
use crate::runner::{Conclusion, Event, Step};

/// Stands for a cargo that builds txflow, and is the real one otherwise.
const CARGO: &str = r#"#!/bin/sh
PATH=${PATH#*:}
[ "$1" = install ] || exec cargo "$@"
echo "built by cargo $*"
for last; do :; done
mkdir -p "$last/bin"
cp "$STAND_IN" "$last/bin/txflow"
"#;

async fn pipeline() -> Pipeline {
    let pipeline = Pipeline::new(shop()).await;
    let stand_in = pipeline.release.path().join("txflow");
    let cargo = CARGO.replace("$STAND_IN", &stand_in.to_string_lossy());
    pipeline.runner.install("cargo", &cargo);
    pipeline
}

async fn validate(pipeline: &Pipeline, reference: &str) -> Vec<Step> {
    let mut step = action(json!({ "command": "validate" }));
    step["uses"] = json!(format!("txflow/txflow@{reference}"));
    let steps = json!([step, step]);
    pipeline.steps(steps, &Event::push()).await
}

fn was_built(steps: &[Step]) -> bool {
    let mut built = steps.iter().filter(|step| step.name == "Build txflow");
    built.any(|step| step.log.contains("built by cargo install --locked"))
}

#[tokio::test]
async fn the_binary_of_the_release_is_downloaded_once_and_verified() {
    let pipeline = pipeline().await;
    let steps = validate(&pipeline, &format!("v{VERSION}")).await;
    assert_succeeded(&steps);
    let downloads = steps.iter().filter(|step| step.name == "Download txflow");
    let [first, second] = downloads.collect::<Vec<_>>()[..] else {
        panic!("{steps:#?}")
    };
    assert!(first.log.contains(".tar.gz` is verified"), "{}", first.log);
    assert!(
        first.log.contains("its provenance is verified"),
        "{}",
        first.log
    );
    assert_eq!(second.conclusion, Conclusion::Skipped);
    assert!(!was_built(&steps));
    let calls = fs::read_to_string(pipeline.runner.file("gh-calls")).expect("the calls of gh");
    let verified =
        "--repo txflow/txflow --signer-workflow txflow/txflow/.github/workflows/release.yml";
    assert!(calls.contains(verified), "{calls}");
    // At its own tag, nothing else has to be asked.
    let requests = pipeline.runner.github.requests();
    assert_eq!(requests.len(), 2, "{requests:?}");
}

#[tokio::test]
async fn another_binary_than_the_released_one_is_refused() {
    let pipeline = pipeline().await;
    for libc in ["gnu", "musl"] {
        let name = format!("txflow-x86_64-unknown-linux-{libc}.tar.gz");
        let path = pipeline.release.path().join(name);
        let mut archive = fs::read(&path).expect("the archive");
        archive.push(0);
        fs::write(&path, archive).expect("write it");
    }
    let steps = validate(&pipeline, &format!("v{VERSION}")).await;
    let refused = step(&steps, "Download txflow");
    assert_eq!(refused.conclusion, Conclusion::Failure);
    assert!(
        refused.log.contains("nothing was installed"),
        "{}",
        refused.log
    );
    assert!(!was_built(&steps));
    assert_eq!(step(&steps, "Run txflow").conclusion, Conclusion::Skipped);
}

#[tokio::test]
async fn a_binary_that_another_workflow_built_is_refused() {
    let pipeline = pipeline().await;
    // Whether it knows attestations is asked first.
    let gh = "#!/bin/sh\n[ \"$2\" != verify ]\n";
    pipeline.runner.install("gh", gh);
    let steps = validate(&pipeline, &format!("v{VERSION}")).await;
    let refused = step(&steps, "Download txflow");
    assert_eq!(refused.conclusion, Conclusion::Failure);
    assert!(
        refused
            .log
            .contains("was not built by the release workflow"),
        "{}",
        refused.log
    );
    assert_eq!(step(&steps, "Run txflow").conclusion, Conclusion::Skipped);
}

#[tokio::test]
async fn a_commit_that_is_not_the_release_is_built_from_source() {
    let pipeline = pipeline().await;
    let (released, other) = ("a".repeat(40), "b".repeat(40));
    for (name, commit) in [("v9.9.9", &released), ("next", &other), (&*other, &other)] {
        pipeline.runner.github.commit(name, commit);
    }
    for reference in ["next", &other, "unknown"] {
        let steps = validate(&pipeline, reference).await;
        assert_succeeded(&steps);
        assert!(was_built(&steps), "{reference}: {steps:#?}");
    }
}

#[tokio::test]
async fn without_a_binary_for_this_system_it_is_built_from_source() {
    let pipeline = pipeline().await;
    for libc in ["gnu", "musl"] {
        let name = format!("txflow-x86_64-unknown-linux-{libc}.tar.gz.sha256");
        fs::remove_file(pipeline.release.path().join(name)).expect("remove it");
    }
    let steps = validate(&pipeline, &format!("v{VERSION}")).await;
    assert_succeeded(&steps);
    assert!(was_built(&steps), "{steps:#?}");
    // The folder for builds is kept in a cache, but not for a command that builds nothing.
    assert_eq!(
        step(&steps, "Restore the handlers").conclusion,
        Conclusion::Skipped
    );
}
