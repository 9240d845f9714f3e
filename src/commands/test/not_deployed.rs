//! Tells of definitions that were edited since the release that is tested, so that nobody takes what passes for a test of them.
//! Whether a handler was edited only its build would tell, for which a test does not wait.

use futures_util::future::join_all;
use txflow_asl::Arn;

use super::coverage::differs;
use super::prepare::PreparedTests;
use crate::commands::context::Context;
use crate::config::MachineName;
use crate::config::nearest::list;
use crate::executions;

/// Looks at what these tests are started on.
pub(super) async fn note_not_deployed(context: &Context, prepared: &PreparedTests) {
    if prepared.coverage.is_some() {
        // That refuses to be of another definition.
        return;
    }
    let session = &prepared.session;
    let tested = prepared.tested();
    let edited = tested.iter().map(async |(machine, arn)| {
        // An alias that leads to several releases has no definition.
        Arn::version_in(arn)?;
        let own = &session.deployment.state_machines.get(machine)?.definition;
        // Whoever may run tests need not be allowed to read definitions.
        let deployed = executions::definition_of(&session.aws, arn).await.ok()?;
        differs(own, &deployed).then(|| (own.path.display().to_string(), arn))
    });
    let edited: Vec<_> = join_all(edited).await.into_iter().flatten().collect();
    let Some((_, arn)) = edited.first() else {
        return;
    };
    let main = tested.get(&MachineName::Main).unwrap_or(arn);
    let of = match Arn::version_in(main) {
        Some(release) if tested.contains_key(&MachineName::Main) => format!("release {release}"),
        _ => "the release that is live".to_owned(),
    };
    let files = list(edited.iter().map(|(path, _)| path.as_str()), "and");
    let (differ, them) = match edited.len() {
        1 => ("differs", "it"),
        _ => ("differ", "them"),
    };
    let deploy = context.global.same_stack("txflow deploy");
    context.printer.note(&format!(
        "{files} {differ} from {of}, which is tested; run `{deploy}` first to test {them}"
    ));
}
