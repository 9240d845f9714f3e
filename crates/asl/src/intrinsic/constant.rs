//! What is known of a call's result before an execution starts.

use std::convert::Infallible;

use super::{Argument, Function, Intrinsic};
use crate::budget::{Budget, Cancellation};
use crate::constant::Constant;
use crate::jsonpath::JsonPath;
use crate::random::Random;

/// Stands for what is not known. It is not a character of any name.
const UNKNOWN: char = '\u{fdd0}';

impl Intrinsic {
    /// The text that it returns. `known` gives the value of a path that is the same in all executions.
    pub(crate) fn constant(&self, known: &dyn Fn(&JsonPath) -> Option<String>) -> Constant {
        if self.is_random() || !(self.paths().next().is_none() || self.only_formats()) {
            return Constant::UNKNOWN;
        }
        let find = |path: &JsonPath| {
            let text = known(path).unwrap_or_else(|| UNKNOWN.to_string());
            Ok::<_, Infallible>(text.into())
        };
        let budget = Budget::new(Cancellation::default());
        let result = self.call(&find, &Random::new(0), &budget);
        match result.ok().as_ref().and_then(|value| value.as_str()) {
            None => Constant::UNKNOWN,
            Some(text) => match text.split_once(UNKNOWN) {
                None => Constant::Whole(text.to_owned()),
                Some((start, _)) => Constant::Start(start.to_owned()),
            },
        }
    }

    fn is_random(&self) -> bool {
        matches!(self.function, Function::MathRandom | Function::UUID)
            || self.calls().any(Self::is_random)
    }

    /// Whether each argument shows in the result as it is.
    fn only_formats(&self) -> bool {
        self.function == Function::Format && self.calls().all(Self::only_formats)
    }

    fn calls(&self) -> impl Iterator<Item = &Self> {
        self.arguments.iter().filter_map(|argument| match argument {
            Argument::Call(call) => Some(&**call),
            Argument::Literal(_) | Argument::Path(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_known_as_far_as_its_arguments_are() {
        let known = |path: &JsonPath| (path.as_str() == "$$.StateMachine.Name").then(|| "m".into());
        let whole = |text: &str| Constant::Whole(text.into());
        let start = |text: &str| Constant::Start(text.into());
        for (call, expected) in [
            ("States.Format('a-{}', 'b')", whole("a-b")),
            ("States.Format('a/{}/b', $.id)", start("a/")),
            ("States.Format('{}-x', $$.StateMachine.Name)", whole("m-x")),
            (
                "States.Format('a/{}', States.Format('b/{}', $.x))",
                start("a/b/"),
            ),
            ("States.Format($.template, 'a')", start("")),
            ("States.Format('a/{}', States.UUID())", start("")),
            ("States.Format('a/{}', States.Hash($.x, 'MD5'))", start("")),
            ("States.Base64Decode('YQ==')", whole("a")),
            ("States.MathAdd(1, 2)", start("")),
        ] {
            let parsed = Intrinsic::parse(call).unwrap();
            assert_eq!(parsed.constant(&known), expected, "{call}");
        }
    }
}
