/// What is known of a text before an execution starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Constant {
    /// All of it.
    Whole(String),
    /// How it starts: the rest depends on the execution. Empty if all of it does.
    Start(String),
}

impl Constant {
    pub(crate) const UNKNOWN: Self = Self::Start(String::new());

    /// The text followed by another one.
    pub(crate) fn followed_by(&self, next: &Self) -> Self {
        match (self, next) {
            (Self::Start(_), _) => self.clone(),
            (Self::Whole(first), Self::Whole(next)) => Self::Whole(format!("{first}{next}")),
            (Self::Whole(first), Self::Start(next)) => Self::Start(format!("{first}{next}")),
        }
    }
}
