//! The new project: real files, in which only names are filled in.

use super::{InitError, Naming, Project, ProjectFile, name};

/// The one handler of a new project.
const HANDLER: &str = "greeting-handler";

const DEPLOY_TOML: &str = include_str!("template/deploy.toml");
const DEFINITION: &str = include_str!("template/definition.asl.json");
const WORKSPACE: &str = include_str!("template/workspace.toml");
const GITIGNORE: &str = include_str!("template/gitignore.txt");
/// The one of this repository, which uses the action of its own checkout.
const WORKFLOW: &str = include_str!("../../.github/workflows/deploy.yml");
const PACKAGE: &str = include_str!("template/greeting-handler.toml");
const MAIN: &str = include_str!("template/greeting-handler.rs.txt");
const STUB_PACKAGE: &str = include_str!("template/stub.toml");
const STUB_MAIN: &str = include_str!("template/stub.rs.txt");

/// How the workflow uses the action. Elsewhere it is pinned.
const OWN_ACTION: &str = "uses: ./\n";

/// The commit of this binary, if it is known.
const COMMIT: Option<&str> = option_env!("TXFLOW_COMMIT");

/// A new project of one function.
///
/// # Errors
///
/// If a name would be longer than AWS accepts.
pub fn minimal(naming: &Naming<'_>) -> Result<Project, InitError> {
    name::fits(naming.name, naming.stage, [HANDLER])?;
    let deploy_toml = with_region(DEPLOY_TOML.replace("@NAME@", naming.name), naming.region);
    let mut files = vec![
        ProjectFile::new("deploy.toml", with_schema(&deploy_toml)),
        ProjectFile::new("definition.asl.json", DEFINITION),
    ];
    files.extend(workspace());
    files.extend([
        ProjectFile::new(format!("lambdas/{HANDLER}/Cargo.toml"), PACKAGE),
        ProjectFile::new(format!("lambdas/{HANDLER}/src/main.rs"), MAIN),
    ]);
    Ok(with_workflow(files))
}

/// A new project, with the workflow that deploys it and what is left to do about that.
pub(super) fn with_workflow(mut files: Vec<ProjectFile>) -> Project {
    let (workflow, note) = workflow(COMMIT);
    files.push(ProjectFile::new(".github/workflows/deploy.yml", workflow));
    Project {
        files,
        notes: note.into_iter().collect(),
        ..Project::default()
    }
}

/// A deploy.toml whose first line says where editors find its schema: that of this txflow.
pub(super) fn with_schema(deploy_toml: &str) -> String {
    let rest = match deploy_toml.split_once('\n') {
        Some((first, rest)) if first.starts_with("#:schema ") => rest,
        _ => deploy_toml,
    };
    let tag = concat!("v", env!("CARGO_PKG_VERSION"));
    let version = COMMIT.unwrap_or(tag);
    format!(
        "#:schema https://raw.githubusercontent.com/txflow/txflow/{version}/deploy.schema.json\n{rest}"
    )
}

/// A template for this region.
pub(super) fn with_region(deploy_toml: String, region: Option<&str>) -> String {
    let line = |line: &str| match (line.starts_with("region = "), region) {
        (true, Some(region)) => format!("region = {}\n", toml::Value::from(region)),
        _ => format!("{line}\n"),
    };
    deploy_toml.lines().map(line).collect()
}

/// The workflow with the action at the commit of this binary, and what is left to do if that is not known.
fn workflow(commit: Option<&str>) -> (String, Option<String>) {
    let version = env!("CARGO_PKG_VERSION");
    let (pin, note) = match commit {
        Some(commit) => (format!("{commit} # v{version}"), None),
        None => {
            let note = format!(
                "`deploy.yml` uses txflow by the tag `v{version}`, since this build does not know its commit: put the \
                 hash there that `gh api repos/txflow/txflow/commits/v{version} --jq .sha` prints"
            );
            (format!("v{version}"), Some(note))
        }
    };
    let pinned = format!("uses: txflow/txflow@{pin}\n");
    (WORKFLOW.replace(OWN_ACTION, &pinned), note)
}

/// The files of every project that builds its handlers.
pub(super) fn workspace() -> [ProjectFile; 2] {
    [
        ProjectFile::new("Cargo.toml", WORKSPACE),
        ProjectFile::new(".gitignore", GITIGNORE),
    ]
}

/// A handler that stands in for an existing function, and says that it is not written yet.
pub(super) fn stub(handler: &str, function: &str) -> [ProjectFile; 2] {
    let fill = |text: &str| {
        text.replace("@NAME@", handler)
            .replace("@FUNCTION@", function)
    };
    [
        ProjectFile::new(format!("lambdas/{handler}/Cargo.toml"), fill(STUB_PACKAGE)),
        ProjectFile::new(format!("lambdas/{handler}/src/main.rs"), fill(STUB_MAIN)),
    ]
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use toml::{Table, Value};

    use super::*;
    use crate::{config, init};

    fn repository(path: &str) -> Table {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        fs::read_to_string(path).unwrap().parse().unwrap()
    }

    fn orders() -> Project {
        let naming = Naming {
            name: "orders",
            stage: "dev",
            region: Some("eu-west-1"),
        };
        minimal(&naming).unwrap()
    }

    #[test]
    fn what_is_written_is_valid_and_has_no_warnings() {
        let dir = tempfile::tempdir().unwrap();
        init::write(dir.path(), &orders().files, &[]).unwrap();
        for stage in ["dev", "prod", "pr-7"] {
            let deployment = config::load(dir.path(), stage, &|_| None).unwrap();
            assert_eq!(deployment.name, "orders");
            assert_eq!(deployment.region.as_deref(), Some("eu-west-1"));
            assert!(deployment.warnings.is_empty(), "{:?}", deployment.warnings);
            let functions: Vec<_> = deployment.functions.into_keys().collect();
            assert_eq!(functions, [HANDLER]);
        }
    }

    #[test]
    fn the_workflow_pins_the_action_to_the_commit_of_this_build() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let version = env!("CARGO_PKG_VERSION");
        let (pinned, note) = workflow(Some(commit));
        assert_eq!(note, None);
        let pin = format!("uses: txflow/txflow@{commit} # v{version}\n");
        assert_eq!(pinned.matches(&pin).count(), 6);
        assert!(!pinned.contains("uses: ./"));
        let (tagged, note) = workflow(None);
        assert!(tagged.contains(&format!("uses: txflow/txflow@v{version}\n")));
        assert!(note.unwrap().contains("put the hash there"));
    }

    #[test]
    fn editors_are_told_the_schema_of_this_version_once() {
        let deploy_toml = &orders().files[0].text;
        let again = with_schema(deploy_toml);
        assert_eq!(&again, deploy_toml);
        let (first, _) = deploy_toml.split_once('\n').unwrap();
        let url = first.strip_prefix("#:schema https://").unwrap();
        assert!(url.ends_with("/deploy.schema.json"), "{url}");
    }

    #[test]
    fn no_name_is_left_out() {
        let stub = stub("charge", "orders-charge");
        for file in orders().files.iter().chain(&stub) {
            assert!(
                !file.text.contains('@') || file.path.ends_with(".yml"),
                "{file:?}"
            );
        }
    }

    #[test]
    fn handlers_depend_on_what_those_of_the_repository_depend_on() {
        let mut known = Table::new();
        for own in ["purchase-handler", "transaction"] {
            let manifest = repository(&format!("lambdas/{own}/Cargo.toml"));
            known.extend(manifest["dependencies"].as_table().unwrap().clone());
        }
        for package in [PACKAGE, STUB_PACKAGE] {
            let package: Table = package.parse().unwrap();
            let dependencies = package["dependencies"].as_table().unwrap();
            assert!(dependencies.contains_key("lambda_runtime"));
            for (name, dependency) in dependencies {
                assert_eq!(Some(dependency), known.get(name), "{name}");
            }
        }
    }

    #[test]
    fn handlers_are_built_as_those_of_the_repository_are() {
        let workspace: Table = WORKSPACE.parse().unwrap();
        let own = repository("Cargo.toml");
        assert_eq!(workspace["profile"]["lambda"], own["profile"]["lambda"]);
        for package in [PACKAGE, STUB_PACKAGE] {
            let package: Table = package.parse().unwrap();
            let edition: &Value = &own["workspace"]["package"]["edition"];
            assert_eq!(&package["package"]["edition"], edition);
        }
    }
}
