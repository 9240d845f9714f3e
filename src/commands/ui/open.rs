//! Opens the page in the user's browser.

use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use maud::{DOCTYPE, html};
use tokio::process::Command;
use txflow_local_aws::private_folder;

use crate::world::World;

#[cfg(target_os = "macos")]
const PROGRAM: &str = "open";
#[cfg(not(target_os = "macos"))]
const PROGRAM: &str = "xdg-open";

/// The file that a browser was given, which goes with this.
pub(super) struct Opened(PathBuf);

/// Starts the program that knows the browser, and does not wait for it. The arguments of a program are there for every user of
/// the machine to read, and the URL holds a token, so it gets a file in `folder` that leads there and that only this user can
/// read.
pub(super) fn open(world: &World, folder: &Path, url: &str) -> Result<Opened, String> {
    let cannot = |what: &str, cause: io::Error| {
        format!("the browser was not opened: {what}: {cause}; open the URL yourself")
    };
    let file = folder.join(format!("page-{}.html", std::process::id()));
    let opened = private_folder(folder).and_then(|()| write(&file, url));
    let opened = opened.map_err(|cause| cannot(&file.display().to_string(), cause))?;
    let mut command = Command::new(PROGRAM);
    command.arg(&opened.0).env_clear();
    for name in [
        "PATH",
        "HOME",
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "XAUTHORITY",
        "BROWSER",
    ]
    .into_iter()
    .chain([
        "XDG_CURRENT_DESKTOP",
        "XDG_RUNTIME_DIR",
        "XDG_DATA_DIRS",
        "DBUS_SESSION_BUS_ADDRESS",
    ]) {
        command.envs(world.variable(name).map(|value| (name, value)));
    }
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(Stdio::null());
    match command.spawn() {
        Ok(_) => Ok(opened),
        Err(cause) => Err(cannot(&format!("`{PROGRAM}`"), cause)),
    }
}

/// A page that leads to the URL.
#[expect(clippy::disallowed_methods, reason = "writes the file")]
fn write(path: &Path, url: &str) -> io::Result<Opened> {
    // The program may work elsewhere.
    let path = std::path::absolute(path)?;
    let page = html! {
        (DOCTYPE)
        meta charset="utf-8";
        meta name="referrer" content="no-referrer";
        meta http-equiv="refresh" content=(format!("0; url={url}"));
        title { "txflow" }
    };
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&path)?;
    file.write_all(page.into_string().as_bytes())?;
    Ok(Opened(path))
}

impl Drop for Opened {
    #[expect(clippy::disallowed_methods, reason = "removes the file")]
    fn drop(&mut self) {
        // Its token is good for nothing by now.
        let _ = std::fs::remove_file(&self.0);
    }
}
