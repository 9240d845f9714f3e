//! Expressions of the whole language, mostly with a result in the documents made here.

use serde_json::{Map, Value, json};

use crate::differential::random::Random;

const NAMES: [&str; 8] = ["a", "b", "c", "kind", "price", "list", "o", "`b c`"];
const KEYS: [&str; 9] = ["a", "b", "c", "kind", "price", "list", "o", "b c", "10"];
const VARIABLES: [&str; 4] = ["x", "y", "v", "i"];

pub fn document(random: &mut Random) -> Value {
    match random.below(12) {
        0 => scalar(random),
        1..3 => (0..random.below(4)).map(|_| object(random, 2)).collect(),
        3..7 => {
            json!({ "a": records(random), "b": scalar(random), "c": object(random, 1), "list": numbers(random), "kind": "red", "price": 10 })
        }
        _ => object(random, 3),
    }
}

fn value(random: &mut Random, depth: usize) -> Value {
    match random.below(7) {
        _ if depth == 0 => scalar(random),
        0..2 => scalar(random),
        2 => (0..random.below(4))
            .map(|_| value(random, depth - 1))
            .collect(),
        3 => numbers(random),
        4 => records(random),
        _ => object(random, depth - 1),
    }
}

fn numbers(random: &mut Random) -> Value {
    (0..random.below(5))
        .map(|_| json!([3.0, 1.0, 2.0, 10.0, -1.0, 1.5][random.below(6)]))
        .collect()
}

fn records(random: &mut Random) -> Value {
    (0..random.below(5))
        .map(|_| {
            let mut record = Map::new();
            for name in ["a", "b", "kind", "price"] {
                if !random.one_in(5) {
                    let value = match name {
                        "kind" => json!(random.pick(&["red", "blue", "green"])),
                        "price" => json!([1.0, 2.0, 10.0, 2.5][random.below(4)]),
                        _ => scalar(random),
                    };
                    record.insert(name.into(), value);
                }
            }
            Value::Object(record)
        })
        .collect()
}

fn object(random: &mut Random, depth: usize) -> Value {
    let fields = 1 + random.below(5);
    let fields = (0..fields).map(|_| (random.pick(&KEYS).to_owned(), value(random, depth)));
    Value::Object(fields.collect())
}

fn scalar(random: &mut Random) -> Value {
    match random.below(9) {
        0 => Value::Null,
        1 => random.one_in(2).into(),
        2 => json!([1.5, -0.25, 10.0, 2.5e10, 0.0001, 1e21][random.below(6)]),
        3..6 => json!([0, 1, 2, 10, -1, 9_999_999_999_i64][random.below(6)]),
        _ => random
            .pick(&[
                "red",
                "blue",
                "Red",
                "",
                "10",
                "1.50",
                "it's",
                "a b",
                "ü😀",
                "2026-02-03",
            ])
            .into(),
    }
}

pub fn expression(random: &mut Random) -> String {
    match random.below(12) {
        0 => broken(random),
        1 => format!(
            "({} := {}; {})",
            variable(random),
            any(random, 3),
            any(random, 3)
        ),
        _ => any(random, 4),
    }
}

/// An expression with a part left out or put in.
fn broken(random: &mut Random) -> String {
    let whole: Vec<char> = any(random, 3).chars().collect();
    let at = random.below(whole.len() + 1);
    let (before, after) = whole.split_at(at);
    let before: String = before.iter().collect();
    let after: String = match random.one_in(2) {
        true => after.iter().skip(1).collect(),
        false => after.iter().collect(),
    };
    let inserted = random.pick(&[
        "", "", ")", "(", "]", "[", "}", "{", ",", ";", ":", "$", "!", "@", "'", "/", ":=", "..",
        "%", "#", "|", "function", "\\",
    ]);
    format!("{before}{inserted}{after}")
}

fn any(random: &mut Random, depth: usize) -> String {
    if depth == 0 {
        return atom(random);
    }
    match random.below(20) {
        0..5 => path(random, depth),
        5..11 => call(random, depth),
        11 => number(random, depth),
        12 => text(random, depth),
        13 => truth(random, depth),
        14 => list(random, depth),
        15 => braces(random, depth),
        16 => format!(
            "{} ? {}{}",
            truth(random, depth - 1),
            any(random, depth - 1),
            if random.one_in(4) {
                String::new()
            } else {
                format!(" : {}", any(random, depth - 1))
            }
        ),
        17 => chain(random, depth),
        18 => special(random, depth),
        _ => atom(random),
    }
}

fn variable(random: &mut Random) -> String {
    format!("${}", random.pick(&VARIABLES))
}

fn name(random: &mut Random) -> &'static str {
    random.pick(&NAMES)
}

fn atom(random: &mut Random) -> String {
    match random.below(10) {
        0..4 => name(random).to_owned(),
        4..6 => random
            .pick(&[
                "1",
                "2",
                "0",
                "-1",
                "1.5",
                "10",
                "1e3",
                "0.1",
                "3",
                "1e21",
                "12345.678",
            ])
            .to_owned(),
        6..8 => quoted(random),
        8 => random
            .pick(&[
                "true", "false", "null", "$", "$$", "*", "**", "[]", "{}", "%", "()",
            ])
            .to_owned(),
        _ => variable(random),
    }
}

fn quoted(random: &mut Random) -> String {
    random
        .pick(&[
            "'red'",
            "\"a\"",
            "'10'",
            "''",
            "'a b c'",
            "'ü😀x'",
            "'\\n'",
            "'abc-ABC-123'",
            "'2026-02-03T04:05:06.789Z'",
            "'kind'",
        ])
        .to_owned()
}

fn path(random: &mut Random, depth: usize) -> String {
    let mut path = match random.below(10) {
        0 => "$".to_owned(),
        1 => "$$".to_owned(),
        2 => format!("({})", any(random, depth - 1)),
        3 => list(random, depth - 1),
        4 => variable(random),
        _ => name(random).to_owned(),
    };
    for _ in 0..=random.below(3) {
        path += &match random.below(15) {
            0..6 => format!(".{}", name(random)),
            6 => format!(
                "[{}]",
                random.pick(&["0", "-1", "1", "[0,1]", "$ > 1", "1.9", "kind", "[0..1]"])
            ),
            7 => format!(
                "[{} {} {}]",
                name(random),
                random.pick(&["=", "!=", ">", "<", "in", "and"]),
                atom(random)
            ),
            8 => format!("[{}]", any(random, depth - 1)),
            9 => "[]".to_owned(),
            10 => format!(
                ".{}",
                random.pick(&[
                    "*", "**", "%", "%.%", "$", "'kind'", "(a; b)", "{'k': a}", "[a, b]"
                ])
            ),
            11 => format!(
                "^({}{}{})",
                random.pick(&["", "<", ">"]),
                name(random),
                random.pick(&["", ", >b", ", $string(a)"])
            ),
            12 => format!(
                "{{{}: {}}}",
                random.pick(&["kind", "'k'", "$string(price)", "b"]),
                any(random, depth - 1)
            ),
            13 => format!(
                "{}{}",
                random.pick(&["@$v", "#$i", "@$x#$i"]),
                random.pick(&["", ".a", "[$i = 0]", ".[$v.kind, $i]", ".%.b", "[$v.a = a]"])
            ),
            _ => format!(".({})", any(random, depth - 1)),
        };
    }
    path
}

fn number(random: &mut Random, depth: usize) -> String {
    let operator = random.pick(&["+", "-", "*", "/", "%"]);
    format!(
        "{} {operator} {}",
        any(random, depth - 1),
        any(random, depth - 1)
    )
}

fn text(random: &mut Random, depth: usize) -> String {
    format!("{} & {}", any(random, depth - 1), any(random, depth - 1))
}

fn truth(random: &mut Random, depth: usize) -> String {
    let inner = depth.saturating_sub(1);
    let operator = random.pick(&["=", "!=", "<", "<=", ">", ">=", "in", "and", "or"]);
    format!("{} {operator} {}", any(random, inner), any(random, inner))
}

fn list(random: &mut Random, depth: usize) -> String {
    let items: Vec<String> = (0..random.below(4))
        .map(|_| match random.below(5) {
            0 => format!(
                "{}..{}",
                random.pick(&["1", "0", "-2", "a", "1.5"]),
                random.pick(&["3", "5", "0", "b", "$count(list)"])
            ),
            _ => any(random, depth.saturating_sub(1)),
        })
        .collect();
    format!("[{}]", items.join(", "))
}

fn braces(random: &mut Random, depth: usize) -> String {
    let fields: Vec<String> = (0..random.below(3))
        .map(|_| {
            format!(
                "{}: {}",
                random.pick(&["'k'", "\"b\"", "kind", "'10'", "a"]),
                any(random, depth - 1)
            )
        })
        .collect();
    format!("{{{}}}", fields.join(", "))
}

fn chain(random: &mut Random, depth: usize) -> String {
    let function = random.pick(&[
        "$sum",
        "$count()",
        "$string",
        "$uppercase()",
        "$map($string)",
        "$filter(function($v){ $v > 1 })",
        "$join('-')",
        "$keys",
        "|a|{'n': 1}|",
        "|**|{'n': kind}, 'a'|",
        "/red/",
        "$append(1)",
        "($string ~> $length)",
    ]);
    format!("{} ~> {function}", any(random, depth - 1))
}

/// A function, for a higher-order one.
fn lambda(random: &mut Random, depth: usize) -> String {
    match random.below(8) {
        0 => random
            .pick(&[
                "$string",
                "$abs",
                "$uppercase",
                "$not",
                "$sum",
                "$exists",
                "$type",
                "$length",
            ])
            .to_owned(),
        1 => random
            .pick(&[
                "$append(?, 1)",
                "$substring(?, 1)",
                "$power(?, 2)",
                "$round(?, 0)",
                "$pad(?, 4, '#')",
            ])
            .to_owned(),
        2 => format!(
            "function($v, $i, $x){{ {} }}",
            any(random, depth.saturating_sub(1))
        ),
        3 => "function($v, $i){ $v & $i }".to_owned(),
        4 => "function($v){ $v = 'red' or $v > 1 }".to_owned(),
        5 => format!(
            "function($x, $y)<nn:n>{{ $x {} $y }}",
            random.pick(&["+", "*", ">", "-"])
        ),
        6 => "λ($v){ $v.kind }".to_owned(),
        _ => format!("function($v){{ {} }}", any(random, depth.saturating_sub(1))),
    }
}

fn special(random: &mut Random, depth: usize) -> String {
    match random.below(9) {
        0 => format!(
            "$ ~> |{}|{{'n': {}}}{}|",
            random.pick(&["a", "c", "**", "*", "list", "o.a"]),
            any(random, depth - 1),
            random.pick(&["", ", 'a'", ", ['a', 'b']", ", 1"])
        ),
        1 => format!("({})({})", lambda(random, depth), any(random, depth - 1)),
        2 => "($f := function($n){ $n <= 1 ? 1 : $n * $f($n - 1) }; $f(7))".to_owned(),
        3 => "($f := function($n, $t){ $n = 0 ? $t : $f($n - 1, $t + $n) }; $f(300, 0))".to_owned(),
        4 => format!("-{}", any(random, depth - 1)),
        5 => format!("/* note */ {}", any(random, depth - 1)),
        6 => format!(
            "({} := {}; {} & {})",
            "$x",
            any(random, depth - 1),
            "$x",
            any(random, depth - 1)
        ),
        7 => format!(
            "{}({})",
            random.pick(&["sum", "$nosuch", "$x", "a", "1", "'a'"]),
            any(random, depth - 1)
        ),
        _ => format!("({})[{}]", any(random, depth - 1), random.below(3)),
    }
}

fn call(random: &mut Random, depth: usize) -> String {
    let inner = depth - 1;
    let any = |random: &mut Random| any(random, inner);
    match random.below(24) {
        0 => format!(
            "${}({})",
            random.pick(&["sum", "max", "min", "average", "count"]),
            any(random)
        ),
        1 => format!(
            "${}({})",
            random.pick(&[
                "string",
                "length",
                "uppercase",
                "lowercase",
                "trim",
                "boolean",
                "not",
                "exists",
                "type",
                "number"
            ]),
            any(random)
        ),
        2 => format!(
            "${}({})",
            random.pick(&["abs", "floor", "ceil", "sqrt", "round", "number"]),
            any(random)
        ),
        3 => format!(
            "${}({})",
            random.pick(&[
                "keys", "spread", "merge", "reverse", "distinct", "sort", "zip", "clone"
            ]),
            any(random)
        ),
        4 => format!("$map({}, {})", any(random), lambda(random, inner)),
        5 => format!(
            "${}({}, {})",
            random.pick(&["filter", "single", "each", "sift"]),
            any(random),
            lambda(random, inner)
        ),
        6 => format!(
            "$reduce({}, {}{})",
            any(random),
            random.pick(&[
                "function($x, $y){ $x + $y }",
                "function($x, $y, $i){ $x & $y & $i }",
                "$append",
                "$string"
            ]),
            if random.one_in(3) {
                format!(", {}", any(random))
            } else {
                String::new()
            }
        ),
        7 => format!(
            "$sort({}, {})",
            any(random),
            random.pick(&[
                "function($x, $y){ $x > $y }",
                "function($x, $y){ $x.price < $y.price }",
                "function($x){ 1 }"
            ])
        ),
        8 => format!(
            "${}({}, {})",
            random.pick(&[
                "substringBefore",
                "substringAfter",
                "contains",
                "split",
                "lookup",
                "append"
            ]),
            any(random),
            any(random)
        ),
        9 => format!(
            "$substring({}, {}{})",
            quoted(random),
            random.pick(&["0", "1", "-2", "5", "1.5"]),
            random.pick(&["", ", 2", ", 0", ", -1", ", 1.5"])
        ),
        10 => format!(
            "$pad({}, {}{})",
            quoted(random),
            random.pick(&["5", "-5", "2", "12", "2.5"]),
            random.pick(&["", ", '#'", ", 'ab'", ", ''"])
        ),
        11 => format!(
            "$match({}, {}{})",
            quoted(random),
            pattern(random),
            random.pick(&["", ", 1", ", 0", ", -1"])
        ),
        12 => format!(
            "$replace({}, {}, {}{})",
            quoted(random),
            if random.one_in(2) {
                pattern(random).to_owned()
            } else {
                quoted(random)
            },
            random.pick(&[
                "'x'",
                "'<$0>'",
                "'$1-$2'",
                "'$$'",
                "function($v){ $v.match & '!' }",
                "'$a$'"
            ]),
            random.pick(&["", ", 1", ", 0", ", -1"])
        ),
        13 => format!(
            "$split({}, {}{})",
            quoted(random),
            if random.one_in(2) {
                pattern(random)
            } else {
                random.pick(&["''", "'-'", "' '", "'b'"])
            },
            random.pick(&["", ", 2", ", 0", ", -1", ", 1.5"])
        ),
        14 => format!("$contains({}, {})", quoted(random), pattern(random)),
        15 => format!(
            "$join({}{})",
            random.pick(&["['a','b']", "list", "a.kind", "'x'", "[]", "[1]"]),
            random.pick(&["", ", '-'", ", ''", ", 1"])
        ),
        16 => format!(
            "$formatNumber({}, {}{})",
            numeral(random),
            random.pick(&[
                "'#,##0.00'",
                "'0'",
                "'00.0#'",
                "'#0%'",
                "'#,###;(#)'",
                "'###.###'",
                "'0,00'",
                "'x0y'",
                "'#0‰'",
                "'0.#0'",
                "'#.##'",
                "'1'",
                "'0..0'",
                "'0,,0'",
                "',0'",
                "'0,'",
                "'0;0;0'"
            ]),
            random.pick(&[
                "",
                "",
                ", {'decimal-separator': ',', 'grouping-separator': '.'}",
                ", {'zero-digit': '٠'}",
                ", {'minus-sign': '~'}"
            ])
        ),
        17 => format!(
            "$formatInteger({}, {})",
            numeral(random),
            integer_picture(random)
        ),
        18 => format!(
            "$parseInteger({}, {})",
            random.pick(&[
                "'12'",
                "'1,234'",
                "'xii'",
                "'XII'",
                "'twelve'",
                "'one hundred and two'",
                "'ab'",
                "'1st'",
                "'abc'",
                "''",
                "'twenty-third'",
                "'two thousand, five hundred'"
            ]),
            integer_picture(random)
        ),
        19 => format!(
            "$formatBase({}, {})",
            numeral(random),
            random.pick(&["2", "16", "36", "37", "1", "10", "2.5"])
        ),
        20 => format!(
            "$round({}, {})",
            numeral(random),
            random.pick(&["0", "1", "2", "-1", "-2", "5"])
        ),
        21 => format!(
            "$power({}, {})",
            numeral(random),
            random.pick(&["2", "0.5", "-1", "0", "1000"])
        ),
        22 => format!(
            "$fromMillis({}, {}{})",
            random.pick(&["0", "1521801216617", "1e12", "-1", "1770000000123"]),
            date_picture(random),
            random.pick(&["", "", ", '+0530'", ", '-0500'", ", '0000'"])
        ),
        _ => match random.below(4) {
            0 => format!(
                "$toMillis({}{})",
                random.pick(&[
                    "'2026-02-03'",
                    "'2026-02-03T04:05:06Z'",
                    "'2026-02-03T04:05:06.78+01:00'",
                    "'x'",
                    "'2026'",
                    "'2026-02'",
                    "'2026-13-01'",
                    "'2026-02-30'",
                    "'03/02/2026'"
                ]),
                random.pick(&["", "", ", '[D01]/[M01]/[Y0001]'", ", '[Y0001]-[M01]-[D01]'"])
            ),
            1 => format!(
                "$toMillis($fromMillis(1521801216617, {0}), {0})",
                date_picture(random)
            ),
            2 => format!(
                "${}({})",
                random.pick(&[
                    "base64encode",
                    "base64decode",
                    "encodeUrl",
                    "encodeUrlComponent",
                    "decodeUrl",
                    "decodeUrlComponent"
                ]),
                random.pick(&[
                    "'abc'",
                    "'a b&c=ü'",
                    "'YWJj'",
                    "'%20x'",
                    "'%'",
                    "'%C3%BC'",
                    "'https://a.b/c?d=e f#g'",
                    "'%2F%41'",
                    "'YQ'",
                    "'%E4'"
                ])
            ),
            _ => format!(
                "${}({})",
                random.pick(&["error", "assert"]),
                random.pick(&["'m'", "true, 'm'", "false, 'm'", "false", "", "1"])
            ),
        },
    }
}

fn numeral(random: &mut Random) -> &'static str {
    random.pick(&[
        "0",
        "1",
        "12",
        "-3",
        "1234.5678",
        "0.5",
        "2.5",
        "1e6",
        "99",
        "123456789",
        "-0.005",
        "1e-7",
        "1999",
        "21",
        "100",
        "price",
        "113",
        "1000000000000",
    ])
}

fn integer_picture(random: &mut Random) -> &'static str {
    random.pick(&[
        "'0'",
        "'000'",
        "'#,##0'",
        "'#,###'",
        "'I'",
        "'i'",
        "'a'",
        "'A'",
        "'w'",
        "'W'",
        "'Ww'",
        "'0;o'",
        "'w;o'",
        "'Ww;o'",
        "'٠'",
        "'1-0'",
        "'#:##0,00'",
        "'x'",
        "'0٠'",
        "'α'",
    ])
}

fn date_picture(random: &mut Random) -> &'static str {
    random.pick(&[
        "'[Y0001]-[M01]-[D01]'",
        "'[Y]-[M]-[D] [H]:[m]:[s]'",
        "'[H01]:[m01]:[s01].[f001]'",
        "'[h]:[m01] [P]'",
        "'[h#1]:[m01][PN]'",
        "'[FNn], [D1o] [MNn] [Y]'",
        "'[MN,3-3] [D], [Y,2-2]'",
        "'[Y][d]'",
        "'[W] [w] [X] [x]'",
        "'[F0] [F1]'",
        "'[Z] [z]'",
        "'[Z0101t]'",
        "'[z0000]'",
        "'[YI] [Mi] [Da]'",
        "'[Dwo]'",
        "'[[[Y]]]'",
        "'[Y0001'",
        "'[q]'",
        "'[MNn,*-3]'",
        "'[Yn]'",
        "'[C] [E]'",
        "'[Z00000]'",
        "'[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]'",
        "'[D01]/[M01]/[Y0001] [h01]:[m01] [P]'",
        "'[Y0001]-[d001]'",
    ])
}

fn pattern(random: &mut Random) -> &'static str {
    random.pick(&[
        "/a/",
        "/[a-c]/",
        "/(b)(c)?/",
        "/A/i",
        "/\\d+/",
        "/[^a-z]+/i",
        "/x*/",
        "/^a/",
        "/c$/m",
        "/(?=b)/",
        "/\\w+/",
        "/(a|b)-?/",
        "/./",
        "/\\s/",
        "/(.)\\1/",
        "/b{1,2}/",
        "/(?:a)(b)/",
        "/a+?/",
        "/\\bA/",
        "/[\\d-]+/",
        "/(?<!A)B/",
        "/(?<n>b)/",
        "/$/",
        "/ü/",
    ])
}
