//! Asks whether to go on.

use std::io::{BufRead as _, BufReader};

use tokio::sync::oneshot;

use crate::world::World;

/// Whether the answer to a question is the expected one, which is harder to type by accident than a `y`.
#[expect(clippy::disallowed_methods, reason = "waits for an answer on a thread")]
pub(super) async fn confirmed(world: &World, question: &str, expected: &str) -> bool {
    world.stderr.line(question);
    let stdin = world.stdin.clone();
    let (tell, answer) = oneshot::channel();
    // On a thread of its own, which ends with the process: it may read forever.
    std::thread::spawn(move || {
        let mut answer = String::new();
        // A closed standard input confirms nothing.
        let read = BufReader::new(stdin()).read_line(&mut answer);
        let _ = tell.send(read.map(|_| answer));
    });
    matches!(answer.await, Ok(Ok(answer)) if answer.trim() == expected)
}
