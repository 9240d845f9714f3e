//! What the workspace says of its cargo profiles.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::package::Workspace;
use crate::input_file;

/// Those that cargo itself defines.
const BUILT_IN: [&str; 4] = ["dev", "release", "test", "bench"];

/// The profiles in the workspace's manifest.
#[derive(Default, Deserialize)]
pub struct Profiles {
    #[serde(default)]
    profile: BTreeMap<String, Profile>,
}

#[derive(Deserialize)]
struct Profile {
    inherits: Option<String>,
    strip: Option<Setting>,
    debug: Option<Setting>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Setting {
    Switch(bool),
    Level(i64),
    Word(String),
}

impl Profiles {
    /// `None` if they cannot be read: cargo says why.
    #[expect(clippy::disallowed_methods, reason = "reads the workspace's manifest")]
    pub fn of(workspace: &Workspace) -> Option<Self> {
        let manifest = input_file::read(&workspace.root.join("Cargo.toml")).ok()?;
        toml::from_str(&manifest).ok()
    }

    pub fn defines(&self, profile: &str) -> bool {
        BUILT_IN.contains(&profile) || self.profile.contains_key(profile)
    }

    /// Whether what is built with a profile may contain debug information.
    pub fn has_debug_info(&self, profile: &str) -> bool {
        let chain = self.chain(profile);
        let strip = chain
            .iter()
            .find_map(|(_, profile)| profile.as_ref()?.strip.as_ref());
        let debug = chain
            .iter()
            .find_map(|(_, profile)| profile.as_ref()?.debug.as_ref());
        let is_release = || {
            chain
                .iter()
                .any(|(name, _)| ["release", "bench"].contains(name))
        };
        !strip.is_some_and(Setting::is_on) && debug.map_or_else(|| !is_release(), Setting::is_on)
    }

    /// A profile and those that it inherits from, by name.
    fn chain<'a>(&'a self, profile: &'a str) -> Vec<(&'a str, Option<&'a Profile>)> {
        let mut chain: Vec<(&str, Option<&Profile>)> = Vec::new();
        let mut next = Some(profile);
        // A circle is an error, which cargo reports.
        while let Some(name) = next.filter(|next| chain.iter().all(|(name, _)| name != next)) {
            let profile = self.profile.get(name);
            chain.push((name, profile));
            next = profile.and_then(|profile| profile.inherits.as_deref());
        }
        chain
    }
}

impl Setting {
    fn is_on(&self) -> bool {
        match self {
            Self::Switch(on) => *on,
            Self::Level(level) => *level != 0,
            Self::Word(word) => word != "none",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profiles(manifest: &str) -> Profiles {
        toml::from_str(manifest).unwrap()
    }

    #[test]
    fn debug_information_is_that_of_the_profile_or_of_what_it_inherits() {
        let profiles = profiles(
            r#"
            [profile.lambda]
            inherits = "release"
            strip = "symbols"
            debug = 2
            [profile.small]
            inherits = "lambda"
            [profile.plain]
            inherits = "release"
            [profile.traced]
            inherits = "release"
            debug = "line-tables-only"
            [profile.unstripped]
            inherits = "traced"
            strip = "none"
            [profile.local]
            inherits = "dev"
            [profile.fast]
            inherits = "dev"
            debug = false
            [profile.round]
            inherits = "and-round"
            [profile.and-round]
            inherits = "round"
            "#,
        );
        for (profile, expected) in [
            ("lambda", false),
            ("small", false),
            ("release", false),
            ("plain", false),
            ("traced", true),
            ("unstripped", true),
            ("dev", true),
            ("local", true),
            ("fast", false),
            ("round", true),
        ] {
            assert_eq!(profiles.has_debug_info(profile), expected, "{profile}");
        }
    }

    #[test]
    fn a_manifest_without_profiles_defines_those_of_cargo() {
        let profiles = profiles("[workspace]\nmembers = []\n");
        assert!(profiles.defines("release"));
        assert!(!profiles.defines("lambda"));
    }
}
