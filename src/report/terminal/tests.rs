use std::time::Instant;

use indicatif::{InMemoryTerm, MultiProgress, ProgressDrawTarget};

use super::super::tests::look;
use super::*;

/// In a terminal of 80 columns.
#[test]
fn what_a_canary_shows_is_broken_between_words_and_drawn_in_one_place() {
    let drawn = InMemoryTerm::new(24, 80);
    let target = ProgressDrawTarget::term_like(Box::new(drawn.clone()));
    let bars = MultiProgress::with_draw_target(target);
    let stream = Stream::new(std::io::sink(), true);
    let terminal = Terminal::on(stream, bars, || (24, 80));
    terminal.report(&Event::CanaryLooked(Box::new(look())));
    let mut again = look();
    again.new.ended = 1_000;
    terminal.report(&Event::CanaryLookedAgain(Box::new(again)));
    let limit = Instant::now() + Duration::from_secs(60);
    let shown = || drawn.contents();
    while !shown().contains("1 of 1000 failed") && Instant::now() < limit {
        std::thread::yield_now();
    }
    let lines: Vec<String> = shown().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].starts_with("      Canary 10 % on release 7: 1 of 1000 failed;"),
        "{lines:?}"
    );
    // Whole words, below the first one.
    assert!(
        lines[1].starts_with("             ") && !lines[1].starts_with("              "),
        "{lines:?}"
    );
    assert!(
        lines.iter().all(|line| line.chars().count() <= 80),
        "{lines:?}"
    );
    terminal.end();
    assert_eq!(shown(), "");
}
