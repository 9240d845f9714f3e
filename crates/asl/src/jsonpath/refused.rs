//! Why a text does not compile.

/// Why a text is not a path.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) message: String,
    /// A byte offset in the text that was compiled.
    pub(super) at: usize,
}

pub(super) type Compiled<T> = Result<T, Refused>;

impl Refused {
    pub(super) fn new(at: usize, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { message, at }
    }

    /// The same, within a longer text in which the compiled one starts at `offset`.
    pub(super) fn after(self, offset: usize) -> Self {
        let at = self.at + offset;
        Self { at, ..self }
    }
}
