//! Runs one execution to its end with as few calls as possible: AWS allows about ten
//! `DescribeExecution` a second in the long run, and an account shares them.

use std::cell::Cell;
use std::time::Duration;

use aws_smithy_async::rt::sleep::AsyncSleep as _;

use crate::aws::{Aws, AwsError, found};
use crate::config::StateMachineKind;
use crate::executions::history::History;
use crate::executions::read::{describe, read_history, run};
use crate::executions::run::Run;
use crate::executions::start::{Start, execute_sync};

/// The shortest pause before a look.
pub const SHORTEST: Duration = Duration::from_millis(4);

const LONGEST: Duration = Duration::from_secs(5);

/// A call that AWS refused.
pub struct Refused {
    pub error: AwsError,
    /// If the execution had begun.
    pub execution_arn: Option<String>,
}

/// `patience` is how long the executions before took: that much is waited before the first look. One
/// that runs for longer than `limit` is given as it is then.
pub async fn execute(
    aws: &Aws,
    start: &Start<'_>,
    patience: &Cell<Duration>,
    limit: Duration,
    with_history: bool,
) -> Result<Run, Refused> {
    let not_begun = |error| Refused {
        error,
        execution_arn: None,
    };
    if start.kind == StateMachineKind::Express {
        return execute_sync(aws, start).await.map_err(not_begun);
    }
    let arn = crate::executions::start(aws, start)
        .await
        .map_err(not_begun)?;
    let run = end(aws, &arn, patience, limit, with_history).await;
    run.map_err(|error| Refused {
        error,
        execution_arn: Some(arn),
    })
}

async fn end(
    aws: &Aws,
    arn: &str,
    patience: &Cell<Duration>,
    limit: Duration,
    with_history: bool,
) -> Result<Run, AwsError> {
    let mut pause = patience.get().min(limit);
    let mut waited = Duration::ZERO;
    let mut looks = 0;
    loop {
        aws.sleep.sleep(pause).await;
        waited += pause;
        looks += 1;
        let last = waited >= limit;
        let now = match describe(aws, arn).await {
            Err(error) if last => return Err(error),
            now => found(now)?,
        };
        let now = now.map(|now| run(now, History::default()));
        if let Some(mut run) = now.filter(|run| run.status.is_ended() || last) {
            if run.status.is_ended() {
                patience.set(next_patience(waited, looks, run.duration()));
            }
            if with_history {
                let mut history = History::default();
                read_history(aws, arn, &mut history, &|_| ()).await?;
                run.history = Some(history);
            }
            return Ok(run);
        }
        let next = (waited / 4).clamp(SHORTEST, LONGEST);
        pause = next.min(limit.saturating_sub(waited));
    }
}

/// What has ended at the first look may have ended long before: the next look comes sooner, and no later
/// than this one `took`, so that one slow execution does not hold up the next ones. If time is
/// virtual, it took longer than what was waited.
fn next_patience(waited: Duration, looks: usize, took: Duration) -> Duration {
    let next = if looks == 1 {
        took.min(waited * 7 / 8)
    } else {
        waited
    };
    next.max(SHORTEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_look_comes_closer_to_the_end_of_an_execution_with_each_one() {
        let takes = Duration::from_millis(100);
        let mut patience = SHORTEST;
        let mut all_looks = 0;
        for _ in 0..100 {
            let (mut waited, mut looks) = (patience, 1);
            while waited < takes {
                waited += (waited / 4).clamp(SHORTEST, LONGEST);
                looks += 1;
            }
            patience = next_patience(waited, looks, takes);
            all_looks += looks;
        }
        assert!(all_looks < 160, "{all_looks} looks at 100 executions");
        assert!(patience > takes / 2 && patience < takes * 2, "{patience:?}");
    }
}
