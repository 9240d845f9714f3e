//! The workflows of the repository, as new projects.

use super::template::{with_region, with_schema, with_workflow, workspace};
use super::{InitError, Naming, Project, ProjectFile, name};

/// The name of the example, which that of the new project replaces.
const NAME: &str = "order-fulfilment";

/// The crates of its handlers.
const HANDLERS: [&str; 3] = ["charge-customer", "print-label", "reserve-item"];

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_str!(concat!("../../examples/order-fulfilment/", $path)))),*]
    };
}

const FILES: [(&str, &str); 14] = files![
    "deploy.toml",
    "definition.asl.json",
    "shipping.asl.json",
    "Cargo.toml",
    "Cargo.lock",
    ".gitignore",
    "seeds/orders.json",
    "seeds/stock.json",
    "lambdas/charge-customer/Cargo.toml",
    "lambdas/charge-customer/src/main.rs",
    "lambdas/print-label/Cargo.toml",
    "lambdas/print-label/src/main.rs",
    "lambdas/reserve-item/Cargo.toml",
    "lambdas/reserve-item/src/main.rs",
];

/// A project that is the example but for its name and region.
///
/// # Errors
///
/// If a name would be longer than AWS accepts.
pub fn order_fulfilment(naming: &Naming<'_>) -> Result<Project, InitError> {
    name::fits(naming.name, naming.stage, HANDLERS)?;
    let files = FILES.iter().map(|(path, text)| {
        let text = if *path == "deploy.toml" {
            let line = |name: &str| format!("\nname = \"{name}\"\n");
            let text = text.replacen(&line(NAME), &line(naming.name), 1);
            with_schema(&with_region(text, naming.region))
        } else {
            (*text).to_owned()
        };
        ProjectFile::new(*path, text)
    });
    Ok(with_workflow(files.collect()))
}

/// The repository's own workflow.
mod own {
    macro_rules! files {
        ($($path:literal),* $(,)?) => {
            [$(($path, include_str!(concat!("../../", $path)))),*]
        };
    }

    pub const NAME: &str = "transactions";

    pub const HANDLERS: [&str; 3] = ["purchase-handler", "refund-handler", "result-handler"];

    pub const FILES: [(&str, &str); 17] = files![
        "deploy.toml",
        "definition.asl.json",
        "lambdas/purchase-handler/Cargo.toml",
        "lambdas/purchase-handler/src/main.rs",
        "lambdas/purchase-handler/src/provider.rs",
        "lambdas/refund-handler/Cargo.toml",
        "lambdas/refund-handler/src/main.rs",
        "lambdas/result-handler/Cargo.toml",
        "lambdas/result-handler/src/main.rs",
        "lambdas/transaction/Cargo.toml",
        "lambdas/transaction/src/error.rs",
        "lambdas/transaction/src/id.rs",
        "lambdas/transaction/src/lib.rs",
        "lambdas/transaction/src/money.rs",
        "lambdas/transaction/src/outcome.rs",
        "lambdas/transaction/src/serve.rs",
        "lambdas/transaction/src/transaction.rs",
    ];
}

/// A project that is the repository's own workflow but for its name and region.
///
/// # Errors
///
/// If a name would be longer than AWS accepts.
pub fn transactions(naming: &Naming<'_>) -> Result<Project, InitError> {
    name::fits(naming.name, naming.stage, own::HANDLERS)?;
    let mut files: Vec<ProjectFile> = workspace().into();
    files.extend(own::FILES.iter().map(|(path, text)| {
        let text = match *path {
            "deploy.toml" => {
                let text = text.replace(own::NAME, naming.name);
                with_schema(&with_region(text, naming.region))
            }
            path if path.ends_with("Cargo.toml") => standalone(text),
            _ => (*text).to_owned(),
        };
        ProjectFile::new(*path, text)
    }));
    Ok(with_workflow(files))
}

/// The manifest of a handler without what it takes from the workspace of the repository.
fn standalone(manifest: &str) -> String {
    let manifest = manifest.replace("\n[lints]\nworkspace = true\n", "");
    let lines = manifest.lines().filter_map(|line| match line {
        "edition.workspace = true" => Some("edition = \"2024\""),
        line if line.ends_with(".workspace = true") => None,
        line => Some(line),
    });
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::{config, init};

    /// The files below a folder that git keeps, by their paths.
    fn files(folder: &Path, root: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            if path.is_dir() && !["target", ".txflow"].contains(&name) {
                files(&path, root, found);
            } else if path.is_file() {
                found.insert(name.to_owned(), fs::read_to_string(&path).unwrap());
            }
        }
    }

    fn naming(name: &str) -> Naming<'_> {
        Naming {
            name,
            stage: "dev",
            region: None,
        }
    }

    /// The files of a project by their paths, but for its pipeline and for the address of the schema.
    fn written(project: Project) -> BTreeMap<String, String> {
        let files = project.files.into_iter();
        let files = files.filter(|file| !file.path.starts_with(".github"));
        files
            .map(|file| (file.path, without_schema(&file.text)))
            .collect()
    }

    fn without_schema(text: &str) -> String {
        let lines = text.lines().filter(|line| !line.starts_with("#:schema "));
        lines.flat_map(|line| [line, "\n"]).collect()
    }

    #[test]
    fn what_is_written_is_the_example() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/order-fulfilment");
        let mut example = BTreeMap::new();
        files(&root, &root, &mut example);
        for text in example.values_mut() {
            *text = without_schema(text);
        }
        let written = |name: &str| written(order_fulfilment(&naming(name)).unwrap());
        assert_eq!(written(NAME), example);
        let renamed = written("shop");
        assert!(renamed["deploy.toml"].contains("\nname = \"shop\"\n"));
        let differ = renamed
            .iter()
            .filter(|(path, text)| example[*path] != **text);
        assert_eq!(differ.count(), 1);
    }

    #[test]
    fn the_own_workflow_is_written_whole_and_without_the_workspace_of_the_repository() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut own = BTreeMap::new();
        files(&root.join("lambdas"), root, &mut own);
        // What modules may reach is a rule of the repository's own.
        own.remove("lambdas/clippy.toml");
        for name in ["deploy.toml", "definition.asl.json"] {
            let text = fs::read_to_string(root.join(name)).unwrap();
            own.insert(name.to_owned(), without_schema(&text));
        }
        let mut project = written(transactions(&naming(own::NAME)).unwrap());
        for name in ["Cargo.toml", ".gitignore"] {
            assert!(project.remove(name).is_some(), "{name}");
        }
        let paths: Vec<&String> = project.keys().collect();
        assert_eq!(paths, own.keys().collect::<Vec<_>>());
        for (path, text) in &project {
            if path.ends_with("Cargo.toml") {
                assert!(!text.contains("workspace"), "{text}");
                assert!(
                    text.contains("edition = \"2024\"\npublish = false\n"),
                    "{text}"
                );
            } else {
                assert_eq!(text, &own[path], "{path}");
            }
        }
    }

    #[test]
    fn the_own_workflow_is_valid_under_another_name() {
        let dir = tempfile::tempdir().unwrap();
        let naming = Naming {
            name: "payments",
            stage: "dev",
            region: Some("eu-west-1"),
        };
        let project = transactions(&naming).unwrap();
        init::write(dir.path(), &project.files, &[]).unwrap();
        let deployment = config::load(dir.path(), "prod", &|_| None).unwrap();
        assert_eq!(deployment.name, "payments");
        assert_eq!(deployment.region.as_deref(), Some("eu-west-1"));
        assert_eq!(deployment.functions.len(), own::HANDLERS.len());
        assert!(deployment.warnings.is_empty(), "{:?}", deployment.warnings);
    }

    #[test]
    fn a_name_that_is_too_long_is_refused() {
        let name = "n".repeat(60);
        assert!(order_fulfilment(&naming(&name)).is_err());
        assert!(transactions(&naming(&name)).is_err());
    }
}
