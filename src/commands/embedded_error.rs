//! What to do if the embedded AWS cannot be opened.

use txflow_local_aws::{EndpointError, StartError, StoreError};

use crate::exit::Advice;

impl Advice for StartError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            error if error.is_out_of_room() => {
                "make room on the disk of `.txflow/`, or raise the limit on the size of files, then run the same command again"
            }
            StartError::AlreadyRunning(_) => {
                "commands with `--local` use the server that runs; end it with Ctrl-C to serve in another way"
            }
            StartError::DataDirectory { .. } => {
                "txflow keeps there what is deployed locally, and must be able to write it"
            }
            StartError::Endpoint(EndpointError::Elsewhere { .. }) => {
                "txflow writes only addresses of this machine there, so somebody else wrote this one: remove the file, and look at where it came from"
            }
            StartError::Endpoint(EndpointError::Unreadable { .. }) => {
                "remove the file; a local AWS that runs has to be started again to write it"
            }
            StartError::Store(StoreError::Failed(_)) => {
                "the last changes may not have been kept; if the disk is full, make room, then run the same command again"
            }
            StartError::Store(_) => {
                "move `.txflow/local` away to begin with an empty local AWS; what was deployed there is deployed again by `txflow deploy --local`"
            }
        };
        Some(hint.to_owned())
    }
}
