//! Waits until files of a project change.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_smithy_async::rt::sleep::{AsyncSleep as _, SharedAsyncSleep};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use notify::event::{EventKind, ModifyKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// An editor may save several files, or one in several steps: a change is complete only after that.
const QUIET: Duration = Duration::from_millis(50);

/// Files that nobody edits: those of builds, git and txflow, and those that editors keep next to a file.
const IGNORED: [&str; 7] = ["target/", ".git", ".txflow", "*~", ".*.sw?", ".#*", "4913"];

/// The files of a project in the folder itself, which may also contain logs and notes.
const EXTENSIONS: [&str; 6] = ["toml", "lock", "json", "yaml", "yml", "rs"];

/// Cargo writes it while it builds.
const LOCK_FILE: &str = "Cargo.lock";

type Notification = notify::Result<Event>;

/// Watches a folder, from its creation on.
pub struct Watcher {
    root: PathBuf,
    sleep: SharedAsyncSleep,
    notify: RecommendedWatcher,
    notifications: UnboundedReceiver<Notification>,
    /// The folders in `root` that are covered.
    covered: HashSet<PathBuf>,
    /// The files that are new since the last time.
    came: HashSet<PathBuf>,
    ignored: Gitignore,
}

impl Watcher {
    /// # Errors
    ///
    /// If the folder cannot be watched.
    #[expect(clippy::disallowed_methods, reason = "looks for the real path")]
    pub fn new(root: &Path, sleep: SharedAsyncSleep) -> notify::Result<Self> {
        // The empty path is the current folder.
        let root = Path::new(".").join(root).canonicalize()?;
        let (send, notifications) = unbounded_channel();
        let mut notify = notify::recommended_watcher(move |event| {
            // A send fails only if nobody listens any more.
            let _ = send.send(event);
        })?;
        notify.watch(&root, RecursiveMode::NonRecursive)?;
        let mut watcher = Self {
            ignored: Gitignore::empty(),
            covered: HashSet::new(),
            came: HashSet::new(),
            root,
            sleep,
            notify,
            notifications,
        };
        watcher.cover()?;
        Ok(watcher)
    }

    /// The files that have changed since the last call, once there are some and no more follow.
    /// They are relative to the folder.
    ///
    /// # Errors
    ///
    /// If the folder can no longer be watched.
    pub async fn changed(&mut self) -> notify::Result<BTreeSet<PathBuf>> {
        loop {
            let files = self.next_files().await?;
            if !files.is_empty() {
                return Ok(files);
            }
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "asks whether a file still exists"
    )]
    async fn next_files(&mut self) -> notify::Result<BTreeSet<PathBuf>> {
        let mut files = BTreeSet::new();
        while let Ok(notification) = self.notifications.try_recv() {
            self.take(notification, &mut files)?;
        }
        // A build has run since.
        files.remove(Path::new(LOCK_FILE));
        while files.is_empty() {
            match self.notifications.recv().await {
                Some(notification) => self.take(notification, &mut files)?,
                None => std::future::pending().await,
            }
        }
        for notification in until_quiet(&mut self.notifications, &self.sleep).await {
            self.take(notification, &mut files)?;
        }
        self.cover()?;
        // A file that was created and removed in the meantime belonged to an editor.
        files.retain(|file| !self.came.contains(file) || self.root.join(file).exists());
        self.came.clear();
        Ok(files)
    }

    #[expect(clippy::disallowed_methods, reason = "asks whether a path is a folder")]
    fn take(
        &mut self,
        notification: Notification,
        files: &mut BTreeSet<PathBuf>,
    ) -> notify::Result<()> {
        let event = match notification {
            Ok(event) => event,
            Err(error) if is_final(&error) => return Err(error),
            // A file that cannot be read is not part of the build.
            Err(_) => return Ok(()),
        };
        if event.need_rescan() {
            files.insert(PathBuf::from("."));
        }
        if !is_change(event.kind) {
            return Ok(());
        }
        for path in event.paths {
            // A folder was created or removed: watch what exists now.
            let is_folder = self.covered.remove(&path) || path.is_dir();
            if let Ok(file) = path.strip_prefix(&self.root)
                && (is_folder || may_be_built_from(file))
                && !is_ignored(&self.ignored, file, is_folder)
            {
                if event.kind.is_create() {
                    self.came.insert(file.to_owned());
                }
                files.insert(file.to_owned());
            }
        }
        Ok(())
    }

    /// Watches each folder on its own: a build writes thousands of files, and those are in folders that are left
    /// out.
    #[expect(clippy::disallowed_methods, reason = "lists the folders")]
    fn cover(&mut self) -> notify::Result<()> {
        self.ignored = ignored(&self.root);
        for entry in self.root.read_dir()? {
            let entry = entry?;
            let (path, name) = (entry.path(), entry.file_name());
            let wanted = path.is_dir() && !is_ignored(&self.ignored, Path::new(&name), true);
            if wanted && !self.covered.contains(&path) {
                match self.notify.watch(&path, RecursiveMode::Recursive) {
                    Err(error) if is_final(&error) => return Err(error),
                    _ => self.covered.insert(path),
                };
            }
        }
        Ok(())
    }
}

/// Whether nothing more can be watched; a folder that cannot be read is not a reason to end.
fn is_final(error: &notify::Error) -> bool {
    matches!(error.kind, notify::ErrorKind::MaxFilesWatch)
}

/// Reading a file, or changing its permissions, does not change it.
fn is_change(kind: EventKind) -> bool {
    !matches!(
        kind,
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) | EventKind::Other
    )
}

fn may_be_built_from(file: &Path) -> bool {
    let extension = file.extension().and_then(OsStr::to_str);
    file.components().count() > 1
        || extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
        || file == Path::new("rust-toolchain")
}

fn ignored(root: &Path) -> Gitignore {
    let mut builder = GitignoreBuilder::new(root);
    // Without one, or with an invalid line, git ignores less as well.
    let _ = builder.add(root.join(".gitignore"));
    for line in IGNORED {
        // These are right.
        let _ = builder.add_line(None, line);
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

fn is_ignored(ignored: &Gitignore, file: &Path, is_folder: bool) -> bool {
    ignored
        .matched_path_or_any_parents(file, is_folder)
        .is_ignore()
}

/// Everything that arrives until nothing has arrived for a while.
async fn until_quiet<T>(incoming: &mut UnboundedReceiver<T>, sleep: &SharedAsyncSleep) -> Vec<T> {
    let mut all = Vec::new();
    loop {
        tokio::select! {
            biased;
            Some(one) = incoming.recv() => all.push(one),
            () = sleep.sleep(QUIET) => return all,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Mutex;

    use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep, TokioSleep};
    use tokio::sync::mpsc::UnboundedSender;

    use super::*;

    /// Something more arrives during each of the first sleeps, which then do not end.
    #[derive(Debug)]
    struct Interrupted(Mutex<Vec<&'static str>>, UnboundedSender<&'static str>);

    impl AsyncSleep for Interrupted {
        fn sleep(&self, _: Duration) -> Sleep {
            match self.0.lock().unwrap().pop() {
                Some(more) => {
                    self.1.send(more).unwrap();
                    Sleep::new(std::future::pending())
                }
                None => Sleep::new(std::future::ready(())),
            }
        }
    }

    #[tokio::test]
    async fn changes_in_quick_succession_are_taken_together() {
        let (send, mut incoming) = unbounded_channel();
        send.send("first").unwrap();
        let more = Mutex::new(vec!["third", "second"]);
        let sleep = SharedAsyncSleep::new(Interrupted(more, send));
        let all = until_quiet(&mut incoming, &sleep).await;
        assert_eq!(all, ["first", "second", "third"]);
    }

    fn watcher(root: &Path) -> Watcher {
        Watcher::new(root, SharedAsyncSleep::new(TokioSleep::new())).unwrap()
    }

    #[tokio::test]
    async fn what_an_editor_made_and_removed_is_no_change() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("src")).unwrap();
        let mut watcher = watcher(root.path());
        let own = root.path().join("src/main.rs.tmp");
        fs::write(&own, "").unwrap();
        fs::remove_file(&own).unwrap();
        fs::write(root.path().join("src/main.rs"), "").unwrap();
        let changed = watcher.changed().await.unwrap();
        assert_eq!(changed, [PathBuf::from("src/main.rs")].into());
    }

    #[tokio::test]
    async fn a_folder_that_is_new_is_watched_as_well() {
        let root = tempfile::tempdir().unwrap();
        let mut watcher = watcher(root.path());
        let folder = root.path().join("lambdas");
        fs::create_dir(&folder).unwrap();
        let changed = watcher.changed().await.unwrap();
        assert_eq!(changed, [PathBuf::from("lambdas")].into());
        fs::write(folder.join("lib.rs"), "").unwrap();
        let changed = watcher.changed().await.unwrap();
        assert_eq!(changed, [PathBuf::from("lambdas/lib.rs")].into());
    }

    #[test]
    fn a_log_beside_deploy_toml_is_no_change() {
        for (file, is_change) in [
            ("deploy.toml", true),
            ("definition.asl.json", true),
            ("rust-toolchain", true),
            ("lambdas/a/template.txt", true),
            ("out.txt", false),
            ("README.md", false),
        ] {
            assert_eq!(may_be_built_from(Path::new(file)), is_change, "{file}");
        }
    }

    #[test]
    fn what_git_ignores_and_what_nobody_edits_is_no_change() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join(".gitignore"), "*.log\n/out\n!.txflow\n").unwrap();
        let ignored = ignored(root.path());
        let seen = |file: &str| !is_ignored(&ignored, Path::new(file), false);
        for file in [
            "deploy.toml",
            "lambdas/a/src/main.rs",
            ".cargo/config.toml",
            "lambdas/out/lib.rs",
        ] {
            assert!(seen(file), "{file} is a change");
        }
        for file in [
            "target/debug/a",
            "lambdas/a/target/a",
            ".git/index",
            ".txflow/local/a",
            "lambdas/a.log",
            "out/a.rs",
            "src/.main.rs.swp",
            "src/main.rs~",
        ] {
            assert!(!seen(file), "{file} is not a change");
        }
    }
}
