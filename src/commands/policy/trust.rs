//! The trust policy of a pipeline's role.

use serde_json::Value;

use super::options::TrustOptions;
use crate::commands::context::Printer;
use crate::policy::{self, Repository, Subject};
use crate::stack::Stack;

/// The trust policy, with notes about it. `preview` says that it is for more than one stage.
pub(super) fn trust(
    stack: &Stack,
    preview: bool,
    options: &TrustOptions,
    printer: &Printer,
) -> Value {
    let (owner, name) = options.repository.clone().unwrap_or_default();
    let repository = Repository {
        owner,
        name,
        owner_id: options.owner_id,
        id: options.repository_id,
    };
    let subject = subject(stack, preview, options);
    if repository.owner_id.is_none() {
        printer.note(
            "the subject of a repository created since 15 July 2026 contains numeric ids: pass `--owner-id` and \
             `--repository-id`, which `gh api repos/OWNER/NAME --jq '.owner.id, .id'` prints",
        );
    }
    if let Subject::Environment {
        name,
        git_ref: None,
    } = &subject
        && !preview
    {
        printer.note(&format!(
            "jobs on any branch may use the environment `{name}`: limit it to one in the settings of the repository, or \
             pass `--ref`"
        ));
    }
    policy::trust(&stack.account, &repository, &subject)
}

fn subject(stack: &Stack, preview: bool, options: &TrustOptions) -> Subject {
    if options.pull_request {
        return Subject::PullRequest;
    }
    let git_ref = options.git_ref.clone();
    match (&options.environment, git_ref) {
        (Some(name), git_ref) => Subject::Environment {
            name: name.clone(),
            git_ref,
        },
        (None, Some(git_ref)) => Subject::Ref(git_ref),
        (None, None) => Subject::Environment {
            name: if preview {
                PREVIEW.to_owned()
            } else {
                stack.stage.clone()
            },
            git_ref: None,
        },
    }
}

/// The environment of pull requests in the workflow that `txflow init` writes.
const PREVIEW: &str = "preview";
