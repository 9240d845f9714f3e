//! A project that is deployed to ministack, with a proxy in between.

use super::emulators::{Emulator, Emulators};
use super::project::Project;
use super::snapshot::Account;
use super::txflow::Txflow;
use super::wire::Wire;

pub const STATE_MACHINE: &str =
    "arn:aws:states:us-east-1:000000000000:stateMachine:transactions-dev";

pub struct Stack {
    pub project: Project,
    pub wire: Wire,
    pub account: Account,
    _emulator: Emulator,
}

impl Stack {
    /// Nothing deployed yet. `None` where there are no emulators.
    pub async fn new(project: Project) -> Option<Self> {
        let emulator = Emulators::find()?.ministack().await;
        let wire = Wire::in_front_of(&emulator.url()).await;
        let account = Account::at(&emulator.url()).await;
        Some(Self {
            project: project.write(),
            wire,
            account,
            _emulator: emulator,
        })
    }

    /// Deployed once, and the calls of that forgotten.
    pub async fn deployed(project: Project) -> Option<Self> {
        let stack = Self::new(project).await?;
        stack.txflow(&["deploy"]).run().await.succeeded();
        stack.wire.clear();
        Some(stack)
    }

    pub fn txflow(&self, arguments: &[&str]) -> Txflow {
        self.project.txflow(&self.wire.url(), arguments)
    }

    /// The operations that changed something since the wire was cleared, sorted.
    pub fn written(&self) -> Vec<String> {
        let mut operations: Vec<_> = self
            .wire
            .writes()
            .into_iter()
            .map(|call| call.operation)
            .collect();
        operations.sort();
        operations
    }

    /// The version number that `live` leads to.
    pub async fn live(&self) -> u64 {
        let version = self
            .account
            .live(STATE_MACHINE)
            .await
            .expect("the alias `live`");
        let number = version
            .rsplit(':')
            .next()
            .and_then(|number| number.parse().ok());
        number.expect("a version ARN ends with its number")
    }
}
