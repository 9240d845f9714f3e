use std::collections::BTreeSet;

/// What an expression refers to, so that nothing else is bound.
///
/// Binding copies a value into the evaluator's own representation. Otherwise each item of a Map over an execution's
/// input would copy the whole input.
#[derive(Clone, Debug, Default)]
pub(super) struct References {
    /// Names after a `$`.
    pub(super) variables: BTreeSet<String>,
    /// Names after `$states.`; `None` if `$states` is used as a whole.
    pub(super) states: Option<BTreeSet<String>>,
    /// Names after `$states.context.`; `None` if the context is used as a whole.
    pub(super) context: Option<BTreeSet<String>>,
}

impl References {
    /// Reads the text instead of the syntax tree: a name inside a string or a comment costs an unnecessary copy, but no
    /// name is ever missed, since Step Functions does not support `$eval`.
    pub(super) fn of(source: &str) -> Self {
        let mut found = Self {
            variables: BTreeSet::new(),
            states: Some(BTreeSet::new()),
            context: Some(BTreeSet::new()),
        };
        for (at, _) in source.match_indices('$') {
            let (name, rest) = split_name(&source[at + 1..]);
            if name != "states" {
                if !name.is_empty() {
                    found.variables.insert(name.to_owned());
                }
                continue;
            }
            let Some((field, rest)) = field(rest) else {
                found.states = None;
                found.context = None;
                continue;
            };
            if field == "context" {
                match self::field(rest) {
                    Some((part, _)) => {
                        if let Some(parts) = &mut found.context {
                            parts.insert(part.to_owned());
                        }
                    }
                    None => found.context = None,
                }
            }
            if let Some(fields) = &mut found.states {
                fields.insert(field.to_owned());
            }
        }
        found
    }

    pub(super) fn mentions_states(&self) -> bool {
        self.states.as_ref().is_none_or(|fields| !fields.is_empty())
    }

    pub(super) fn uses(&self, field: &str) -> bool {
        self.states
            .as_ref()
            .is_none_or(|fields| fields.contains(field))
    }

    pub(super) fn uses_context(&self, part: &str) -> bool {
        self.context
            .as_ref()
            .is_none_or(|parts| parts.contains(part))
    }
}

/// The plain name after a `.`, and what follows it.
fn field(text: &str) -> Option<(&str, &str)> {
    let rest = text.trim_start().strip_prefix('.')?;
    let (name, rest) = split_name(rest.trim_start());
    (!name.is_empty()).then_some((name, rest))
}

fn split_name(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    text.split_at(end.unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::References;

    #[test]
    fn only_what_is_named_is_used() {
        let found = References::of(
            "$count($states.input.items) + $total + $states . context.Map.Item.Index",
        );
        assert!(found.uses("input") && found.uses("context") && !found.uses("result"));
        assert!(found.uses_context("Map") && !found.uses_context("Execution"));
        assert!(found.variables.contains("total"));
    }

    #[test]
    fn a_whole_is_all_of_its_parts() {
        assert!(References::of("$keys($states)").uses("result"));
        assert!(References::of("$states.*").uses_context("Execution"));
        assert!(References::of("$states.context ~> $keys()").uses_context("Execution"));
        assert!(References::of("$states.`input`").uses("input"));
    }
}
