//! Which commit a release comes from.

use std::path::Path;

use anyhow::Result;
use tokio::process::Command;

use crate::stack::Origin;
use crate::world::World;

/// Asks git. Outside a working tree, or without git, a release has no commit.
pub(super) async fn origin(world: &World, root: &Path) -> Result<Origin> {
    if let Some(prepared) = &world.prepared {
        return Ok(Origin {
            commit: Some(prepared.commit.clone()),
        });
    }
    let Some(commit) = git(root, &["rev-parse", "--short", "HEAD"]).await else {
        return Ok(Origin::default());
    };
    let changes = git(root, &["status", "--porcelain", "--untracked-files=no"]).await;
    let dirty = changes.is_some_and(|changes| !changes.is_empty());
    Ok(Origin {
        commit: Some(if dirty {
            format!("{commit}-dirty")
        } else {
            commit
        }),
    })
}

async fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .output();
    let output = output.await.ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
