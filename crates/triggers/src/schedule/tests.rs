use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn due(expression: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let (schedule, zone) = (
        Schedule::parse(expression).unwrap(),
        time_zone(zone).unwrap(),
    );
    let mut last = at(after);
    let mut due = Vec::new();
    while due.len() < count
        && let Some(next) = schedule.next(last, &zone)
    {
        assert!(next > last);
        due.push(next.to_string());
        last = next;
    }
    due
}

#[test]
fn cron_expressions_are_due_when_aws_says() {
    for (expression, expected) in [
        (
            "cron(0 9 * * ? *)",
            ["2026-01-01T09:00:00Z", "2026-01-02T09:00:00Z"],
        ),
        (
            "cron(15 10 ? * 6L 2026-2030)",
            ["2026-01-30T10:15:00Z", "2026-02-27T10:15:00Z"],
        ),
        (
            "cron(0 18 ? * MON-FRI *)",
            ["2026-01-01T18:00:00Z", "2026-01-02T18:00:00Z"],
        ),
        (
            "cron(0/10 * ? * MON-FRI *)",
            ["2026-01-01T00:10:00Z", "2026-01-01T00:20:00Z"],
        ),
        (
            "cron(0 8 1 * ? *)",
            ["2026-01-01T08:00:00Z", "2026-02-01T08:00:00Z"],
        ),
        (
            "cron(0 0 L * ? *)",
            ["2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z"],
        ),
        // The first is a Sunday in February, the last of January a Saturday.
        (
            "cron(0 0 1W 2,8 ? *)",
            ["2026-02-02T00:00:00Z", "2026-08-03T00:00:00Z"],
        ),
        (
            "cron(0 0 LW 1,5 ? *)",
            ["2026-01-30T00:00:00Z", "2026-05-29T00:00:00Z"],
        ),
        (
            "cron(0 0 ? * TUE#5 *)",
            ["2026-03-31T00:00:00Z", "2026-06-30T00:00:00Z"],
        ),
        (
            "cron(5,50 23 ? * 1 *)",
            ["2026-01-04T23:05:00Z", "2026-01-04T23:50:00Z"],
        ),
        (
            "cron(0 0 29 FEB ? *)",
            ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"],
        ),
    ] {
        assert_eq!(
            due(expression, "UTC", "2026-01-01T00:00:00Z", 2),
            expected,
            "{expression}"
        );
    }
    assert_eq!(
        due("cron(0 0 1 1 ? 2020)", "UTC", "2026-01-01T00:00:00Z", 1),
        [""; 0]
    );
}

#[test]
fn a_time_that_the_clock_skips_is_left_out_and_one_that_it_repeats_counts_once() {
    // In Berlin 02:30 is skipped on 2026-03-29 and comes twice on 2026-10-25.
    let spring = due(
        "cron(30 2 * * ? *)",
        "Europe/Berlin",
        "2026-03-28T00:00:00Z",
        2,
    );
    assert_eq!(spring, ["2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z"]);
    let autumn = due(
        "cron(30 2 * * ? *)",
        "Europe/Berlin",
        "2026-10-24T12:00:00Z",
        2,
    );
    assert_eq!(autumn, ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
    let skipped = due(
        "at(2026-03-29T02:30:00)",
        "Europe/Berlin",
        "2026-01-01T00:00:00Z",
        1,
    );
    assert_eq!(skipped, [""; 0]);
}

#[test]
fn each_hour_of_a_day_with_25_hours_counts_once() {
    let hours = due(
        "cron(0 * * * ? *)",
        "Europe/Berlin",
        "2026-10-24T22:30:00Z",
        4,
    );
    assert_eq!(
        hours,
        [
            "2026-10-24T23:00:00Z",
            "2026-10-25T00:00:00Z",
            "2026-10-25T02:00:00Z",
            "2026-10-25T03:00:00Z"
        ]
    );
}

#[test]
fn a_rate_is_due_at_once_and_then_after_each_period() {
    let schedule = Schedule::parse("rate(5 minutes)").unwrap();
    let created = at("2026-01-01T00:00:07Z");
    assert_eq!(schedule.first(created, &TimeZone::UTC), Some(created));
    let next = schedule.next(created, &TimeZone::UTC);
    assert_eq!(next, Some(at("2026-01-01T00:05:07Z")));
    for (rate, minutes) in [
        ("rate(1 minute)", 1),
        ("rate(2 hours)", 120),
        ("rate(1 day)", 1440),
    ] {
        let schedule = Schedule::parse(rate).unwrap();
        let next = schedule.next(created, &TimeZone::UTC).unwrap();
        assert_eq!(next.duration_since(created).as_mins(), minutes);
    }
}

/// cdk-preflight tried 46 expressions with CreateSchedule (2026-09-07, `rules/scheduler/pf-scheduler-schedule-expression`).
#[test]
fn what_the_scheduler_accepts_beyond_its_documentation_is_accepted() {
    for (accepted, same) in [
        ("rate(2 minute)", "rate(2 minutes)"),
        ("rate(1 minutes)", "rate(1 minute)"),
        ("rate(1minute)", "rate(1 minute)"),
        ("RATE(5 minutes)", "rate(5 minutes)"),
        ("cron(0 3 * * ?)", "cron(0 3 * * ? *)"),
        ("CRON(0 3 * * ? *)", "cron(0 3 * * ? *)"),
        ("AT(2030-01-01T00:00:00)", "at(2030-01-01T00:00:00)"),
        ("at(2030-01-01T00:00)", "at(2030-01-01T00:00:00)"),
    ] {
        assert_eq!(
            Schedule::parse(accepted),
            Schedule::parse(same),
            "{accepted}"
        );
        assert!(Schedule::parse(accepted).is_ok(), "{accepted}");
    }
}

#[test]
fn a_single_time_is_due_once() {
    let expression = "at(2026-07-01T09:00:00)";
    let times = due(expression, "America/New_York", "2026-01-01T00:00:00Z", 2);
    assert_eq!(times, ["2026-07-01T13:00:00Z"]);
    let schedule = Schedule::parse(expression).unwrap();
    assert!(schedule.is_past(at("2026-07-01T09:00:00Z"), &TimeZone::UTC));
    assert!(!schedule.is_past(at("2026-07-01T08:59:59Z"), &TimeZone::UTC));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (expression, marked, message) in [
        ("every hour", "every hour", "a schedule is"),
        ("rat(5 minutes)", "rat", "there is no schedule `rat(…)`"),
        ("rate(5 minutes", "rate(5 minutes", "`rate(` is not closed"),
        ("rate(5)", "5", "a rate is a number and a unit"),
        ("rate(0 minutes)", "0", "`0` is not a whole number"),
        ("rate(5.5 minutes)", "5.5", "`5.5` is not a whole number"),
        (
            "rate( 5 minutes)",
            " 5 minutes",
            "a rate is a number and a unit",
        ),
        ("rate(5 minutes )", "minutes ", "no unit `minutes `"),
        ("rate(5 seconds)", "seconds", "no unit `seconds`"),
        ("cron(0 9 * ?)", "0 9 * ?", "six fields, not 4"),
        ("cron(0 9 * * *)", "*", "must be `?`"),
        ("cron(0 9 * * * *)", "*", "must be `?`"),
        ("cron(0 9 ? * ? *)", "?", "both days are `?`"),
        (
            "cron(61 9 * * ? *)",
            "61",
            "`61` is not valid in the minutes",
        ),
        (
            "cron(0 9,24 * * ? *)",
            "24",
            "`24` is not valid in the hours",
        ),
        (
            "cron(0 9 0 * ? *)",
            "0",
            "`0` is not valid in the day of the month",
        ),
        (
            "cron(0 9 * JANUARY ? *)",
            "JANUARY",
            "`JANUARY` is not valid in the month",
        ),
        (
            "cron(0 9 ? * 0 *)",
            "0",
            "`0` is not valid in the day of the week",
        ),
        ("cron(0 9 ? * FRI#6 *)", "6", "`6` is not one of the weeks"),
        (
            "cron(0 9 ? * FRI-MON *)",
            "FRI-MON",
            "the range `FRI-MON` is backwards",
        ),
        ("cron(0/0 9 * * ? *)", "0", "`0` is not a step"),
        (
            "cron(0 9 * * ? 1969)",
            "1969",
            "`1969` is not valid in the year",
        ),
        (
            "at(2026-02-30T00:00:00)",
            "2026-02-30T00:00:00",
            "is not a date and a time",
        ),
        (
            "at(2026-02-28T00:00:00Z)",
            "2026-02-28T00:00:00Z",
            "is not a date and a time",
        ),
        ("at(2026-02-28)", "2026-02-28", "is not a date and a time"),
        (
            "at(2026-02-28T00:00:00.000)",
            "2026-02-28T00:00:00.000",
            "is not a date and a time",
        ),
        (
            "at(2026-02-28 00:00:00)",
            "2026-02-28 00:00:00",
            "is not a date and a time",
        ),
        (
            "cron(0 9 31 2 ? *)",
            "0 9 31 2 ? *",
            "no day fits this, so it would never be due",
        ),
    ] {
        let error = Schedule::parse(expression).unwrap_err();
        assert_eq!(&expression[error.at.clone()], marked, "{expression}");
        assert!(
            error.message.contains(message),
            "{expression}: {}",
            error.message
        );
        assert!(error.hint.is_some());
    }
}

#[test]
fn zones_are_known_by_their_exact_names() {
    assert!(time_zone("Europe/Berlin").is_some());
    assert!(time_zone("UTC").is_some());
    assert!(time_zone("europe/berlin").is_none());
    assert!(time_zone("Europe/Berln").is_none());
}

proptest::proptest! {
    #[test]
    fn no_text_is_a_panic(text in "(rate|cron|at)?\\(?[-0-9A-Z?*#,/LW ]{0,30}\\)?") {
        if let Ok(schedule) = Schedule::parse(&text) {
            let _ = schedule.next(at("2026-01-01T00:00:00Z"), &TimeZone::UTC);
        }
    }
}

/// docs.aws.amazon.com/eventbridge/latest/userguide/eb-rate-expressions.html and eb-cron-expressions.html; the refused ones
/// are also in aws-cdk#7514, serverless#1163 and buildkite-agent-scaler#100.
#[test]
fn a_rule_takes_only_what_its_documentation_has() {
    for accepted in [
        "rate(1 minute)",
        "rate(5 minutes)",
        "rate(1 day)",
        "cron(0 10 * * ? *)",
        "cron(0/15 * ? * MON-FRI *)",
    ] {
        assert!(Schedule::parse_of_rule(accepted).is_ok(), "{accepted}");
    }
    for refused in [
        "rate(1 minutes)",
        "rate(3 minute)",
        "RATE(5 minutes)",
        "rate(5minutes)",
        "cron(* * * * *)",
        "cron(0/15 * * * * *)",
        "at(2030-01-01T00:00:00)",
        "every day",
    ] {
        assert!(Schedule::parse_of_rule(refused).is_err(), "{refused}");
    }
}
