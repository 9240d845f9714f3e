//! The Amazon States Language, as AWS runs it.
