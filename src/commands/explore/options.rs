//! The options of `txflow explore`.

use std::str::FromStr;

use clap::Args;
use txflow_asl::explore::Wanted;

use crate::commands::completions::Names;
use crate::commands::state_machine::StateMachineOption;
use crate::commands::upstreams::UpstreamOption;
use crate::config::with_commas;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow explore --local
  txflow explore --local --type PURCHASE --verbose
  txflow explore --local --items 'Process Items=5000'

With --local each test runs once in the embedded AWS, on what is deployed there, so that it is known what its tasks answer. \
Without it nothing runs, and the mocks of the tests are all that is known. The exploration itself calls nothing. Exits with 3 \
if there is a finding that `allow` of `[explore]` in deploy.toml does not name.")]
pub struct ExploreOptions {
    /// Begin with this test of deploy.toml, or with those that a pattern such as `REFUND*` matches; may be given several times
    /// [default: all tests of the state machine]
    #[arg(long = "type", value_name = "TYPE", add = Names::Tests)]
    pub types: Vec<String>,
    /// Forecast an execution with so many items in a Map state; may be given several times
    #[arg(long, value_name = "STATE=N")]
    pub items: Vec<Items>,
    /// Show what the workflow needs of its tasks in full, with a test for each
    #[arg(long, short)]
    pub verbose: bool,
    #[command(flatten)]
    pub machine: StateMachineOption,
    #[command(flatten)]
    pub upstreams: UpstreamOption,
}

/// The maximum number of items of a forecast.
const MOST_ITEMS: usize = 100_000_000;

/// A number of items of a Map state.
#[derive(Debug, Clone)]
pub struct Items(pub Wanted);

impl FromStr for Items {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.rsplit_once('=').and_then(|(map, items)| {
            let items = items.trim().replace('_', "").parse().ok()?;
            (!map.is_empty() && items > 0).then(|| Wanted {
                map: map.to_owned(),
                items,
            })
        });
        let wanted = parts.ok_or("it must be such as `Process Items=5000`")?;
        match wanted.items > MOST_ITEMS as u64 {
            true => Err(format!(
                "at most {} items can be forecast",
                with_commas(MOST_ITEMS)
            )),
            false => Ok(Self(wanted)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_state_and_a_number_are_needed() {
        let items = |text: &str| {
            text.parse::<Items>()
                .ok()
                .map(|items| (items.0.map, items.0.items))
        };
        assert_eq!(items("Each=5000"), Some(("Each".to_owned(), 5000)));
        assert_eq!(items("a=b=1_000"), Some(("a=b".to_owned(), 1000)));
        for bad in ["Each", "=5", "Each=", "Each=0", "Each=-1", "Each=many"] {
            assert_eq!(items(bad), None, "{bad}");
        }
        assert!(items("Each=100000000").is_some());
        let error = "Each=100000001".parse::<Items>().unwrap_err();
        assert_eq!(error, "at most 100,000,000 items can be forecast");
    }
}
