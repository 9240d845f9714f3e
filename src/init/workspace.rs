//! The cargo workspace that the handlers of a new project join, if its folder belongs to one.

use std::path::{Component, Path, PathBuf};

use ignore::gitignore::GitignoreBuilder;
use toml_edit::{Array, DocumentMut, Item, Table, Value};

use super::InitError;
use crate::input_file;

/// A workspace, by its manifest.
#[derive(Debug)]
pub(super) struct Workspace {
    pub manifest: PathBuf,
    /// The project's folder, relative to that of the manifest.
    pub project: PathBuf,
    document: DocumentMut,
    /// What the file begins with and what its lines end with, which the document does not keep.
    mark: &'static str,
    newline: &'static str,
}

/// A manifest with what was added to it.
#[derive(Debug)]
pub(super) struct Joined {
    pub text: String,
    /// What was added, for people.
    pub added: Vec<String>,
}

impl Workspace {
    /// The workspace of a folder: cargo looks for it in the folder and in all around it. A package in the folder itself that
    /// belongs to none becomes the root of one.
    ///
    /// # Errors
    ///
    /// If the manifest in the folder is not TOML.
    pub fn of(root: &Path) -> Result<Option<Self>, InitError> {
        let root = resolved(root);
        let mut package = None;
        for folder in root.ancestors() {
            let manifest = folder.join("Cargo.toml");
            let Some((mark, text)) = read(&manifest) else {
                continue;
            };
            let document = match text.parse::<DocumentMut>() {
                Ok(document) => document,
                Err(error) if folder == root => return Err(unusable(&manifest, error.message())),
                Err(_) => continue,
            };
            let project = root.strip_prefix(folder).unwrap_or(&root).to_owned();
            let is_root = document.contains_key("workspace");
            let excludes = is_root && excludes(&document, &project);
            let found = Self {
                manifest,
                project,
                document,
                mark,
                newline: if text.contains("\r\n") { "\r\n" } else { "\n" },
            };
            match (is_root, excludes) {
                (true, false) => return Ok(Some(found)),
                (true, true) => break,
                (false, _) if folder == root => package = Some(found),
                (false, _) => {}
            }
        }
        Ok(package)
    }

    /// The manifest with these members, whose folders are relative to the project, and with this text if it does not define
    /// the profile `lambda`. What is there already stays as it is.
    ///
    /// # Errors
    ///
    /// If cargo would not accept the manifest either.
    pub fn with(&self, members: &[String], profile: &str) -> Result<Joined, InitError> {
        let unusable = |why: &str| unusable(&self.manifest, why);
        let mut document = self.document.clone();
        let mut added = Vec::new();
        let workspace = document.entry("workspace").or_insert_with(new_table);
        let workspace = workspace.as_table_like_mut();
        let workspace = workspace.ok_or_else(|| unusable("`workspace` is not a table"))?;
        let list = workspace.entry("members");
        let list = list.or_insert(Item::Value(Array::new().into()));
        let list = list.as_array_mut();
        let list = list.ok_or_else(|| unusable("`workspace.members` is not a list"))?;
        let is_new = list.is_empty();
        for member in members {
            let path = self.project.join(member);
            let path = path.to_string_lossy();
            if !covers(list, &path) {
                push(list, &path);
                added.push(format!("`{path}` in `members`"));
            }
        }
        if is_new && list.len() > LONGEST_LINE {
            on_own_lines(list);
        }
        let defines = |profile: &Item| profile.get("lambda").is_some();
        let lacks_profile = !document.get("profile").is_some_and(defines);
        let mut text = document.to_string();
        if lacks_profile {
            text = format!("{}\n\n{}\n", text.trim_end(), profile.trim());
            added.push("`[profile.lambda]`".to_owned());
        }
        // `profile = { … }` in one line accepts no section.
        let valid = text.parse::<DocumentMut>();
        valid.map_err(|error| unusable(error.message()))?;
        let lines = text.replace("\r\n", "\n").replace('\n', self.newline);
        let text = format!("{}{lines}", self.mark);
        Ok(Joined { text, added })
    }

    /// The folder of the member with a package of this name, if it is not one of `own`, which are relative to the project.
    pub fn member(&self, package: &str, own: &[String]) -> Option<PathBuf> {
        let root = self.manifest.parent()?;
        let members = self.document.get("workspace")?.get("members")?.as_array()?;
        let patterns = members.iter().filter_map(Value::as_str);
        let folders = patterns.flat_map(|pattern| folders(root, Path::new(pattern)));
        // The package of the workspace's own manifest is a member as well.
        let mut folders = std::iter::once(PathBuf::new()).chain(folders);
        let own: Vec<PathBuf> = own.iter().map(|path| self.project.join(path)).collect();
        let is_named = |folder: &PathBuf| {
            let (_, manifest) = read(&root.join(folder).join("Cargo.toml"))?;
            let manifest = manifest.parse::<DocumentMut>().ok()?;
            Some(manifest.get("package")?.get("name")?.as_str()? == package)
        };
        folders.find(|folder| !own.contains(folder) && is_named(folder) == Some(true))
    }
}

/// What some editors put before a text.
const MARK: &str = "\u{feff}";
/// Bytes of a manifest.
const LARGEST: u64 = 4 << 20;

/// The folders below `root` that a pattern of `members` names, relative to it.
#[expect(clippy::disallowed_methods, reason = "looks for members")]
fn folders(root: &Path, pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in pattern
        .components()
        .filter(|part| *part != Component::CurDir)
    {
        let part = &*part.as_os_str().to_string_lossy();
        let is_pattern = part.contains(['*', '?', '[']);
        let below = |folder: &PathBuf| {
            if !is_pattern {
                return vec![folder.join(part)];
            }
            let entries = root.join(folder).read_dir().into_iter().flatten().flatten();
            let entries = entries.map(|entry| entry.file_name());
            let entries = entries.filter(|name| names([part], &name.to_string_lossy()));
            entries.map(|name| folder.join(name)).collect()
        };
        found = found.iter().flat_map(below).collect();
    }
    found
}

fn unusable(manifest: &Path, why: &str) -> InitError {
    InitError::Manifest {
        path: manifest.display().to_string(),
        why: why.trim_end().to_owned(),
    }
}

/// What the file begins with that is not its text, and its text.
#[expect(clippy::disallowed_methods, reason = "reads a manifest")]
fn read(manifest: &Path) -> Option<(&'static str, String)> {
    let text = String::from_utf8(input_file::bytes(manifest, LARGEST).ok()?).ok()?;
    match text.strip_prefix(MARK) {
        Some(rest) => Some((MARK, rest.to_owned())),
        None => Some(("", text)),
    }
}

/// The path of a folder that need not exist yet, without links.
#[expect(clippy::disallowed_methods, reason = "asks for the path of the folder")]
pub(super) fn resolved(root: &Path) -> PathBuf {
    let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
    let mut exists = root.ancestors();
    let exists = exists.find_map(|folder| Some((folder, folder.canonicalize().ok()?)));
    match exists {
        Some((folder, real)) => match root.strip_prefix(folder) {
            Ok(rest) if rest.as_os_str().is_empty() => real,
            Ok(rest) => real.join(rest),
            Err(_) => root,
        },
        None => root,
    }
}

fn new_table() -> Item {
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    Item::Table(table)
}

/// Whether the workspace leaves the folder out.
fn excludes(document: &DocumentMut, project: &Path) -> bool {
    let excluded = document["workspace"].get("exclude");
    let excluded = excluded.and_then(Item::as_array).into_iter().flatten();
    let mut excluded = excluded.filter_map(Value::as_str);
    excluded.any(|path| project.starts_with(path.trim_start_matches("./")))
}

/// Whether a list of members has a folder, which patterns may name.
fn covers(list: &Array, path: &str) -> bool {
    names(list.iter().filter_map(Value::as_str), path)
}

/// Whether patterns of members name a folder.
fn names<'p>(members: impl IntoIterator<Item = &'p str>, path: &str) -> bool {
    let mut patterns = GitignoreBuilder::new("");
    for member in members {
        // A pattern that cargo does not accept either covers nothing.
        let _ = patterns.add_line(None, &format!("/{}", member.trim_start_matches("./")));
    }
    let patterns = patterns.build();
    patterns.is_ok_and(|patterns| patterns.matched(path, true).is_ignore())
}

/// More members than that get a line each.
const LONGEST_LINE: usize = 2;

fn on_own_lines(list: &mut Array) {
    for member in list.iter_mut() {
        member.decor_mut().set_prefix("\n    ");
    }
    list.set_trailing("\n");
    list.set_trailing_comma(true);
}

/// Adds to a list as its author would: on a line of its own if the others have one.
fn push(list: &mut Array, path: &str) {
    let mut value = Value::from(path);
    if let Some(last) = list.iter_mut().last() {
        let decor = last.decor_mut();
        let text = |raw: Option<&toml_edit::RawString>| {
            raw.and_then(|raw| raw.as_str())
                .unwrap_or_default()
                .to_owned()
        };
        let (prefix, suffix) = (text(decor.prefix()), text(decor.suffix()));
        // Comments above the last one are about that.
        let prefix = match prefix.rfind('\n') {
            Some(line) => prefix[line..].to_owned(),
            None => " ".to_owned(),
        };
        decor.set_suffix("");
        value.decor_mut().set_suffix(suffix);
        let trailing = list.trailing().as_str().unwrap_or_default().to_owned();
        let prefix = if trailing.contains('#') {
            // A comment behind the last one stays there.
            list.set_trailing("\n");
            format!("{}{prefix}", trailing.trim_end())
        } else {
            prefix
        };
        value.decor_mut().set_prefix(prefix);
    }
    list.push_formatted(value);
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const PROFILE: &str = "[profile.lambda]\ninherits = \"release\"\n";

    /// A workspace of this text, as its members `lambdas/a` and `lambdas/b` join it.
    fn joined(text: &str) -> Joined {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("Cargo.toml"), text).unwrap();
        let workspace = Workspace::of(dir.path()).unwrap().unwrap();
        let members = ["lambdas/a".to_owned(), "lambdas/b".to_owned()];
        workspace.with(&members, PROFILE).unwrap()
    }

    #[test]
    fn members_are_added_in_the_style_of_the_list() {
        let with_profile = format!("\n{PROFILE}");
        for (list, expected) in [
            ("[\"one\"]", "[\"one\", \"lambdas/a\", \"lambdas/b\"]"),
            ("[]", "[\"lambdas/a\", \"lambdas/b\"]"),
            (
                "[\n    \"one\",\n    \"two\", # the second\n]",
                "[\n    \"one\",\n    \"two\", # the second\n    \"lambdas/a\",\n    \"lambdas/b\",\n]",
            ),
            (
                "[\n  # first\n  \"one\"\n]",
                "[\n  # first\n  \"one\",\n  \"lambdas/a\",\n  \"lambdas/b\"\n]",
            ),
            ("[\"lambdas/*\"]", "[\"lambdas/*\"]"),
            ("[\"./lambdas/a\"]", "[\"./lambdas/a\", \"lambdas/b\"]"),
        ] {
            let around = |list: &str| {
                format!(
                    "# Ours.\n[workspace] # all\nmembers = {list}\nresolver = \"3\"\n{with_profile}"
                )
            };
            assert_eq!(joined(&around(list)).text, around(expected));
        }
    }

    #[test]
    fn a_package_becomes_the_root_of_a_workspace_and_a_profile_is_added_once() {
        let package = "[package]\nname = \"shop\" # ours\n";
        let first = joined(package);
        assert_eq!(
            first.text,
            format!(
                "{package}\n[workspace]\nmembers = [\"lambdas/a\", \"lambdas/b\"]\n\n{PROFILE}"
            )
        );
        assert_eq!(first.added.len(), 3);
        let again = joined(&first.text);
        assert_eq!(again.text, first.text);
        assert!(again.added.is_empty());
    }

    #[test]
    fn the_mark_and_the_ends_of_lines_stay_as_they_are() {
        let joined = joined("\u{feff}[workspace]\r\nmembers = [\r\n    \"one\",\r\n]\r\n");
        let text = joined.text.strip_prefix('\u{feff}').unwrap();
        assert!(!text.contains('\u{feff}') && text.contains("\"lambdas/a\",\r\n"));
        assert_eq!(
            text.matches('\n').count(),
            text.matches("\r\n").count(),
            "{text:?}"
        );
    }

    #[test]
    fn a_package_of_the_same_name_is_found_wherever_a_pattern_leads() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let package = |name: &str| format!("[package]\nname = \"{name}\"\n");
        write(
            "Cargo.toml",
            &format!(
                "{}[workspace]\nmembers = [\"./one\", \"shop/*/pay-*\"]\n",
                package("top")
            ),
        );
        write("one/Cargo.toml", &package("first"));
        write("shop/lambdas/pay-out/Cargo.toml", &package("pay"));
        write("shop/lambdas/other/Cargo.toml", &package("other"));
        let workspace = Workspace::of(&dir.path().join("shop")).unwrap().unwrap();
        let found = |name: &str, own: &[&str]| {
            let own: Vec<String> = own.iter().map(|path| (*path).to_owned()).collect();
            let found = workspace.member(name, &own)?;
            Some(found.display().to_string())
        };
        assert_eq!(found("top", &[]).as_deref(), Some(""));
        assert_eq!(found("first", &[]).as_deref(), Some("one"));
        assert_eq!(found("pay", &[]).as_deref(), Some("shop/lambdas/pay-out"));
        assert_eq!(found("pay", &["lambdas/pay-out"]), None);
        assert_eq!(found("other", &[]), None, "no pattern covers it");
    }

    #[test]
    fn a_new_list_that_is_long_has_a_line_for_each() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("Cargo.toml"), "[workspace]\n").unwrap();
        let workspace = Workspace::of(dir.path()).unwrap().unwrap();
        let members = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(
            workspace.with(&members, PROFILE).unwrap().text,
            format!("[workspace]\nmembers = [\n    \"a\",\n    \"b\",\n    \"c\",\n]\n\n{PROFILE}")
        );
    }

    #[test]
    fn the_workspace_around_a_folder_is_found_unless_it_leaves_the_folder_out() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let manifest = root.join("Cargo.toml");
        let found = |path: &str| Workspace::of(&root.join(path)).unwrap();
        assert!(found("services/new").is_none());
        fs::write(&manifest, "[package]\nname = \"other\"\n").unwrap();
        assert!(
            found("services/new").is_none(),
            "a package around it is not a workspace"
        );
        fs::write(&manifest, "[workspace]\nexclude = [\"old\"]\n").unwrap();
        let joins = found("services/new").unwrap();
        assert_eq!(joins.manifest, manifest);
        let joined = joins.with(&["lambdas/a".to_owned()], PROFILE).unwrap();
        assert!(
            joined
                .text
                .contains("members = [\"services/new/lambdas/a\"]"),
            "{joined:?}"
        );
        assert!(found("old/new").is_none());
        assert!(found("older").is_some());
    }

    #[test]
    fn what_cargo_does_not_accept_is_refused_by_name() {
        for text in [
            "[workspace",
            "workspace = 1\n",
            "[workspace]\nmembers = 1\n",
            "profile = { dev = {} }\n[workspace]\n",
        ] {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join("Cargo.toml"), text).unwrap();
            let found = Workspace::of(dir.path());
            let refused = found.and_then(|found| found.unwrap().with(&[], PROFILE));
            let named = matches!(&refused, Err(InitError::Manifest { path, .. }) if path.ends_with("Cargo.toml"));
            assert!(named, "{text}: {refused:?}");
        }
    }
}
