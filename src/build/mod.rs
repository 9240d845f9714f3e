//! cargo → `bootstrap` → deterministic zip → [`Artifact`].

mod artifact;

pub use artifact::Artifact;
