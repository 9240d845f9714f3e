//! The data flow of a state: from its input to the arguments of its work, and from the result of that work to the
//! output.

use serde_json::{Map, Value};

use crate::context::Context;
use crate::definition::{Catcher, DefinitionError, Fields, QueryLanguage, ResultPath};
use crate::evaluation::{Evaluation, Place};
use crate::failure::Failure;
use crate::jsonata::Environment;
use crate::jsonpath::{JsonPath, Root};
use crate::random::Random;
use crate::template::Template;
use crate::trace::Trace;
use crate::variables::Variables;
use crate::{Payload, Timestamp, limits};

/// The fields of a state that define its data flow.
#[derive(Clone, Debug)]
pub struct DataFlow {
    pub language: QueryLanguage,
    /// `None` is `null`, which means an empty object.
    pub input_path: Option<JsonPath>,
    /// `Parameters` in JSONPath, `Arguments` in JSONata.
    pub arguments: Option<Template>,
    pub result_selector: Option<Template>,
    pub result_path: ResultPath,
    /// `None` is `null`, which means an empty object.
    pub output_path: Option<JsonPath>,
    /// JSONata's `Output`.
    pub output: Option<Template>,
    /// An object of variables to set, with their values.
    pub assign: Option<Template>,
}

impl DataFlow {
    pub(crate) fn parse(fields: &Fields) -> Result<Self, DefinitionError> {
        let arguments = match fields.language {
            QueryLanguage::JsonPath => "Parameters",
            QueryLanguage::Jsonata => "Arguments",
        };
        Ok(Self {
            language: fields.language,
            input_path: fields.path_or_null("InputPath")?.unwrap_or_else(whole),
            arguments: fields.template(arguments)?,
            result_selector: fields.template("ResultSelector")?,
            result_path: ResultPath::parse(fields)?,
            output_path: fields.path_or_null("OutputPath")?.unwrap_or_else(whole),
            output: fields.template("Output")?,
            assign: fields.template("Assign")?,
        })
    }
}

fn whole() -> Option<JsonPath> {
    JsonPath::parse("$").ok()
}

/// One visit of a state: its data flow and all that its fields can see.
#[derive(Clone, Copy)]
pub(crate) struct Visit<'a> {
    /// The state's name, for messages.
    pub(crate) state: &'a str,
    pub(crate) flow: &'a DataFlow,
    /// The state's raw input, before `InputPath`.
    pub(crate) input: &'a Payload,
    pub(crate) context: Context<'a>,
    pub(crate) variables: &'a Variables,
    pub(crate) random: &'a Random,
    pub(crate) now: Timestamp,
    /// Records each step of the data flow, if requested.
    pub(crate) trace: Option<&'a Trace>,
}

/// The output and the variables that a state produces when it exits.
#[derive(Clone, Debug)]
pub(crate) struct Exit {
    pub(crate) output: Payload,
    /// The variables to set.
    pub(crate) assigned: Map<String, Value>,
}

/// The fields that produce the output: those of the state, or those of a Catch or a Choice rule in their place.
#[derive(Clone, Copy)]
pub(crate) struct OutputFields<'a> {
    pub(crate) result_selector: Option<&'a Template>,
    pub(crate) result_path: &'a ResultPath,
    /// `None` is `null`.
    pub(crate) output_path: Option<&'a JsonPath>,
    pub(crate) output: Option<&'a Template>,
    pub(crate) assign: Option<&'a Template>,
    /// Their position, as failures name it: `Catch[0]`.
    pub(crate) place: Option<Place<'a>>,
}

/// What the work of a state has produced.
#[derive(Clone, Copy)]
pub(crate) enum Produced<'a> {
    /// Nothing of its own: the state passes its input through.
    Input(&'a Payload),
    /// A result: JSONata's `$states.result`.
    Result(&'a Payload),
    /// A caught error: JSONata's `$states.errorOutput`.
    Error(&'a Payload),
}

impl DataFlow {
    fn fields(&self) -> OutputFields<'_> {
        OutputFields {
            result_selector: self.result_selector.as_ref(),
            result_path: &self.result_path,
            output_path: self.output_path.as_ref(),
            output: self.output.as_ref(),
            assign: self.assign.as_ref(),
            place: None,
        }
    }
}

impl<'a> Visit<'a> {
    /// What the fields of this state can refer to, with `root` as JSONPath's `$`.
    pub(crate) fn evaluation<'e>(&'e self, root: &'e Payload) -> Evaluation<'e> {
        let input = self.input.value();
        Evaluation {
            root,
            environment: Environment::new(
                input,
                self.context,
                self.variables,
                self.random,
                self.now,
            ),
        }
    }

    /// Applies `InputPath`.
    pub(crate) fn effective_input(&self) -> Result<Payload, Failure> {
        match self.flow.language {
            QueryLanguage::Jsonata => Ok(self.input.clone()),
            QueryLanguage::JsonPath => {
                let selected = self.select(self.flow.input_path.as_ref(), self.input)?;
                self.note("afterInputPath", &selected);
                Ok(selected)
            }
        }
    }

    /// Evaluates `Parameters` or `Arguments`; without them, returns the effective input.
    pub(crate) fn arguments(&self, effective: &Payload) -> Result<Payload, Failure> {
        let field = match self.flow.language {
            QueryLanguage::JsonPath => "Parameters",
            QueryLanguage::Jsonata => "Arguments",
        };
        let arguments = match &self.flow.arguments {
            None => effective.clone(),
            Some(template) => {
                let evaluation = self.evaluation(effective);
                evaluation.template(template, Place::field(field))?.into()
            }
        };
        match self.flow.language {
            QueryLanguage::JsonPath => self.note("afterParameters", &arguments),
            QueryLanguage::Jsonata => self.note("afterArguments", &arguments),
        }
        Ok(arguments)
    }

    /// Turns what the work has produced into the state's exit.
    pub(crate) fn exit(&self, produced: Produced) -> Result<Exit, Failure> {
        self.exit_through(self.flow.fields(), produced)
    }

    /// Like [`exit`](Self::exit), with the `Assign` and `Output` of a Choice rule in place of the state's.
    pub(crate) fn exit_by_rule(
        &self,
        assign: Option<&Template>,
        output: Option<&Template>,
        place: Place,
        effective: &Payload,
    ) -> Result<Exit, Failure> {
        let fields = OutputFields {
            assign,
            output: output.or(self.flow.output.as_ref()),
            place: Some(place),
            ..self.flow.fields()
        };
        self.exit_through(fields, Produced::Input(effective))
    }

    /// The exit of a state whose failure is caught.
    pub(crate) fn exit_by_catch(
        &self,
        catcher: &Catcher,
        place: Place,
        error: &Payload,
    ) -> Result<Exit, Failure> {
        let whole = whole();
        let fields = OutputFields {
            result_selector: None,
            result_path: &catcher.result_path,
            output_path: whole.as_ref(),
            output: catcher.output.as_ref(),
            assign: catcher.assign.as_ref(),
            place: Some(place),
        };
        self.exit_through(fields, Produced::Error(error))
    }

    fn exit_through(&self, fields: OutputFields, produced: Produced) -> Result<Exit, Failure> {
        let (Produced::Input(brought) | Produced::Result(brought) | Produced::Error(brought)) =
            produced;
        let mut evaluation = self.evaluation(brought);
        evaluation.environment = match produced {
            Produced::Input(_) => evaluation.environment,
            Produced::Result(result) => evaluation.environment.with_result(result.value()),
            Produced::Error(error) => evaluation.environment.with_error_output(error.value()),
        };
        let at = |field| match &fields.place {
            Some(place) => place.inner(field),
            None => Place::field(field),
        };
        let assigned = match fields.assign {
            Some(template) => self.checked(evaluation.template(template, at("Assign"))?)?,
            None => Map::new(),
        };
        let output = match (self.flow.language, fields.output) {
            (QueryLanguage::JsonPath, _) => self.output(fields, brought, &evaluation)?,
            (QueryLanguage::Jsonata, None) => brought.clone(),
            (QueryLanguage::Jsonata, Some(template)) => {
                evaluation.template(template, at("Output"))?.into()
            }
        };
        if output.fits() {
            Ok(Exit { output, assigned })
        } else {
            Err(Failure::too_large(self.state))
        }
    }

    /// Applies `ResultSelector`, `ResultPath` and `OutputPath`.
    fn output(
        &self,
        fields: OutputFields,
        brought: &Payload,
        evaluation: &Evaluation,
    ) -> Result<Payload, Failure> {
        let selected = match fields.result_selector {
            None => brought.clone(),
            Some(template) => {
                let place = Place::field("ResultSelector");
                evaluation.template(template, place)?.into()
            }
        };
        self.note("afterResultSelector", &selected);
        let placed = match fields.result_path {
            ResultPath::Whole => selected,
            ResultPath::Discard => self.input.clone(),
            ResultPath::Into(path) => {
                let mut input = self.input.value().clone();
                path.assign(&mut input, selected.into_value())
                    .map_err(|e| {
                        Failure::definition("States.ResultPathMatchFailure", e.to_string())
                    })?;
                input.into()
            }
        };
        self.note("afterResultPath", &placed);
        self.select(fields.output_path, &placed)
    }

    /// Records a step of the data flow.
    fn note(&self, step: &'static str, payload: &Payload) {
        self.note_with(step, || payload.clone());
    }

    /// Like `note`, for a payload that is only created if it is recorded.
    pub(crate) fn note_with(&self, step: &'static str, payload: impl FnOnce() -> Payload) {
        if let Some(trace) = self.trace {
            trace.note(step, payload());
        }
    }

    /// Applies `InputPath` or `OutputPath` to a payload; `null` means an empty object.
    fn select(&self, path: Option<&JsonPath>, payload: &Payload) -> Result<Payload, Failure> {
        let Some(path) = path else {
            return Ok(Value::Object(Map::new()).into());
        };
        if path.is_root() && *path.root() == Root::Input {
            return Ok(payload.clone());
        }
        match self.evaluation(payload).find(path) {
            Ok(value) => Ok(value.into()),
            Err(missing) => Err(Failure::runtime(format!(
                "Invalid path '{path}' : {missing}"
            ))),
        }
    }

    /// The variables that an `Assign` sets, if they are within the limits.
    fn checked(&self, assigned: Value) -> Result<Map<String, Value>, Failure> {
        let bytes = limits::measure(&assigned).unwrap_or(usize::MAX);
        let all = self.variables.bytes().saturating_add(bytes);
        if bytes > limits::MAX_ASSIGN_BYTES || all > limits::MAX_VARIABLES_BYTES {
            let cause = format!(
                "The variables that the state '{}' assigns exceed the size limit",
                self.state
            );
            return Err(Failure::definition("States.DataLimitExceeded", cause));
        }
        match assigned {
            Value::Object(map) => Ok(map),
            other => Err(Failure::runtime(format!(
                "The field 'Assign' must be an object, but was: {other}"
            ))),
        }
    }
}
