//! What is evaluated: the tests say how each ends, the benchmark how much time and memory it takes.

use serde_json::{Value, json};

const NESTED: &str = "States.Format('{}{}{}{}{}{}{}{}', $.t, $.t, $.t, $.t, $.t, $.t, $.t, $.t)";

pub fn jsonata(expression: &str) -> Value {
    let output = format!("{{% {expression} %}}");
    json!({ "Type": "Pass", "QueryLanguage": "JSONata", "Output": output, "End": true })
}

pub fn intrinsic(call: &str) -> Value {
    json!({ "Type": "Pass", "Parameters": { "r.$": call }, "End": true })
}

pub fn long_text() -> Value {
    let deep = (0..300).fold(json!(1), |inner, _| json!({ "a": inner }));
    json!({ "t": "x".repeat(200_000), "list": vec![json!({ "a": [1, 2] }); 100], "deep": deep })
}

/// Eight copies of eight copies of eight copies: 100 MB.
fn grown_format() -> String {
    let double = |inner: &str| {
        format!(
            "States.Format('{}', {})",
            "{}".repeat(8),
            [inner; 8].join(", ")
        )
    };
    double(&double(&double("$.t")))
}

/// Bombs of JSONata.
pub fn expressions() -> Vec<(&'static str, String)> {
    let grow = "$f := function($x, $n) { $n = 0 ? $x : $f($x & $x, $n - 1) }";
    [
        ("a join", "($a := [1..3000].{'x': $}; $count($a@$p.$a@$q.{'z': $p}))"),
        ("a join with a condition", "($a := [1..3000].{'x': $}; $a@$p.$a@$q[$q.x = $p.x])"),
        ("a sorted join", "($a := [1..3000].{'x': $}; $a@$p.$a@$q^($p.x).{'z': $p})"),
        ("a grouped join", "($a := [1..3000].{'x': $}; $a@$p.$a@$q{$string($p.x): $q.x})"),
        ("a giant pad", "$pad('x', 2e9)"),
        ("a giant pad to the left", "$pad('x', -2e9, '#')"),
        ("a pad handed on", "$map([2e9], function($n) { ('x' ~> $pad($n)) })"),
        ("a pad by another name", "($p := $pad; $p('x', 2e9))"),
        ("a pad in part", "($p := $pad(?, 2e9); $p('x'))"),
        ("a giant range", "[1..1000000000]"),
        ("a range beyond 64 bits", "[-9e18..9e18]"),
        ("ranges in a list", "$map([1..1000], function($i) { [[1..100000]] })"),
        ("a range of ours", "$range(1, 9999999, 1)"),
        ("a list of lists", "$reduce([1..60], function($a, $i) { [$a, $a] }, 'x')"),
        ("a text of lists of lists", "$length($string($reduce([1..60], function($a, $i) { [[$a], [$a]] }, 'x')))"),
        ("a list appended to itself", "$count($reduce([1..60], function($a) { $append($a, $a) }, [1..100]))"),
        ("a long separator", "$length($join([1..100000].$string(), $pad('', 100000, '-')))"),
        ("a long replacement", "$length($replace($pad('', 100000, 'a'), 'a', $pad('', 100000, 'b')))"),
        ("a replacement function", "($big := $pad('', 1000000, 'b'); $length($replace($pad('', 100000, 'a'), /a/, function($m) { $big })))"),
        ("a replacement function by name", "($big := $pad('', 1000000, 'b'); $f := function($m) { $big }; $length($replace($pad('', 100000, 'a'), /a/, $f)))"),
        ("groups in a replacement", "$length($replace($pad('', 1000000, 'a'), /(a+)/, $pad('', 1000, '$1')))"),
        ("all characters", "$count($split($pad('', 10000000, 'a'), ''))"),
        ("all matches", "$count($match($pad('', 1000000, 'a'), /a/))"),
        ("texts in a list", "$count($map([1..100000], function($i) { $pad('x', 100000 + $i) }))"),
        ("copies in a list", "($big := [1..100000]; $count($map([1..10000], function($i) { [$reverse($big)] })))"),
        ("upper case in a list", "($big := $pad('', 1000000, 'a'); $count($map([1..10000], function($i) { $uppercase($big) })))"),
        ("each with each", "$count($distinct([1..900000]))"),
        ("a number in Roman", "$formatInteger(1e12, 'I')"),
        ("a wide picture", "$fromMillis(1, '[Y0001,1000000000-1000000000]')"),
        ("spread", "$count([1..100000].($spread({'a': 1, 'b': 2})))"),
        ("a merge of all", "$count($keys($merge([1..1000000].{$string($): 1})))"),
        ("no end", "($f := function() { $f() }; $f())"),
        ("no end, deeper and deeper", "($f := function($n) { 1 + $f($n + 1) }; $f(0))"),
        ("deeper and deeper in a list", "($f := function($x) { [$f([$x])] }; $f(1))"),
        ("an object inside of itself", "$states.context ~> |$|{'n': $}|"),
        ("an object in a list inside of itself", "{'a': [{}, {}]} ~> |a|{'n': $[][]}|"),
        ("an object inside of itself, the second time", "{'a': [{}, {'b': 1}]} ~> |a|(b ? {'n': $} : {})|"),
        ("two objects inside of each other", "{'a': [{'b': 1}, {'b': 0}]} ~> |$x := a|($b := b; {'n': $x[$b]})|"),
        ("maps in maps", "$sum($map([1..100000], function($i) { $sum($map([1..100000], function($j) { $i * $j })) }))"),
    ]
    .into_iter()
    .map(|(name, expression)| (name, expression.to_owned()))
    .chain([("a text doubled 40 times", format!("({grow}; $f('x', 40))"))])
    .collect()
}

/// Bombs of JSONPath and intrinsic functions.
pub fn paths() -> Vec<(&'static str, Value)> {
    vec![
        ("Format in Format", intrinsic(&grown_format())),
        (
            "many Formats",
            json!({ "Type": "Pass", "End": true,
            "Parameters": { "r": vec![json!({ "f.$": NESTED }); 100] } }),
        ),
        ("copies of all in all", intrinsic("$..*..*..*")),
        (
            "descend and descend",
            intrinsic("$..*..*..[?(@.a == $.list || @.list)]..*"),
        ),
        (
            "a path in a list",
            intrinsic("States.Array($..*, $..*, $..*, $..*, $..*, $..*, $..*, $..*)"),
        ),
        (
            "an input path",
            json!({ "Type": "Pass", "InputPath": "$..*..*..*", "End": true }),
        ),
        (
            "a condition",
            json!({ "Type": "Choice", "Choices": [
            { "Variable": "$..*..*..*", "IsPresent": true, "Next": "S" }], "Default": "S" }),
        ),
    ]
}
