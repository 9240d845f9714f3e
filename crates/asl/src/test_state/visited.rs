//! The visit of the tested state: what its fields see, and what has come of it so far.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::answer::Waits;
use super::read::{Test, has_token};
use crate::context::{Context, MapItem};
use crate::flow::Visit;
use crate::random::Random;
use crate::states::{STATE_DATA, State, StateKind, Tolerance};
use crate::trace::Trace;
use crate::validate::LONE_STATE;
use crate::variables::Variables;
use crate::{ExecutionKind, Payload, StartOptions, Timestamp};

/// Reads the items in the text that an `ItemReader` with this `ReaderConfig` finds.
pub type ParseItems = fn(config: &Value, text: &str) -> Result<Value, String>;

/// `MaxConcurrency` and the tolerated failures.
#[derive(Debug)]
pub(super) struct Limits {
    pub max_concurrency: usize,
    pub tolerance: Tolerance,
}

/// The visit of the tested state, and its results so far.
#[derive(Debug)]
pub(super) struct Visited {
    pub test: Test,
    pub parse_items: ParseItems,
    pub options: StartOptions,
    now: Timestamp,
    pub variables: Variables,
    /// What the context object shows of the Map around the state.
    item: Option<MapItem>,
    token: Option<String>,
    random: Random,
    pub trace: Trace,
    pub map_limits: Option<Limits>,
    /// The inspection data about an error: which Catch or Retry applies.
    pub error_details: Map<String, Value>,
    pub waits: Waits,
}

impl Visited {
    pub(super) fn new(
        test: Test,
        parse_items: ParseItems,
        mut options: StartOptions,
        now: Timestamp,
    ) -> Self {
        options.kind = ExecutionKind::Express;
        options.synchronous = true;
        let mut variables = Variables::default();
        if let Value::Object(given) = &test.variables.value {
            variables.assign(given.clone());
        }
        let random = Random::new(options.seed);
        Self {
            item: first_item(&test, &options.input),
            token: has_token(&test.state.kind).then(|| random.token()),
            test,
            parse_items,
            options,
            now,
            variables,
            random,
            trace: Trace::default(),
            map_limits: None,
            error_details: Map::new(),
            waits: Waits::default(),
        }
    }

    pub(super) fn visit(&self) -> Visit<'_> {
        self.visit_of(&self.test.state)
    }

    pub(super) fn visit_of<'a>(&'a self, state: &'a State) -> Visit<'a> {
        Visit {
            state: &state.name,
            flow: &state.flow,
            input: &self.options.input,
            context: Context {
                child: None,
                execution: &self.options,
                role_arn: self.test.role_arn.as_deref(),
                started: self.now,
                state_name: LONE_STATE,
                entered: self.now,
                retry_count: self.test.state.can_retry().then_some(self.test.retries),
                task_token: self.token.as_deref(),
                item: self.item.as_ref(),
                replaced: self.test.context.as_ref().map(|given| &given.value),
            },
            variables: &self.variables,
            random: &self.random,
            now: self.now,
            trace: Some(&self.trace),
        }
    }
}

/// A state inside of a Map is tested as if its input were the first item, unless the context is given.
fn first_item(test: &Test, input: &Payload) -> Option<MapItem> {
    let is_map = |state: &Arc<State>| matches!(state.kind, StateKind::Map(_));
    let in_map = test.around.iter().any(is_map);
    (in_map && test.context.is_none()).then(|| MapItem {
        index: 0,
        key: None,
        value: input.clone(),
        source: STATE_DATA.into(),
    })
}
