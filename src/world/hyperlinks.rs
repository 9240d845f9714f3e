//! Which terminals show links.

/// Whether the terminal shows links, as far as the environment tells.
/// `FORCE_HYPERLINK` takes precedence.
pub(super) fn supported(environment: &dyn Fn(&str) -> Option<String>) -> bool {
    let variable = |name: &str| environment(name).filter(|value| !value.is_empty());
    if let Some(force) = variable("FORCE_HYPERLINK") {
        return force != "0";
    }
    let term = variable("TERM").unwrap_or_default();
    if variable("CI").is_some() || term == "dumb" {
        return false;
    }
    let program = variable("TERM_PROGRAM").unwrap_or_default();
    let vte = variable("VTE_VERSION").and_then(|version| version.parse::<u32>().ok());
    ["DOMTERM", "WT_SESSION", "KONSOLE_VERSION"]
        .iter()
        .any(|name| variable(name).is_some())
        // The first release of GNOME's terminal that supports them without crashing.
        || vte.is_some_and(|version| version > 5000)
        || ["Hyper", "iTerm.app", "WezTerm", "ghostty", "vscode"].contains(&program.as_str())
        || ["alacritty", "foot", "xterm-ghostty", "xterm-kitty"].contains(&term.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn supported_by(variables: &[(&str, &str)]) -> bool {
        supported(&|name| {
            let variable = variables.iter().find(|(set, _)| *set == name);
            variable.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_terminal_that_is_known_for_links_gets_them() {
        assert!(supported_by(&[("TERM", "xterm-kitty")]));
        assert!(supported_by(&[("VTE_VERSION", "7006")]));
        assert!(!supported_by(&[("VTE_VERSION", "5000")]));
        assert!(!supported_by(&[("TERM", "xterm-256color")]));
    }

    #[test]
    fn a_pipeline_gets_no_links_unless_they_are_forced() {
        let kitty = ("TERM", "xterm-kitty");
        assert!(!supported_by(&[kitty, ("CI", "true")]));
        let forced = [("CI", "true"), ("FORCE_HYPERLINK", "1")];
        assert!(supported_by(&forced));
        let off = [kitty, ("FORCE_HYPERLINK", "0")];
        assert!(!supported_by(&off));
    }
}
