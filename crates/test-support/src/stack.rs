//! A project that is deployed to ministack, with a proxy in between.

use crate::account::Account;
use crate::emulators::{Emulator, Emulators};
use crate::project::Project;
use crate::txflow::Txflow;
use crate::wire::Wire;

pub const STATE_MACHINE: &str =
    "arn:aws:states:us-east-1:000000000000:stateMachine:transactions-dev";

pub struct Stack {
    pub project: Project,
    pub wire: Wire,
    pub account: Account,
    _emulator: Emulator,
}

impl Stack {
    /// Nothing deployed yet.
    pub async fn new(project: Project) -> Self {
        let emulator = Emulators::required().ministack().await;
        let wire = Wire::in_front_of(&emulator.url()).await;
        let account = Account::at(&emulator.url()).await;
        Self {
            project: project.write(),
            wire,
            account,
            _emulator: emulator,
        }
    }

    /// Deployed once, and the calls of that forgotten.
    pub async fn deployed(project: Project) -> Self {
        let stack = Self::new(project).await;
        stack.txflow(&["deploy"]).run().await.succeeded();
        stack.wire.clear();
        stack
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
