//! What a server that was killed has left running.

use std::path::Path;
use std::time::Duration;

use crate::contained::Family;

/// How long supervisors get to end what they watch over: they have noticed that the server has gone.
const SUPERVISED: Duration = Duration::from_secs(1);

/// What the handlers of a data directory have in common, whichever server has started them.
pub(super) fn family(unpacked: &Path) -> Family {
    // The folder itself may not be there yet.
    let (data_dir, name) = (unpacked.parent(), unpacked.file_name());
    let data_dir = data_dir.and_then(|folder| folder.canonicalize().ok());
    match data_dir.zip(name) {
        Some((data_dir, name)) => Family::of_folder(&data_dir.join(name)),
        None => Family::of_folder(unpacked),
    }
}

/// Ends the handlers whose code lies in this folder. Only the server of its data directory may do that. Blocks.
pub(crate) fn end_leftovers(unpacked: &Path) {
    family(unpacked).end(SUPERVISED);
}
