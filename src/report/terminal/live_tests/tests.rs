use indicatif::{InMemoryTerm, ProgressDrawTarget};

use super::*;
use crate::executions::{StateEvent, StateRun};
use crate::report::state_event::tests::change;
use crate::report::style::since_1970;
use crate::report::{Reporter as _, Terminal};
use crate::world::Stream;

fn named(names: &[&str]) -> Tests {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    Tests::new(&names)
}

fn started(test: &str) -> Event {
    Event::TestStarted {
        test: test.to_owned(),
    }
}

fn finished(test: &str, passed: bool) -> Event {
    let status = match passed {
        true => ExecutionStatus::Succeeded,
        false => ExecutionStatus::Failed,
    };
    ended(test, passed, Status::Ended(status))
}

fn ended(test: &str, passed: bool, status: Status) -> Event {
    Event::TestFinished {
        test: test.to_owned(),
        passed,
        elapsed: Duration::from_secs(3),
        status: Some(status),
    }
}

/// A state that was entered as the `index`th at 10.0, and left at 11.5 if it was.
fn state(test: &str, index: usize, name: &str, kind: StateEvent) -> Event {
    let mut change = change(kind, &[]);
    change.index = index;
    change.state = StateRun {
        name: name.to_owned(),
        iteration: None,
        exited: (kind == StateEvent::Exited).then(|| since_1970(11.5)),
        ..change.state
    };
    Event::of_state(test, change)
}

fn lines(tests: &Tests, now: Instant, rows: usize) -> Vec<String> {
    let mut stream = Stream::new(std::io::sink(), true);
    stream.color = false;
    let lines = tests.lines(now, rows).into_iter();
    lines.map(|line| stream.shown(&line)).collect()
}

#[test]
fn a_test_grows_into_the_tree_of_its_states_and_collapses_when_it_passed() {
    let mut tests = named(&["BUY", "SELL"]);
    let began = Instant::now();
    tests.take(&started("BUY"), began);
    tests.take(&state("BUY", 0, "Choose", StateEvent::Entered), began);
    tests.take(&state("BUY", 0, "Choose", StateEvent::Exited), began);
    tests.take(&state("BUY", 1, "Pay", StateEvent::Entered), began);
    let later = began + Duration::from_millis(500);
    assert_eq!(
        lines(&tests, later, 24),
        [
            "▸ BUY running 0.50 s",
            "  ✓ Choose 1.50 s",
            "  ▸ Pay 0.50 s, running",
            "… 1 more test, 1 waiting",
        ]
    );
    tests.take(&finished("BUY", true), later);
    tests.take(&started("SELL"), later);
    assert_eq!(
        lines(&tests, later, 24),
        ["✓ BUY 3.00 s", "▸ SELL running 0.00 s"]
    );
}

#[test]
fn a_test_that_failed_keeps_its_tree_while_others_run() {
    let mut tests = named(&["BUY", "SELL"]);
    let began = Instant::now();
    for test in ["BUY", "SELL"] {
        tests.take(&started(test), began);
    }
    tests.take(&state("BUY", 0, "Pay", StateEvent::Entered), began);
    tests.take(&finished("BUY", false), began);
    assert_eq!(
        lines(&tests, began, 24),
        [
            "✗ BUY failed 3.00 s",
            "  ✗ Pay 0.00 s, failed",
            "▸ SELL running 0.00 s",
        ]
    );
}

#[test]
fn the_tree_of_a_failed_test_says_of_a_state_what_the_report_says() {
    let mut tests = named(&["BUY"]);
    let began = Instant::now();
    tests.take(&started("BUY"), began);
    tests.take(&state("BUY", 0, "Pay", StateEvent::Entered), began);
    for (status, line) in [
        (Status::Running, "  ▸ Pay 0.00 s, running"),
        (
            Status::Ended(ExecutionStatus::Aborted),
            "  ■ Pay 0.00 s, aborted",
        ),
    ] {
        tests.take(&ended("BUY", false, status), began);
        assert_eq!(lines(&tests, began, 24), ["✗ BUY failed 3.00 s", line]);
    }
}

/// Ten tests, each in its third state.
fn ten(began: Instant) -> Tests {
    let names: Vec<String> = (0..10).map(|number| format!("TEST-{number}")).collect();
    let mut tests = Tests::new(&names);
    for name in &names {
        tests.take(&started(name), began);
        for (index, state_name) in ["Choose", "Settle", "Pay"].into_iter().enumerate() {
            tests.take(&state(name, index, state_name, StateEvent::Entered), began);
        }
    }
    tests
}

#[test]
fn ten_tests_fit_into_any_terminal() {
    let began = Instant::now();
    let tests = ten(began);
    for rows in 1..60 {
        let lines = lines(&tests, began, rows);
        assert!(lines.len() <= rows.saturating_sub(1).max(1), "{lines:#?}");
    }
}

#[test]
fn a_line_that_is_too_long_is_cut_off_with_and_without_colour() {
    let mut stream = Stream::new(std::io::sink(), true);
    let line = format!("{STRONG}TEST-0{STRONG:#} running 0.00 s");
    assert_eq!(
        fitting(&stream, &line, 9),
        stream.shown(&format!("{STRONG}TEST-0{STRONG:#} r…"))
    );
    stream.color = false;
    assert_eq!(fitting(&stream, &line, 9), "TEST-0 r…");
    assert_eq!(fitting(&stream, &line, 21), "TEST-0 running 0.00 s");
}

#[test]
fn in_little_room_the_last_states_are_shown() {
    let began = Instant::now();
    let tests = ten(began);
    let lines = lines(&tests, began, 24);
    assert_eq!(lines.len(), 23);
    assert_eq!(
        lines[17..],
        [
            "  … 2 lines",
            "  ▸ Pay 0.00 s, running",
            "▸ TEST-9 running 0.00 s",
            "  ▸ Choose 0.00 s, running",
            "  ▸ Settle 0.00 s, running",
            "  ▸ Pay 0.00 s, running",
        ]
    );
}

#[test]
fn a_test_without_room_for_its_tree_names_the_state_it_is_in() {
    let began = Instant::now();
    let tests = ten(began);
    let lines = lines(&tests, began, 6);
    assert_eq!(
        lines,
        [
            "▸ TEST-0 running 0.00 s in Pay",
            "▸ TEST-1 running 0.00 s in Pay",
            "▸ TEST-2 running 0.00 s in Pay",
            "▸ TEST-3 running 0.00 s in Pay",
            "… 6 more tests, 6 running",
        ]
    );
}

#[test]
fn what_the_terminal_shows_is_gone_when_all_have_ended() {
    let drawn = InMemoryTerm::new(6, 30);
    let target = ProgressDrawTarget::term_like(Box::new(drawn.clone()));
    let bars = MultiProgress::with_draw_target(target);
    let stream = Stream::new(std::io::sink(), true);
    let terminal = Terminal::on(stream, bars, || (6, 30));
    terminal.report(&Event::TestsStarted {
        tests: vec!["BUY".to_owned(), "SELL".to_owned()],
    });
    terminal.report(&started("BUY"));
    terminal.report(&started("SELL"));
    terminal.report(&state(
        "SELL",
        0,
        "Wait for the courier to come",
        StateEvent::Exited,
    ));
    terminal.report(&finished("BUY", true));
    terminal.report(&finished("SELL", false));
    let expected = "✓ BUY 3.00 s\n✗ SELL failed 3.00 s\n  ✓ Wait for the courier to c…";
    let limit = Instant::now() + Duration::from_secs(60);
    while drawn.contents() != expected && Instant::now() < limit {
        std::thread::yield_now();
    }
    assert_eq!(drawn.contents(), expected);
    terminal.report(&Event::TestsFinished);
    assert_eq!(drawn.contents(), "");
}
