//! The types of states, as the events of a history name them.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(with = "String")]
pub enum StateKind {
    Task,
    Pass,
    Choice,
    Wait,
    Succeed,
    Fail,
    Parallel,
    Map,
    /// Not every implementation of the API says, and AWS may add others.
    Unknown,
}

impl StateKind {
    /// Of the type of an event, such as `TaskStateEntered`.
    pub(super) fn of_event(event: &str) -> Self {
        let known = [
            Self::Task,
            Self::Pass,
            Self::Choice,
            Self::Wait,
            Self::Succeed,
            Self::Fail,
            Self::Parallel,
            Self::Map,
        ];
        let name = event.strip_suffix("StateEntered").unwrap_or_default();
        let kind = known.into_iter().find(|kind| kind.as_str() == name);
        kind.unwrap_or(Self::Unknown)
    }

    /// As definitions write it; empty for an unknown one.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Task => "Task",
            Self::Pass => "Pass",
            Self::Choice => "Choice",
            Self::Wait => "Wait",
            Self::Succeed => "Succeed",
            Self::Fail => "Fail",
            Self::Parallel => "Parallel",
            Self::Map => "Map",
            Self::Unknown => "",
        }
    }
}

impl Serialize for StateKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_read_off_the_type_of_its_event() {
        assert_eq!(StateKind::of_event("MapStateEntered"), StateKind::Map);
        assert_eq!(StateKind::of_event("NewStateEntered"), StateKind::Unknown);
        assert_eq!(StateKind::of_event("TaskScheduled"), StateKind::Unknown);
    }
}
