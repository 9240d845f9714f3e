//! What must be said by hand.

use super::{Need, NeededResource};
use crate::source::Source;
use crate::validate::{Code, Finding, Severity};

/// What one state needs on resources that only an execution knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownResource<'n> {
    /// The names of the states that lead to it.
    pub state: &'n [String],
    /// The needs, which are unknown for the same reason in the same place.
    pub needs: Vec<&'n Need>,
    pub because: &'n str,
    /// The JSON pointer of the value that is not known.
    pub place: &'n str,
}

/// The needs whose resource only an execution knows, by their place. The caller leaves out those that statements of
/// its own cover, and asks for the others.
#[must_use]
pub fn unknown_resources<'n>(
    needs: impl IntoIterator<Item = &'n Need>,
) -> Vec<UnknownResource<'n>> {
    let mut found: Vec<UnknownResource<'n>> = Vec::new();
    for need in needs {
        let NeededResource::Unknown { because, place } = &need.resource else {
            continue;
        };
        let known = found.iter_mut().find(|known| {
            (known.place, known.because, known.state) == (place, because, &need.state)
        });
        match known {
            Some(known) => known.needs.push(need),
            None => found.push(UnknownResource {
                state: &need.state,
                needs: vec![need],
                because,
                place,
            }),
        }
    }
    found
}

impl UnknownResource<'_> {
    /// A warning at the place of the value, which asks for a statement in `[[state-machine.statements]]`.
    #[must_use]
    pub fn finding(&self, source: &Source) -> Finding {
        let actions: Vec<String> = self
            .needs
            .iter()
            .map(|need| format!("`{}`", need.action))
            .collect();
        let state = self.state.last().map_or("", String::as_str);
        let position = source
            .locate(self.place)
            .unwrap_or_else(|| source.location(0..0));
        Finding {
            severity: Severity::Warning,
            code: Code::UnknownResource,
            message: format!(
                "The role needs {} for the state `{state}`, but only an execution knows on which resource: {}",
                list(&actions),
                self.because,
            ),
            location: Some(location(self.place)),
            position,
            follows: false,
            hint: Some(format!(
                "allow it in deploy.toml: `[[state-machine.statements]]` with `actions = [{}]` and the `resources`",
                self.needs
                    .iter()
                    .map(|need| format!("\"{}\"", need.action))
                    .collect::<Vec<_>>()
                    .join(", "),
            )),
        }
    }
}

fn list(items: &[String]) -> String {
    match items {
        [items @ .., last] if !items.is_empty() => format!("{} and {last}", items.join(", ")),
        items => items.concat(),
    }
}

/// A JSON pointer as AWS writes locations.
fn location(pointer: &str) -> String {
    match pointer {
        "" => "/".to_owned(),
        pointer => pointer.replace("~1", "/").replace("~0", "~"),
    }
}
