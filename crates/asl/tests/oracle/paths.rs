//! Paths: most follow the grammar, and some of these are then damaged.

use crate::differential::random::Random;
use crate::documents::NAMES;

pub fn path(random: &mut Random) -> String {
    let mut path = "$".to_owned();
    for _ in 0..1 + random.below(4) {
        path += &segment(random);
    }
    if random.one_in(12) {
        path += random.pick(&[
            " ",
            ".",
            "..",
            ".length()",
            ".sum()",
            ".*",
            "[",
            "]",
            "$",
            "@",
            "*",
            "?",
        ]);
    }
    if random.one_in(6) {
        path = damaged(&path, random);
    }
    path
}

/// The path with characters added, removed or replaced, but for its `$`.
fn damaged(path: &str, random: &mut Random) -> String {
    const CHARACTERS: &[u8] = b"$@.[]()'\"?*:,-+ 012ab!=<>~&|/\\";
    let mut characters: Vec<char> = path.chars().collect();
    for _ in 0..=random.below(2) {
        let character = char::from(CHARACTERS[random.below(CHARACTERS.len())]);
        let at = 1 + random.below(characters.len());
        match random.below(3) {
            0 if at < characters.len() => {
                characters.remove(at);
            }
            1 if at < characters.len() => characters[at] = character,
            _ => characters.insert(at, character),
        }
    }
    let path: String = characters.into_iter().collect();
    // `$$` and `$name` have other roots on AWS.
    match path.chars().nth(1) {
        Some(c) if c == '$' || c == '_' || c.is_alphanumeric() => format!("$.{}", &path[1..]),
        _ => path,
    }
}

fn segment(random: &mut Random) -> String {
    match random.below(22) {
        0..7 => format!(".{}", random.pick(&NAMES[..5])),
        7 => format!(".{}", random.pick(&NAMES)),
        8 => format!("['{}']", random.pick(&NAMES)),
        9 => names(random),
        10..12 => format!("[{}]", index(random)),
        12 => format!("[{},{}]", index(random), index(random)),
        13 => slice(random),
        14 => random.pick(&["[*]", ".*", "*", ".[*]"]).to_owned(),
        15 => format!("..{}", random.pick(&NAMES[..5])),
        16 => format!("..{}", segment(random).trim_start_matches('.')),
        17 => end(random),
        18 => oddity(random),
        _ => format!("[{}]", filter(random)),
    }
}

fn names(random: &mut Random) -> String {
    let between = random.pick(&[",", ", ", " , ", ""]);
    let names: Vec<String> = (0..2 + random.below(2))
        .map(|_| format!("'{}'", random.pick(&NAMES)))
        .collect();
    format!("[{}]", names.join(between))
}

fn index(random: &mut Random) -> &'static str {
    random.pick(&["0", "0", "1", "2", "-1", "-2", "10", " 1 ", "99999999999"])
}

fn slice(random: &mut Random) -> String {
    let mut bound = || match random.one_in(3) {
        true => "",
        false => index(random),
    };
    let (from, to) = (bound(), bound());
    match random.below(8) {
        0 => format!("[{from}:{to}:{}]", index(random)),
        1 => format!("[{from}:{to},{}]", index(random)),
        _ => format!("[{from}:{to}]"),
    }
}

fn end(random: &mut Random) -> String {
    let function = random.pick(&["length", "length", "size()", "length()", "count"]);
    let offset = random.pick(&["-1", "-1", " - 1", "-2", "-0", "+1", "", "-9", "--1"]);
    match random.below(5) {
        0 => format!("[@.{function}{offset}]"),
        1 => format!("[ ( @.{function}{offset} ) ]"),
        _ => format!("[(@.{function}{offset})]"),
    }
}

/// What compiles, or nearly.
fn oddity(random: &mut Random) -> String {
    random
        .pick(&[
            "[0]a",
            "[\"a\"]",
            "[\"a1\"]",
            "['a]",
            "['a'",
            "[a]",
            "[a1]",
            "[]",
            "['']",
            "[?]",
            "[?,?]",
            "[? ]",
            "[?()]",
            ".a'b",
            ".a]b",
            ".'a'",
            "['a[b']",
            "['a]b']",
            ".length()",
            ".$",
            "[0]$",
            ".@",
            "[*]a",
            ".a(b)",
            ".a,b",
            "[1.5]",
            "[0,]",
            "[,0]",
            "[:]",
            "[::2]",
            "[-]",
            "[1-2]",
            ". a",
            ".a .b",
            "['a'].",
            ".[0]",
            "....a",
            "['\\'a']",
            "['a\\'b']",
            "[?(@.a)",
            "[?@.a]",
            "[(?@.a)]",
            "[0?]",
            "[* ]",
            "[ *]",
            ".\"a\"",
            ".ü",
            "['ü']",
            "[0 1]",
            "[0]-",
            ".-",
            ".a-b",
        ])
        .to_owned()
}

fn filter(random: &mut Random) -> String {
    let mut conditions = condition(random);
    while random.one_in(4) {
        let operator = random.pick(&["&&", "||", " && ", " || "]);
        conditions = format!("{conditions}{operator}{}", condition(random));
        if random.one_in(8) {
            conditions = format!("({conditions})");
        }
    }
    match random.below(10) {
        0 => format!("? ( {conditions} ) "),
        1 => format!("?{conditions}"),
        _ => format!("?({conditions})"),
    }
}

fn condition(random: &mut Random) -> String {
    let space = random.pick(&["", " ", " "]);
    let left = operand(random, 6);
    match random.below(12) {
        0 => left,
        1 => format!("!{left}"),
        2 => {
            let word = random.pick(&["in", "nin", "all", "size", "empty", "exists", "contains"]);
            format!(
                "{left} {word} {}",
                random.pick(&["['red']", "[1,2]", "2", "true", ""])
            )
        }
        3..5 => format!("{left}{space}=~{space}{}", pattern(random)),
        _ => {
            let operator = random.pick(&["==", "==", "!=", "<", "<=", ">", ">=", "=", "<>", "==="]);
            format!("{left}{space}{operator}{space}{}", operand(random, 2))
        }
    }
}

/// A path this often, compared to texts and numbers.
fn operand(random: &mut Random, paths: usize) -> String {
    match random.below(paths + 4) {
        0 => format!(
            "'{}'",
            random.pick(&[
                "red", "10", "null", "true", "it\\'s", "a b", "x&&y", "", "a==b"
            ])
        ),
        1 => random
            .pick(&["1", "10", "10.0", "1e1", "-1", "1.5", "0.10", "25000000000"])
            .to_owned(),
        2 => random
            .pick(&[
                "red", "true", "false", "null", "TRUE", "\"red\"", "'", "''", "ü",
            ])
            .to_owned(),
        3 => item(random, "$"),
        _ => item(random, "@"),
    }
}

fn item(random: &mut Random, root: &str) -> String {
    let rest = match random.below(10) {
        0 => String::new(),
        1 => format!("['{}']", random.pick(&NAMES)),
        2 => format!("[{}]", index(random)),
        3 => format!(".{}.{}", random.pick(&NAMES), random.pick(&NAMES)),
        4 => segment_without_filter(random),
        _ => format!(".{}", random.pick(&NAMES[..5])),
    };
    format!("{root}{rest}")
}

fn segment_without_filter(random: &mut Random) -> String {
    match random.below(5) {
        0 => names(random),
        1 => slice(random),
        2 => end(random),
        3 => oddity(random),
        _ => "[*]".to_owned(),
    }
}

fn pattern(random: &mut Random) -> &'static str {
    random.pick(&[
        "/red/",
        "/r.*/",
        "/R.*/i",
        "/1.*/",
        "/[0-9.]+/",
        "/.*/",
        "//",
        "/",
        "/i",
        "/red",
        "'red'",
        "/(/",
        "/a)(b/",
        "/(red|blue)/",
        "/\\d+/",
        "/tru[e]/",
        "/2.5E10/",
        "/1.0E-4/",
        "/re d/",
        "/x/y/",
        "@.a",
        "/red/g",
        "/(?=r).*/",
        "/(r)\\1?ed/",
        "/-?\\d+(\\.\\d+)?/",
        "/a{/",
    ])
}
