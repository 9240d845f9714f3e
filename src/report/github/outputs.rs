//! The outputs of a step.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

/// Appends to the file of `GITHUB_OUTPUT`.
pub(super) fn append(path: &Path, values: &[(&'static str, String)]) -> io::Result<()> {
    // Nobody can guess it, so no value can end itself and set another output.
    let delimiter = format!("txflow-{}", uuid::Uuid::new_v4());
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(text(values, &delimiter).as_bytes())
}

fn text(values: &[(&'static str, String)], delimiter: &str) -> String {
    let values = values.iter();
    values
        .map(|(name, value)| format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_have_several_lines() {
        let values = [
            ("version", "1".to_owned()),
            ("functions", "{\n}".to_owned()),
        ];
        assert_eq!(
            text(&values, "end"),
            "version<<end\n1\nend\nfunctions<<end\n{\n}\nend\n"
        );
    }
}
