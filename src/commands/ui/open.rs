//! Opens the page in the user's browser.

use std::process::Stdio;

use tokio::process::Command;

use crate::world::World;

#[cfg(target_os = "macos")]
const PROGRAM: &str = "open";
#[cfg(not(target_os = "macos"))]
const PROGRAM: &str = "xdg-open";

/// Starts the program that knows the browser, and does not wait for it.
pub(super) fn open(world: &World, url: &str) -> Result<(), String> {
    let mut command = Command::new(PROGRAM);
    command.arg(url).env_clear();
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
        Ok(_) => Ok(()),
        Err(cause) => Err(format!(
            "the browser was not opened: `{PROGRAM}`: {cause}; open the URL yourself"
        )),
    }
}
