//! SVG → PNG, by the program `rsvg-convert`: a renderer of SVG in txflow itself would double the graph's part of a build.

use std::io;
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::commands::error::CommandError;
use crate::world::World;

const PROGRAM: &str = "rsvg-convert";

/// Pixels of the longer side; the program draws no more.
const LARGEST: &str = "32767";

/// Renders a picture in twice its size, so that its text is sharp on any screen, or as large as it can be.
pub(super) async fn png(world: &World, svg: &str) -> Result<Vec<u8>, CommandError> {
    let failed = |cause: io::Error| {
        let is_missing = cause.kind() == io::ErrorKind::NotFound;
        CommandError::CannotMakePng {
            cause: match is_missing {
                true => format!("there is no `{PROGRAM}`"),
                false => format!("`{PROGRAM}`: {cause}"),
            },
            is_missing,
        }
    };
    let mut command = Command::new(PROGRAM);
    command.args(["--zoom", "2", "--keep-aspect-ratio"]);
    // Beside a zoom they are the largest that it may become.
    command.args(["--width", LARGEST, "--height", LARGEST]);
    command.env_clear();
    // What finds the program, and its fonts.
    for name in ["PATH", "HOME", "XDG_CACHE_HOME", "FONTCONFIG_FILE"] {
        command.envs(world.variable(name).map(|value| (name, value)));
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(failed)?;
    let stdin = child.stdin.take();
    let write = async {
        // It says itself why it does not read on.
        if let Some(mut stdin) = stdin {
            let _ = stdin.write_all(svg.as_bytes()).await;
        }
    };
    let ((), output) = tokio::join!(write, child.wait_with_output());
    let output = output.map_err(failed)?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(failed(io::Error::other(
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        ))),
    }
}
