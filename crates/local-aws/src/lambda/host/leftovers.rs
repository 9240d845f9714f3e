//! The handlers that a killed server left running.

use std::path::Path;
use std::time::Duration;

use crate::contained::Family;

/// How long supervisors get to end what they supervise: they notice that the server has ended.
const SUPERVISED: Duration = Duration::from_secs(1);

/// The mark that the handlers of a data directory share, whichever server started them.
pub(super) fn family(unpacked: &Path) -> Family {
    // The folder itself may not exist yet.
    let (data_dir, name) = (unpacked.parent(), unpacked.file_name());
    let data_dir = data_dir.and_then(|folder| folder.canonicalize().ok());
    match data_dir.zip(name) {
        Some((data_dir, name)) => Family::of_folder(&data_dir.join(name)),
        None => Family::of_folder(unpacked),
    }
}

/// Ends the handlers whose code is in this folder. Only the server of the data directory may do that. Blocks.
pub(crate) fn end_leftovers(unpacked: &Path) {
    family(unpacked).end(SUPERVISED);
}
