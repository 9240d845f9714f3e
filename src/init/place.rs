//! A new project in a folder that may hold something: what exists is added to, and nothing there is lost.

use std::path::{Path, PathBuf};

use ignore::gitignore::GitignoreBuilder;

use super::workspace::{Joined, Workspace, resolved};
use super::{InitError, Project, ProjectFile};
use crate::input_file;

/// An addition to a file that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    pub path: PathBuf,
    /// The whole file with it.
    pub text: String,
    /// What was added, for people.
    pub added: Vec<String>,
}

const WORKFLOW: &str = ".github/workflows/deploy.yml";
const OTHER_WORKFLOW: &str = ".github/workflows/txflow.yml";

impl Project {
    /// The project in this folder: its handlers join the cargo workspace that the folder belongs to, and it adds to the
    /// `.gitignore` that is there.
    ///
    /// # Errors
    ///
    /// If the manifest of the workspace cannot be used.
    pub fn at(mut self, root: &Path) -> Result<Self, InitError> {
        self.join_workspace(root)?;
        self.add_to_gitignore(root);
        self.place_workflow(root);
        Ok(self)
    }

    /// GitHub reads workflows at the top of a repository only. One that is there deploys something else.
    fn place_workflow(&mut self, root: &Path) {
        let mut files = self.files.iter_mut();
        let Some(file) = files.find(|file| file.path == WORKFLOW) else {
            return;
        };
        let root = resolved(root);
        let mut folders = root.ancestors();
        let top = folders.find(|folder| exists(&folder.join(".git")));
        let below = top.and_then(|top| root.strip_prefix(top).ok());
        // A folder that git ignores is not in the repository.
        let below = below.filter(|below| !top.is_some_and(|top| is_ignored(top, below)));
        match (top, below.and_then(Path::file_name)) {
            (Some(top), Some(name)) => {
                let name = name.to_string_lossy();
                let below = below.unwrap_or(&root).to_string_lossy();
                let path = top.join(format!(".github/workflows/deploy-{name}.yml"));
                file.path = path.to_string_lossy().into_owned();
                file.text = in_folder(&file.text, &below, &name);
            }
            _ if exists(&root.join(WORKFLOW)) => file.path = OTHER_WORKFLOW.to_owned(),
            _ => {}
        }
    }

    fn join_workspace(&mut self, root: &Path) -> Result<(), InitError> {
        let Some(workspace) = Workspace::of(root)? else {
            return Ok(());
        };
        let mut own = self
            .take("Cargo.toml")
            .map(|file| file.text)
            .unwrap_or_default();
        // It would be that of another workspace.
        self.take("Cargo.lock");
        let profile = own.find("\n\n").map(|end| own.split_off(end));
        let manifests = self
            .files
            .iter()
            .map(|file| file.path.strip_suffix("/Cargo.toml"));
        let members: Vec<String> = manifests.flatten().map(str::to_owned).collect();
        for package in self.packages() {
            if let Some(folder) = workspace.member(&package, &members) {
                return Err(InitError::PackageExists {
                    package,
                    folder: folder.display().to_string(),
                    manifest: workspace.manifest.display().to_string(),
                    project: workspace.project.display().to_string(),
                });
            }
        }
        let Joined { text, added } = workspace.with(&members, &profile.unwrap_or_default())?;
        let is_here = workspace.project.as_os_str().is_empty();
        let path = if is_here {
            root.join("Cargo.toml")
        } else {
            workspace.manifest
        };
        if !added.is_empty() {
            self.additions.push(Addition { path, text, added });
        }
        Ok(())
    }

    /// The names of its packages.
    fn packages(&self) -> Vec<String> {
        let files = self.files.iter();
        let manifests = files.filter(|file| file.path.ends_with("/Cargo.toml"));
        let manifests = manifests.filter_map(|file| file.text.parse::<toml::Table>().ok());
        let name = |manifest: toml::Table| {
            let name = manifest.get("package")?.get("name")?.as_str()?;
            Some(name.to_owned())
        };
        manifests.filter_map(name).collect()
    }

    fn add_to_gitignore(&mut self, root: &Path) {
        let path = root.join(".gitignore");
        let Some(text) = read(&path) else { return };
        let wanted = self
            .take(".gitignore")
            .map(|file| file.text)
            .unwrap_or_default();
        let missing = wanted.lines().filter(|line| !ignores(&text, line));
        let missing: Vec<&str> = missing.collect();
        if !missing.is_empty() {
            let newline = if text.is_empty() || text.ends_with('\n') {
                ""
            } else {
                "\n"
            };
            self.additions.push(Addition {
                path,
                text: format!("{text}{newline}{}\n", missing.join("\n")),
                added: missing.iter().map(|line| format!("`{line}`")).collect(),
            });
        }
    }

    fn take(&mut self, path: &str) -> Option<ProjectFile> {
        let at = self.files.iter().position(|file| file.path == path)?;
        Some(self.files.remove(at))
    }
}

/// A workflow whose steps work in a folder of the repository. Deploys of other folders do not wait for its own.
fn in_folder(workflow: &str, folder: &str, name: &str) -> String {
    // A string of JSON is one of YAML.
    let folder = serde_json::Value::from(folder);
    let input = format!("with:\n          working-directory: {folder}\n          command:");
    let group = format!("group: {}-", name.replace("${{", ""));
    workflow
        .replace("with:\n          command:", &input)
        .replace("group: ", &group)
}

/// Whether git ignores a folder by this text.
fn ignores(text: &str, folder: &str) -> bool {
    let mut patterns = GitignoreBuilder::new("");
    for line in text.lines() {
        // What git cannot read ignores nothing.
        let _ = patterns.add_line(None, line);
    }
    let folder = folder.trim_start_matches('/');
    let patterns = patterns.build();
    patterns.is_ok_and(|patterns| patterns.matched(folder, true).is_ignore())
}

/// Whether the repository leaves a folder out.
fn is_ignored(top: &Path, folder: &Path) -> bool {
    let text = read(&top.join(".gitignore")).unwrap_or_default();
    let mut parts = folder.ancestors().filter_map(Path::to_str);
    parts.any(|part| !part.is_empty() && ignores(&text, part))
}

#[expect(clippy::disallowed_methods, reason = "reads a `.gitignore`")]
fn read(path: &Path) -> Option<String> {
    input_file::read(path).ok()
}

#[expect(clippy::disallowed_methods, reason = "looks for a workflow")]
fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::init::{Naming, minimal};

    fn project() -> Project {
        Project {
            files: vec![
                ProjectFile::new(
                    "Cargo.toml",
                    "[workspace]\nmembers = [\"lambdas/*\"]\n\n[profile.lambda]\n",
                ),
                ProjectFile::new("lambdas/a/Cargo.toml", "[package]\n"),
                ProjectFile::new(".gitignore", "/target\n/.txflow\n"),
                ProjectFile::new(WORKFLOW, "on: push\n"),
            ],
            ..Project::default()
        }
    }

    fn paths(project: &Project) -> Vec<&str> {
        project
            .files
            .iter()
            .map(|file| file.path.as_str())
            .collect()
    }

    #[test]
    fn an_empty_folder_gets_every_file() {
        let dir = tempfile::tempdir().unwrap();
        let placed = project().at(dir.path()).unwrap();
        assert_eq!(paths(&placed), paths(&project()));
        assert!(placed.additions.is_empty());
    }

    #[test]
    fn what_exists_is_added_to() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("Cargo.toml", "[workspace]\nmembers = []\n");
        write(".gitignore", "target/\n*.log");
        write(WORKFLOW, "mine");
        let placed = project().at(dir.path()).unwrap();
        assert_eq!(paths(&placed), ["lambdas/a/Cargo.toml", OTHER_WORKFLOW]);
        let texts: Vec<&str> = placed
            .additions
            .iter()
            .map(|one| one.text.as_str())
            .collect();
        assert_eq!(
            texts,
            [
                "[workspace]\nmembers = [\"lambdas/a\"]\n\n[profile.lambda]\n",
                "target/\n*.log\n/.txflow\n",
            ]
        );
        assert_eq!(placed.additions[1].added, ["`/.txflow`"]);
    }

    #[test]
    fn a_workflow_is_written_where_github_finds_it() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        fs::create_dir(top.join(".git")).unwrap();
        let naming = Naming {
            name: "orders",
            stage: "dev",
            region: None,
        };
        let workflow = |folder: &str| {
            let placed = minimal(&naming).unwrap().at(&top.join(folder)).unwrap();
            placed.files.into_iter().next_back().unwrap()
        };
        let here = workflow("");
        assert_eq!(here.path, WORKFLOW);
        let below = workflow("services/orders");
        let path = top.join(".github/workflows/deploy-orders.yml");
        assert_eq!(Path::new(&below.path), path);
        let added = "\n          working-directory: \"services/orders\"\n";
        assert_eq!(below.text.matches(added).count(), 6);
        assert_eq!(below.text.matches("group: orders-").count(), 5);
        fs::write(top.join(".gitignore"), "/target\n").unwrap();
        assert_eq!(workflow("target/tmp/orders").path, WORKFLOW);
        let as_before = below
            .text
            .replace(added, "\n")
            .replace("group: orders-", "group: ");
        assert_eq!(as_before, here.text);
    }
}
