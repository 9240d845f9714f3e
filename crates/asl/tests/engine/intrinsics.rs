use serde_json::{Value, json};
use txflow_asl::intrinsic::Intrinsic;

use crate::{alone, failure, output_of, run};

fn call(text: &str, input: Value) -> Value {
    let state = json!({ "Type": "Pass", "Parameters": { "r.$": text }, "End": true });
    output_of(state, input)["r"].clone()
}

#[test]
fn every_function() {
    let cases = [
        (
            "States.Array($.a, 1, 'x', null, true)",
            json!([[1], 1, "x", null, true]),
        ),
        ("States.ArrayContains($.list, 2)", json!(true)),
        ("States.ArrayGetItem($.list, 1)", json!(2)),
        ("States.ArrayLength($.list)", json!(4)),
        ("States.ArrayPartition($.list, 3)", json!([[1, 2, 2], [3]])),
        ("States.ArrayRange(1, 9, 4)", json!([1, 5, 9])),
        ("States.ArrayRange(3, 1, -1)", json!([3, 2, 1])),
        ("States.ArrayRange(3, 1, 1)", json!([])),
        ("States.ArrayUnique($.list)", json!([1, 2, 3])),
        (
            "States.ArrayUnique(States.Array($.pair, $.turned, 1, 1.0))",
            json!([{ "a": 1, "b": 2 }, 1, 1.0]),
        ),
        (
            "States.ArrayContains(States.Array($.pair), $.turned)",
            json!(true),
        ),
        (
            "States.Base64Encode('Data to encode')",
            json!("RGF0YSB0byBlbmNvZGU="),
        ),
        ("States.Base64Decode('RGVjb2RlZA==')", json!("Decoded")),
        ("States.Format('{} and {}', $.a, 'b')", json!("[1] and b")),
        ("States.Format('\\{{}\\} \\'q\\'', 1)", json!("{1} 'q'")),
        (
            "States.Hash('input data', 'SHA-1')",
            json!("aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ),
        (
            "States.JsonMerge($.one, $.two, false)",
            json!({ "a": { "y": 2 }, "b": 1 }),
        ),
        (
            "States.JsonToString($.one)",
            json!("{\"a\":{\"x\":1},\"b\":1}"),
        ),
        (
            "States.StringToJson('[1, {\"a\": 2}]')",
            json!([1, { "a": 2 }]),
        ),
        ("States.StringToJson(' ')", json!(null)),
        ("States.MathAdd(-0.5, 0.5)", json!(1)),
        ("States.StringSplit('a,b;;c', ',;')", json!(["a", "b", "c"])),
        (
            "States.ArrayLength(States.StringSplit('a b', ' '))",
            json!(2),
        ),
    ];
    let input = json!({
        "a": [1], "list": [1, 2, 2, 3], "one": { "a": { "x": 1 }, "b": 1 }, "two": { "a": { "y": 2 } },
        "pair": { "a": 1, "b": 2 }, "turned": { "b": 2, "a": 1 },
    });
    for (text, expected) in cases {
        assert_eq!(call(text, input.clone()), expected, "{text}");
    }
}

#[test]
fn chance_keeps_its_bounds() {
    for _ in 0..20 {
        let number = call("States.MathRandom(3, 5)", json!({})).as_i64().unwrap();
        assert!((3..5).contains(&number));
    }
    let uuid = call("States.UUID()", json!({}));
    let parts: Vec<usize> = uuid.as_str().unwrap().split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12]);
    assert_eq!(&uuid.as_str().unwrap()[14..15], "4");
}

#[test]
fn arguments_that_do_not_fit() {
    for text in [
        "States.ArrayGetItem($.list, 9)",
        "States.ArrayPartition($.list, 0)",
        "States.ArrayRange(1, 5000, 1)",
        "States.ArrayRange(1, 5, 0)",
        "States.MathAdd('a', 1)",
        "States.Format('{}')",
        "States.Format('', 1)",
        "States.Hash('a', 'CRC')",
        "States.JsonMerge($, $, true)",
        "States.StringToJson('{')",
        "States.Base64Decode('%')",
    ] {
        let state = json!({ "Type": "Pass", "Parameters": { "r.$": text }, "End": true });
        let (error, cause) = failure(&run(&alone(state), json!({ "list": [1] })));
        assert_eq!(error, "States.IntrinsicFailure", "{text}: {cause}");
        assert!(cause.contains(text), "{cause}");
    }
}

#[test]
fn calls_that_cannot_be_parsed() {
    for text in [
        "States.Nope()",
        "States.Array(",
        "States.Array(1",
        "States.Array(1) x",
        "States.UUID(1)",
        "States.Hash('a')",
        "States.Format('a)",
        "States.Format(\"a\")",
        "States.Array($.)",
    ] {
        assert!(Intrinsic::parse(text).is_err(), "{text}");
    }
    let nested = |depth: usize| format!("{}1{}", "States.Array(".repeat(depth), ")".repeat(depth));
    assert!(Intrinsic::parse(&nested(10)).is_ok());
    assert!(Intrinsic::parse(&nested(11)).is_err());
}
