//! Why the answer to a question may differ.

use crate::Question;
use crate::answer::Answer;

/// The reason, if there is one.
pub fn reason(question: &Question, ours: &Answer, theirs: &Answer) -> Option<&'static str> {
    let expression = &question.expression;
    let has = |part: &str| expression.contains(part);
    let internal = matches!(theirs, Answer::Failed(None, _));
    if [
        "$random",
        "$uuid",
        "$shuffle",
        "$hash",
        "$partition",
        "$range",
        "$parse(",
        "$eval",
    ]
    .iter()
    .any(|name| has(name))
    {
        return Some("Step Functions has functions that jsonata-js does not have, and no $eval");
    }
    if internal && has("$formatNumber") {
        return Some(
            "a picture without a digit is an exception of JavaScript; AWS answers D3086, as later versions do",
        );
    }
    if has("?") && matches!(ours, Answer::Failed(None, _)) {
        return Some(
            "a function that is applied in part takes arguments of any type in jsonata-js",
        );
    }
    if has("$replace") && has("function") && matches!(ours, Answer::Failed(None, _)) {
        return Some(
            "JavaScript puts in the source of a function that is given in place of a text",
        );
    }
    if has("$power") {
        return Some("the last digit of a power depends on the machine");
    }
    if has("😀") && has("$split") {
        return Some(
            "JavaScript cuts a text within a character, of which no JSON can be made here",
        );
    }
    if internal && matches!(ours, Answer::Failed(Some(code), _) if code == "T1006") {
        return Some(
            "a call in tail position of what is not a function is an exception of JavaScript",
        );
    }
    if matches!((ours, theirs), (Answer::Failed(..), Answer::Failed(..)))
        && has(",")
        && (has("[") || has("{"))
    {
        return Some(
            "of several items or fields that fail, jsonata-js tells the one whose evaluation ends first",
        );
    }
    if has("|") && has("[]") {
        return Some(
            "jsonata-js puts nothing, which is null as JSON, into an empty list that it groups",
        );
    }
    if has(":=") && (has("[") || has("{")) {
        return Some(
            "items and fields are evaluated side by side in jsonata-js, so one may not see what another binds",
        );
    }
    None
}
