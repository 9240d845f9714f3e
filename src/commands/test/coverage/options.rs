//! The options of coverage.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Clone, Default, Args)]
pub struct CoverageOptions {
    /// Say which states, choice rules, retriers, catchers and branches the tests reached, and which they did not
    #[arg(long)]
    pub coverage: bool,
    /// Write the coverage to this folder as well: lcov.info, cobertura.xml, and a picture of each state machine
    #[arg(long, value_name = "DIR")]
    pub coverage_dir: Option<PathBuf>,
    /// Exit with 3 if the tests reached less than this percentage of all states, choice rules, retriers, catchers and
    /// branches together
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub fail_under: Option<f64>,
}

impl CoverageOptions {
    /// Whether it is asked for, in whatever form.
    pub fn is_on(&self) -> bool {
        self.coverage || self.coverage_dir.is_some() || self.fail_under.is_some()
    }
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim();
    let number = number.parse::<f64>().ok();
    let number = number.filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "a percentage is a number from 0 to 100".to_owned())
}
