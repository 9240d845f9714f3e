use std::sync::Arc;

use serde_json::Value as Json;

use super::convert::{to_json, to_value};
use super::environment::Environment;
use super::evaluate::{Evaluator, Host};
use super::fault::Fault;
use super::references::References;
use super::stack::grown;
use super::syntax::{self, Node};
use super::value::Value;
use crate::Timestamp;
use crate::budget::{Budget, Cancellation};
use crate::random::Random;

/// A parsed expression.
#[derive(Clone, Debug)]
pub struct Expression {
    source: String,
    node: Arc<Node>,
    references: References,
}

/// A text that is not a JSONata expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", code.map_or_else(String::new, |code| format!("{code}: ")))]
pub struct SyntaxError {
    /// JSONata's own code, such as `S0203`, if it has one for this.
    pub code: Option<&'static str>,
    /// JSONata's own message, such as `Expected ")" before end of expression`.
    pub message: String,
}

/// Why an expression has no usable result.
#[derive(Debug)]
pub enum EvaluationError {
    Undefined,
    /// The result is or contains a function.
    Unsupported,
    /// The code of JSONata's error, if it is one, and its message.
    Threw(Option<&'static str>, String),
}

impl Expression {
    /// Parses the source between the delimiters.
    ///
    /// # Errors
    /// If the text is not JSONata.
    pub fn parse(source: &str) -> Result<Self, SyntaxError> {
        let node = syntax::parse(source).map_err(|fault| SyntaxError {
            code: fault.code(),
            message: fault.message(),
        })?;
        Ok(Self {
            source: source.to_owned(),
            node: Arc::new(node),
            references: References::of(source),
        })
    }

    /// The expression without its delimiters.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    pub(super) fn node(&self) -> &Node {
        &self.node
    }

    pub(crate) fn evaluate(&self, environment: &Environment) -> Result<Json, EvaluationError> {
        let mut variables: Vec<(Arc<str>, Value)> = Vec::new();
        if self.references.mentions_states() {
            variables.push(("states".into(), environment.states(&self.references)));
        }
        for name in &self.references.variables {
            if let Some(value) = environment.variables.get(name) {
                variables.push((name.as_str().into(), to_value(value)));
            }
        }
        let host = Host {
            budget: &environment.budget,
            random: environment.random,
            now: environment.now,
        };
        self.run(host, &Value::Undefined, variables)
    }

    /// Evaluates the expression with a document as its context, which Step Functions does not have.
    ///
    /// # Errors
    /// If there is no result that is JSON.
    pub fn evaluate_on(&self, document: &Json) -> Result<Json, EvaluationError> {
        let budget = Budget::new(Cancellation::default());
        let host = Host {
            budget: &budget,
            random: &Random::new(0),
            now: Timestamp::default(),
        };
        self.run(host, &to_value(document), Vec::new())
    }

    fn run(
        &self,
        host: Host<'_>,
        input: &Value,
        variables: Vec<(Arc<str>, Value)>,
    ) -> Result<Json, EvaluationError> {
        let budget = host.budget;
        grown(|| {
            let mut evaluator = Evaluator::new(host);
            let result = evaluator.run(&self.node, input, variables)?;
            if result.is_undefined() {
                return Err(EvaluationError::Undefined);
            }
            let json = to_json(&result, budget).map_err(Fault::from)?;
            json.ok_or(EvaluationError::Unsupported)
        })
    }
}

impl From<Fault> for EvaluationError {
    fn from(fault: Fault) -> Self {
        Self::Threw(fault.code(), fault.message())
    }
}
