//! Functions that nobody has invoked for long: Lambda takes their resources away.

use super::Lambda;
use super::function::Version;
use super::name::FunctionName;
use crate::clock::{Millis, millis};
use crate::fault::Fault;

impl Lambda {
    /// When a version that is ready or used at an instant becomes `Inactive`, if ever.
    pub(super) fn inactive_from(&self, used: Millis) -> Option<Millis> {
        let after = self.conditions.weather().inactive_after?;
        Some(used + millis(after))
    }

    /// Gives an inactive version its resources back, which takes as long as creating it.
    pub(super) async fn wake(&self, name: &FunctionName, version: &Version) -> Result<(), Fault> {
        let takes = self.conditions.weather().function_creation;
        let now = self.conditions.now();
        let awake = self.conditions.after(now, "waking", &name.arn, takes);
        self.set_awake(name, version, awake).await
    }

    pub(super) async fn keep_awake(
        &self,
        name: &FunctionName,
        version: &Version,
    ) -> Result<(), Fault> {
        if version.inactive_from.is_none() {
            return Ok(());
        }
        self.set_awake(name, version, self.conditions.now()).await
    }

    async fn set_awake(
        &self,
        name: &FunctionName,
        version: &Version,
        awake: Millis,
    ) -> Result<(), Fault> {
        let inactive_from = self.inactive_from(awake);
        self.edit(name, |function| {
            let version = match version.version.as_str() {
                "$LATEST" => Some(&mut function.latest),
                number => number
                    .parse()
                    .ok()
                    .and_then(|number: u64| function.versions.get_mut(&number)),
            };
            if let Some(version) = version {
                version.active_from = version.active_from.max(awake);
                version.inactive_from = inactive_from;
            }
            Ok(())
        })
        .await
    }
}
