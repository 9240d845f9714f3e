pub(crate) struct CallError;
pub(crate) struct Randomness;
