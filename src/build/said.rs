//! What cargo, rustc or rustup said about a workspace → what the user can do about it.
//!
//! Their words are shown as they are. If this module knows no hint, there is none, which is not an error.

/// The hint that fits what was said, if it is one of the common mistakes.
pub fn hint(said: &str) -> Option<String> {
    if said.contains("could not find `Cargo.toml`") {
        return Some("put `deploy.toml` in a folder of the handlers' workspace".to_owned());
    }
    if let Some(toolchain) = missing_toolchain(said) {
        return Some(format!("run `rustup toolchain install {toolchain}`"));
    }
    if said.contains("no targets specified in the manifest") {
        return Some("a handler needs a `src/main.rs`".to_owned());
    }
    let is_absent = said.contains("failed to read `") && said.contains("(os error 2)");
    if let Some(dependency) =
        named(said, "failed to load manifest for dependency `").filter(|_| is_absent)
    {
        return Some(format!(
            "the `path` of the dependency `{dependency}` must be a folder that has a `Cargo.toml`"
        ));
    }
    let member = named(said, "failed to load manifest for workspace member `");
    let member = member.filter(|_| is_absent)?;
    if member.contains(['*', '?', '[']) {
        // Cargo takes a pattern that matches nothing for the name of a folder.
        return Some(format!(
            "no folder matches `{member}`: put the handler's crate there, or remove this member from `Cargo.toml` and the functions \
             whose handlers are gone from `deploy.toml`"
        ));
    }
    Some(format!(
        "each member of the workspace needs a `Cargo.toml`: add one to `{member}`, remove the folder, or name it in \
         `workspace.exclude`"
    ))
}

/// As in `toolchain '1.99.0' is not installed`, which rustup says of `rust-toolchain.toml`.
fn missing_toolchain(said: &str) -> Option<&str> {
    let line = said
        .lines()
        .find(|line| line.contains("is not installed"))?;
    line.split_once("toolchain '")?.1.split('\'').next()
}

/// The text after `before`, up to the next backtick.
fn named<'a>(said: &'a str, before: &str) -> Option<&'a str> {
    said.split_once(before)?.1.split('`').next()
}
