//! What a function has on Lambda alone: the embedded AWS keeps the setting, and mounts nothing.

use crate::config::Deployment;
use crate::resources::Observed;

/// A note about functions that expect layers or a file system, unless the last deploy has given it.
pub(super) fn not_mounted(deployment: &Deployment, before: &Observed) -> Option<String> {
    let missed = deployment
        .functions
        .iter()
        .filter_map(|(handler, function)| {
            let wanted = &function.settings;
            let known = before.functions.get(handler);
            let known = known.is_some_and(|known| {
                let held = &known.latest.configuration.settings;
                held.layers == wanted.layers && held.file_systems == wanted.file_systems
            });
            let what = match (wanted.layers.is_empty(), wanted.file_systems.first()) {
                (true, None) => return None,
                (false, None) => "layers".to_owned(),
                (true, Some(mounted)) => format!("`{}`", mounted.mount_path),
                (false, Some(mounted)) => format!("layers and `{}`", mounted.mount_path),
            };
            (!known).then(|| format!("{what} of `{handler}`"))
        });
    let missed: Vec<String> = missed.collect();
    (!missed.is_empty()).then(|| {
        format!(
            "the embedded AWS mounts no layers and no file systems, so a handler does not find what is in them: {}",
            missed.join(", ")
        )
    })
}
