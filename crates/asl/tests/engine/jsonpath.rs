use serde_json::{Value, json};
use txflow_asl::jsonpath::{Found, JsonPath, Root};

fn find(path: &str, value: &Value) -> Result<Value, String> {
    let path = JsonPath::parse(path).unwrap();
    path.find(value)
        .map(Found::into_value)
        .map_err(|missing| missing.to_string())
}

#[test]
fn what_jayway_accepts_and_rfc_9535_does_not() {
    let value = json!({ "detail-type": 1, "a": [{ "b c": 2 }] });
    assert_eq!(find("$.detail-type", &value), Ok(json!(1)));
    assert_eq!(find("$.a.[0].['b c']", &value), Ok(json!(2)));
}

#[test]
fn what_is_not_definite_finds_a_list() {
    let value = json!({ "a": [{ "b": 1 }, { "b": 2 }, { "c": 3 }] });
    assert_eq!(find("$.a[*].b", &value), Ok(json!([1, 2])));
    assert_eq!(find("$.a[1:]", &value), Ok(json!([{ "b": 2 }, { "c": 3 }])));
    assert_eq!(find("$..b", &value), Ok(json!([1, 2])));
    assert_eq!(
        find("$.a[?(@.b > 1 || @.c)]", &value),
        Ok(json!([{ "b": 2 }, { "c": 3 }]))
    );
    assert_eq!(find("$.a[?(@.b == 2)].b", &value), Ok(json!([2])));
    assert_eq!(find("$.none[*]", &value), Ok(json!([])));
    assert_eq!(find("$.a[(@.length-1)].c", &value), Ok(json!(3)));
    assert_eq!(
        find("$.a[-1].c", &value),
        Err("Index out of bounds when evaluating path $['a'][-1]".into())
    );
}

#[test]
fn a_definite_path_to_nothing_says_where_it_ends() {
    let value = json!({ "a": { "b": 1 }, "l": [1] });
    let missing = |path| find(path, &value).unwrap_err();
    assert_eq!(missing("$.a.x"), "No results for path: $['a']['x']");
    assert_eq!(missing("$.x.y"), "Missing property in path $['x']");
    assert_eq!(
        missing("$.l[3]"),
        "Index out of bounds when evaluating path $['l'][3]"
    );
    assert_eq!(
        missing("$.a.b.c"),
        "Property ['c'] not found in path $['a']['b']"
    );
}

#[test]
fn roots() {
    let root = |path: &str| JsonPath::parse(path).unwrap().root().clone();
    assert_eq!(root("$"), Root::Input);
    assert_eq!(root("$$.Map.Item"), Root::Context);
    assert_eq!(root("$order_1.id"), Root::Variable("order_1".into()));
}

#[test]
fn a_bad_path_says_where() {
    let message = |path: &str| JsonPath::parse(path).unwrap_err().to_string();
    assert_eq!(
        message("$.a."),
        "a path must not end with `.`: add a name, or remove the `.` at position 4 in `$.a.`"
    );
    assert_eq!(
        message("$order.a[\"b\"]"),
        "a name in brackets is put in single quotes, as in `['id']` at position 9 in `$order.a[\"b\"]`"
    );
    assert_eq!(
        message("$.a[?(@.b in ['x', 'y'])]"),
        "AWS does not support the operator `in`, nor others that are words: write `@.b == 'x' || @.b == 'y'` at position 4 in \
         `$.a[?(@.b in ['x', 'y'])]`"
    );
    for (filter, instead) in [
        ("@.b in ['x']", "write `@.b == 'x'`"),
        ("@.b nin [1,2]", "write `@.b != 1 && @.b != 2`"),
        ("@.b subsetof ['x']", "compare with"),
        ("@.c && @.b in [1]", "write `@.b == 1`"),
    ] {
        let message = message(&format!("$.a[?({filter})]"));
        assert!(message.contains(instead), "{message}");
    }
    assert_eq!(message("a"), "a path starts with `$` at position 0 in `a`");
}

/// Neither the compiler nor the search recurses.
#[test]
fn long_paths_and_nested_filters_end() {
    let many = |part: &str| part.repeat(100_000);
    let nested = format!("$[?({}@.a{})]", many("("), many(")"));
    for path in [
        format!("${}", many(".a")),
        format!("${}", many("[?(@)]")),
        format!("${}", many("[*]")),
        format!("$..a{}", many("..a")),
        format!("$[?(@.a{})]", many("||@.a")),
        format!("$[?(@.a{})]", many("&&@.a")),
        format!("${}", many("[?(@[")),
        format!("${}", many("[")),
        nested,
    ] {
        let Ok(path) = JsonPath::parse(&path) else {
            continue;
        };
        let _ = path.find(&json!({ "a": [{ "a": 1 }, { "a": { "a": [] } }] }));
    }
}

/// What is found before an item turns out to lack something stays found, and only a list's `[*]` skips the item.
#[test]
fn a_wildcard_skips_what_is_incomplete() {
    let value = json!({ "l": [[1, 2], [3], "x"], "o": { "p": { "a": 1 }, "q": 2 } });
    assert_eq!(
        find("$.l[*][0,1]", &json!({ "l": [[1, 2], [3]] })),
        Ok(json!([1, 2, 3]))
    );
    assert!(find("$.l[*][0]", &value).is_err());
    assert_eq!(find("$.l[*].a", &value), Ok(json!([])));
    assert_eq!(
        find("$.o.*.a", &value),
        Err("Property ['a'] not found in path $['o']['q']".into())
    );
}
