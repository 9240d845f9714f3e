//! What the user can do if the embedded AWS cannot be opened.

use txflow_local_aws::{EndpointError, StartError, StoreError};

use crate::exit::{Advice, variant};

impl Advice for StartError {
    fn kind(&self) -> String {
        format!("local-{}", variant(self))
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            error if error.is_out_of_room() => {
                "free some space on the disk of `.txflow/`, or raise the limit on the size of files, then run the same command again"
            }
            StartError::AlreadyRunning(_) => {
                "commands with `--local` use the running server; to use other options, stop it with Ctrl-C first"
            }
            StartError::NotAnswering(_) => {
                "another txflow process of this project runs it, and may be stopped or busy: let it go on, or end it, then run the same command again"
            }
            StartError::DataDirectory { .. } => {
                "txflow keeps local deployments there, and must be able to write to it"
            }
            StartError::Endpoint(EndpointError::Elsewhere { .. }) => {
                "txflow writes only addresses of this machine there, so somebody else wrote this one: remove the file, and find out where it came from"
            }
            StartError::Endpoint(EndpointError::Unreadable { .. }) => {
                "remove the file; if a local AWS is running, start it again, so that it writes the file"
            }
            StartError::Store(StoreError::Failed(_)) => {
                "the last changes may not have been saved; if the disk is full, free some space, then run the same command again"
            }
            StartError::Store(_) => {
                "move `.txflow/local` away to start with an empty local AWS, then deploy again with `txflow deploy --local`"
            }
        };
        Some(hint.to_owned())
    }
}
