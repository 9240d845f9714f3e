//! Files that are far too large, too deep or too wrong end with a short, clear message.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use rustix::fs::{CWD, Mode, mkfifoat};
use rustix::time::{ClockId, clock_gettime};

use super::{Diagnostics, FILE_NAME, Severity, load};

const DEFINITION: &str = r#"{ "StartAt": "A", "States": { "A": { "Type": "Succeed" } } }"#;

/// The processor time of this thread, which other threads do not add to.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap()
}

/// A file with `entry` for each number after the head.
fn many(head: &str, count: usize, entry: Entry<'_>) -> String {
    let entries: String = (0..count).map(entry).collect();
    format!("name = \"shop\"\n{head}\n{entries}")
}

/// The text of each of many.
type Entry<'a> = &'a dyn Fn(usize) -> String;

#[test]
fn reading_takes_time_by_the_size_of_the_file() {
    let base = "[functions.a]\n[tests.T]\ninput = {}\n[tags]\nteam = \"shop\"";
    let stage = |i| {
        format!(
            "[stages.s{i}]\nregion = \"eu-central-1\"\n\
             [stages.s{i}.functions.a]\nmemory = 256\nenvironment.LEVEL = \"info\"\n\
             [stages.s{i}.tests.T.expect]\nstatus = \"FAILED\"\n\
             [stages.s{i}.tags]\nteam = \"{i}\"\n"
        )
    };
    let statement =
        |_| "[[functions.a.statements]]\nactions = [\"s3:Get*\"]\nresources = [\"*\"]\n".to_owned();
    let shapes: [(&str, &str, Entry<'_>); 10] = [
        ("stages", base, &stage),
        ("wrong stages", base, &|i| {
            format!("[stages.s{i}]\nmemroy = 1\n")
        }),
        ("tags", "[tags]", &|i| format!("tag{i} = \"v\"\n")),
        ("wrong tags", "[tags]", &|i| {
            format!("\"tag!{i}\" = \"v\"\n")
        }),
        ("variables", "[functions.a.environment]", &|i| {
            format!("VAR{i} = {{ value = \"hunter2\", secret = true }}\n")
        }),
        (
            "functions",
            "[defaults]\nenvironment.LEVEL = \"info\"",
            &|i| format!("[functions.f{i}]\n"),
        ),
        ("statements", "[functions.a]", &statement),
        ("tests", "", &|i| {
            format!("[tests.T{i}]\ninput = {{}}\nmock.X{i}.result = 1\n")
        }),
        ("mocks", "[tests.T]\ninput = {}\n[tests.T.mock]", &|i| {
            format!("X{i}.result = 1\n")
        }),
        ("input", "[tests.T]\n[tests.T.input]", &|i| {
            format!("x{i} = 1\n")
        }),
    ];
    for (shape, head, entry) in shapes {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("definition.asl.json"), DEFINITION).unwrap();
        let took = |count| {
            fs::write(dir.path().join(FILE_NAME), many(head, count, entry)).unwrap();
            let before = processor_time();
            let _ = load(dir.path(), "dev", &|_| None);
            processor_time() - before
        };
        let (few, many) = (took(250), took(2000));
        // Eight times as many; what is quadratic takes 64 times as long.
        let ratio = many.as_secs_f64() / few.as_secs_f64();
        assert!(ratio < 24.0, "{shape}: {few:?}, then {many:?}");
    }
}

#[test]
fn a_long_value_or_key_is_quoted_in_part() {
    let long = "x".repeat(3_900_000);
    for toml in [
        format!("region = \"{long}\""),
        format!("{long} = 1"),
        format!("[functions.\"!{long}\"]"),
        format!("[functions.a.environment]\n{long} = 1"),
        format!("keep-versions = {}", "9".repeat(3_900_000)),
        format!("[tests.T]\ninput = \"{long}\""),
    ] {
        let found = findings(
            &format!("name = \"shop\"\n{toml}"),
            "definition.asl.json",
            DEFINITION,
        );
        assert!(found.errors() > 0);
        let texts: Vec<String> = found.0.iter().map(|finding| finding.render()).collect();
        let longest = texts.iter().map(String::len).max();
        assert!(longest < Some(10_000), "{longest:?}");
        assert!(texts.iter().any(|text| text.contains('…')), "{texts:?}");
    }
}

#[test]
fn a_stage_is_told_the_same_whether_or_not_it_is_in_use() {
    let of_prod = |toml: &str, stage: &str| -> Vec<(String, Option<usize>)> {
        let dir = tempfile::tempdir().unwrap();
        fs::write(
            dir.path().join(FILE_NAME),
            format!("name = \"shop\"\n{toml}"),
        )
        .unwrap();
        fs::write(dir.path().join("definition.asl.json"), DEFINITION).unwrap();
        let found = match load(dir.path(), stage, &|_| None) {
            Ok(deployment) => deployment.warnings,
            Err(found) => found.0,
        };
        let of_functions = ["unused-function", "unknown-function"];
        let of_keys = found
            .into_iter()
            .filter(|d| !of_functions.contains(&d.code.as_str()));
        of_keys
            .map(|d| (d.message, d.place.map(|place| place.line)))
            .collect()
    };
    let cases = [
        // What a table requires may be in any layer.
        (
            "[tests.T]\ninput = {}\n[stages.prod.tests.T.expect]\nstatus = \"FAILED\"\nerror = \"E\"",
            0,
        ),
        (
            "[stages.prod.tests.T.expect]\nstatus = \"FAILED\"\nerror = \"E\"",
            1,
        ),
        ("[tests.T]\n[stages.prod.tests.T]\ninput = {}", 1),
        ("[tests]\nT = 1\n[stages.prod.tests.T]\nexpect = {}", 2),
        (
            "[defaults]\nvpc = { subnet-ids = [\"subnet-0\"], security-group-ids = [\"sg-0\"] }\n\
             [functions.a]\n[stages.prod.functions.a.vpc]\nsubnet-ids = [\"subnet-1\"]",
            0,
        ),
        (
            "[functions.a.vpc]\nsubnet-ids = [\"subnet-0\"]\nsecurity-group-ids = [\"sg-0\"]\n\
             [stages.prod.defaults.vpc]\nsubnet-ids = [\"subnet-1\"]",
            1,
        ),
        (
            "[functions.a]\n[stages.prod.functions.b.vpc]\nsubnet-ids = [\"subnet-1\"]",
            1,
        ),
        (
            "[stages.prod.defaults.vpc]\nsubnet-ids = [\"subnet-1\"]\n\
             [stages.prod.functions.b.vpc]\nsecurity-group-ids = [\"sg-0\"]",
            1,
        ),
        // A fault in a layer is reported once, with its place.
        (
            "[defaults]\nmemory = 1\n[stages.prod.defaults]\nmemory = 2",
            2,
        ),
        ("[functions.a]\nmemory = 1\n[stages.prod]\nfunctions = 2", 2),
        ("[tags]\n\"!\" = \"v\"\n[stages.prod.tags]\n\"!\" = 5", 3),
        (
            "[stages.prod]\nname = \"x\"\ntgas = {}\n[stages.prod.stages.dev]\nmemory = 1",
            3,
        ),
        (
            "[stages.prod.functions.a.environment]\nA1 = { value = \"\", env = \"X\" }",
            1,
        ),
        (
            "[stages.prod]\nprotect = 5\n[stages.prod.functions.a]\nstatements = [{ actions = [] }]",
            3,
        ),
    ];
    for (toml, count) in cases {
        let elsewhere = of_prod(toml, "dev");
        assert_eq!(elsewhere, of_prod(toml, "prod"), "{toml}");
        assert_eq!(elsewhere.len(), count, "{toml}: {elsewhere:?}");
    }
}

/// The findings for a project whose definition has this name and this text.
fn findings(toml: &str, name: &str, definition: &str) -> Diagnostics {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(FILE_NAME), toml).unwrap();
    fs::write(dir.path().join(name), definition).unwrap();
    load(dir.path(), "dev", &|_| None).unwrap_err()
}

/// All but the last finding, which says how many more there are.
fn told(found: &Diagnostics) -> (usize, &str) {
    let last = found.0.last().unwrap();
    assert_eq!(last.code, "more-findings");
    (found.0.len() - 1, last.message.as_str())
}

fn unknown_keys(count: usize) -> String {
    (0..count).fold("name = \"shop\"\n".to_owned(), |mut text, number| {
        let _ = writeln!(text, "unknown{number} = 1");
        text
    })
}

#[test]
fn thirty_thousand_unknown_keys_are_told_as_a_hundred_and_a_count() {
    let found = findings(&unknown_keys(30_000), "definition.asl.json", DEFINITION);
    assert_eq!(told(&found), (100, "… and 29,900 more"));
    // In the order of the file.
    let lines: Vec<usize> = found
        .0
        .iter()
        .filter_map(|d| Some(d.place.as_ref()?.line))
        .collect();
    assert_eq!(lines, (2..102).collect::<Vec<_>>());
    assert_eq!(found.errors(), 101);
}

#[test]
fn a_definition_that_is_wrong_everywhere_is_told_in_part() {
    let states: Vec<String> = (0..10_000)
        .map(|number| format!("\"S{number}\":{{\"Type\":\"Tsk\",\"Next\":\"X{number}\"}}"))
        .collect();
    let definition = format!("{{\"StartAt\":\"S0\",\"States\":{{{}}}}}", states.join(","));
    let found = findings("name = \"shop\"\n", "definition.asl.json", &definition);
    assert_eq!(told(&found), (100, "… and at least 900 more"));
    // It is one line, and an excerpt has only the part around the place.
    for finding in found.0.iter().filter_map(|d| d.place.as_ref()) {
        assert!(finding.excerpt.len() <= 1000, "{}", finding.excerpt.len());
    }
    let place = found.0[90].place.as_ref().unwrap();
    let text = found.0[90].render();
    assert!(
        text.contains(&format!("definition.asl.json:1:{}", place.column)),
        "{text}"
    );
    assert!(text.contains('^'), "{text}");
}

#[test]
fn an_error_is_told_among_any_number_of_warnings() {
    let mut toml = "name = \"shop\"\n".to_owned();
    for number in 0..500 {
        let _ = writeln!(toml, "[functions.unused{number}]");
    }
    toml.push_str("[sate-machine]\n");
    let found = findings(&toml, "definition.asl.json", DEFINITION);
    let errors: Vec<&str> = found
        .0
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .map(|d| d.message.as_str())
        .collect();
    assert_eq!(errors, ["there is no key `sate-machine`"]);
    assert_eq!(told(&found), (100, "… and 401 more"));
}

#[test]
fn a_hundred_findings_are_all_told() {
    let found = findings(&unknown_keys(100), "definition.asl.json", DEFINITION);
    assert_eq!(found.0.len(), 100);
    assert!(found.0.iter().all(|d| d.code == "unknown-key"));
}

#[test]
fn a_hint_names_some_of_many_names() {
    let states: Vec<String> = (0..50)
        .map(|number| format!("\"S{number}\": {{ \"Type\": \"Succeed\" }}"))
        .collect();
    let definition = format!(
        "{{ \"StartAt\": \"S0\", \"States\": {{ {} }} }}",
        states.join(", ")
    );
    let toml = "name = \"shop\"\n[tests.T]\ninput = {}\nexpect = { path = [\"elsewhere\"] }\n";
    let found = findings(toml, "definition.asl.json", &definition);
    let hint = found.0.iter().find(|d| d.code == "unknown-state").unwrap();
    let hint = hint.hint.as_deref().unwrap();
    assert!(hint.ends_with("`S19` and 30 more"), "{hint}");
}

#[test]
fn deep_nesting_is_a_finding_in_every_format() {
    let deep = "[".repeat(100_000);
    let found = findings(
        &format!("name = \"shop\"\nx = {deep}"),
        "definition.asl.json",
        DEFINITION,
    );
    assert!(found.0.iter().any(|d| d.code == "syntax"), "{found}");
    let json = findings("name = \"shop\"\n", "definition.asl.json", &deep);
    assert!(json.0.iter().any(|d| d.code == "syntax"), "{json}");
    let toml = "name = \"shop\"\ndefinition = \"deep.yaml\"\n";
    let yaml = findings(toml, "deep.yaml", &deep);
    assert!(yaml.0.iter().any(|d| d.code == "syntax"), "{yaml}");
}

#[test]
fn what_is_not_a_regular_file_is_refused_with_its_place() {
    for (definition, said) in [
        ("/dev/zero", "it is a device"),
        ("pipe", "it is a pipe"),
        ("folder", "it is a folder"),
        ("sparse", "it has more than 4 MB"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        mkfifoat(CWD, dir.path().join("pipe"), Mode::RUSR | Mode::WUSR).unwrap();
        fs::create_dir(dir.path().join("folder")).unwrap();
        let sparse = fs::File::create(dir.path().join("sparse")).unwrap();
        sparse.set_len(10 << 30).unwrap();
        let input = format!("[tests.T]\ninput = \"{definition}\"\n");
        let toml = format!("name = \"shop\"\ndefinition = \"{definition}\"\n{input}");
        fs::write(dir.path().join(FILE_NAME), toml).unwrap();
        let found = load(dir.path(), "dev", &|_| None).unwrap_err();
        let lines: Vec<usize> = found
            .0
            .iter()
            .filter(|d| d.message.contains(said))
            .filter_map(|d| Some(d.place.as_ref()?.line))
            .collect();
        assert_eq!(lines, [2, 4], "{found}");

        fs::remove_file(dir.path().join(FILE_NAME)).unwrap();
        let target = dir.path().join(definition);
        std::os::unix::fs::symlink(target, dir.path().join(FILE_NAME)).unwrap();
        let found = load(dir.path(), "dev", &|_| None).unwrap_err();
        assert!(found.0[0].message.contains(said), "{found}");
    }
}
