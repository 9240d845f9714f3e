use std::sync::Arc;

use serde_json::{Value, json};

use super::Action;
use crate::Payload;
use crate::definition::{DefinitionError, Dynamic, Fields, Program, QueryLanguage};
use crate::evaluation::Place;
use crate::failure::Failure;
use crate::flow::Visit;
use crate::jsonpath::JsonPath;
use crate::template::Template;

/// Runs one program for each item of a list.
#[derive(Debug)]
pub struct Map {
    pub mode: Mode,
    pub processor: Arc<Program>,
    /// JSONPath's `ItemsPath`.
    pub items_path: Option<JsonPath>,
    /// JSONata's `Items`.
    pub items: Option<Template>,
    /// `ItemSelector`, or `Parameters` as it was called before.
    pub item_selector: Option<Template>,
    pub batcher: Option<ItemBatcher>,
    /// 0 means no limit of its own.
    pub max_concurrency: Option<Dynamic<f64>>,
    pub tolerated_failure_count: Option<Dynamic<f64>>,
    pub tolerated_failure_percentage: Option<Dynamic<f64>>,
    /// Has an `ItemReader`, which this engine has no means to run.
    pub reads_items: bool,
    /// Has a `ResultWriter`, which this engine has no means to run.
    pub writes_results: bool,
    pub label: Option<String>,
}

/// How a Map runs its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Inside the execution.
    Inline,
    /// Each item or batch as an execution of its own.
    Distributed {
        /// `ExecutionType` is `EXPRESS`.
        express: bool,
    },
}

/// How a distributed Map groups its items.
#[derive(Debug)]
pub struct ItemBatcher {
    pub batch_input: Option<Template>,
    pub max_items: Option<Dynamic<f64>>,
    pub max_bytes: Option<Dynamic<f64>>,
}

impl Map {
    pub(crate) fn parse(fields: &Fields, depth: usize) -> Result<Self, DefinitionError> {
        let key = if fields.get("ItemProcessor").is_some() {
            "ItemProcessor"
        } else {
            "Iterator"
        };
        let missing = || fields.error("", "These fields are required: [ItemProcessor]");
        let processor_value = fields.get(key).ok_or_else(missing)?;
        let processor = fields.child(key, processor_value)?;
        let selector = match fields.language {
            QueryLanguage::JsonPath if fields.get("ItemSelector").is_none() => "Parameters",
            _ => "ItemSelector",
        };
        Ok(Self {
            mode: Mode::parse(&processor)?,
            processor: Arc::new(Program::from_fields(&processor, depth + 1)?),
            items_path: fields.path("ItemsPath")?,
            items: fields.template("Items")?,
            item_selector: fields.template(selector)?,
            batcher: ItemBatcher::parse(fields)?,
            max_concurrency: Dynamic::number(fields, "MaxConcurrency")?,
            tolerated_failure_count: Dynamic::number(fields, "ToleratedFailureCount")?,
            tolerated_failure_percentage: Dynamic::number(fields, "ToleratedFailurePercentage")?,
            reads_items: fields.get("ItemReader").is_some(),
            writes_results: fields.get("ResultWriter").is_some(),
            label: fields.string("Label")?.map(str::to_owned),
        })
    }
}

impl Mode {
    fn parse(processor: &Fields) -> Result<Self, DefinitionError> {
        let Some(config) = processor.get("ProcessorConfig") else {
            return Ok(Self::Inline);
        };
        let config = processor.child("ProcessorConfig", config)?;
        Ok(match config.string("Mode")? {
            Some("DISTRIBUTED") => Self::Distributed {
                express: config.string("ExecutionType")? == Some("EXPRESS"),
            },
            _ => Self::Inline,
        })
    }
}

impl ItemBatcher {
    fn parse(fields: &Fields) -> Result<Option<Self>, DefinitionError> {
        let Some(batcher) = fields.get("ItemBatcher") else {
            return Ok(None);
        };
        let batcher = fields.child("ItemBatcher", batcher)?;
        Ok(Some(Self {
            batch_input: batcher.template("BatchInput")?,
            max_items: Dynamic::number(&batcher, "MaxItemsPerBatch")?,
            max_bytes: Dynamic::number(&batcher, "MaxInputBytesPerBatch")?,
        }))
    }
}

/// What a Map has to run.
#[derive(Debug)]
pub(crate) struct Iterations {
    /// What `$` is in `ItemSelector`.
    pub(crate) effective: Payload,
    pub(crate) items: Vec<Payload>,
    pub(crate) concurrency: usize,
    /// How many may fail.
    pub(crate) tolerated_failures: usize,
    pub(crate) limits: MapLimits,
}

/// The limits of a Map as its fields have them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MapLimits {
    pub(crate) concurrency: Option<f64>,
    pub(crate) tolerated: Option<f64>,
    pub(crate) percentage: Option<f64>,
}

/// The most iterations of an inline Map that run at a time.
const INLINE_CONCURRENCY: usize = 40;
/// The most child executions of a distributed Map that run at a time.
const DISTRIBUTED_CONCURRENCY: usize = 10_000;

impl Map {
    pub(crate) fn run(&self, visit: Visit) -> Result<Action<'static>, Failure> {
        self.refuse_unsupported()?;
        let effective = visit.effective_input()?;
        let items = self.items(visit, &effective)?;
        self.iterations(visit, effective, items)
            .map(Action::Iterate)
    }

    /// What there is to run, over these items.
    pub(crate) fn iterations(
        &self,
        visit: Visit,
        effective: Payload,
        items: Vec<Value>,
    ) -> Result<Iterations, Failure> {
        let evaluation = visit.evaluation(effective.value());
        let count = |source: &Option<Dynamic<f64>>, field| {
            let number = source
                .as_ref()
                .map(|source| evaluation.number(source, field));
            number.transpose()
        };
        let given_concurrency = count(&self.max_concurrency, "MaxConcurrency")?;
        let concurrency = match given_concurrency {
            Some(n) if n >= 1.0 => to_count(n),
            _ => usize::MAX,
        };
        let most = match self.mode {
            Mode::Inline => INLINE_CONCURRENCY,
            Mode::Distributed { .. } => DISTRIBUTED_CONCURRENCY,
        };
        let tolerated = count(&self.tolerated_failure_count, "ToleratedFailureCount")?;
        let percentage = count(
            &self.tolerated_failure_percentage,
            "ToleratedFailurePercentage",
        )?;
        let length = f64::from(u32::try_from(items.len()).unwrap_or(u32::MAX));
        let by_percentage = percentage.map_or(0.0, |p| length * p / 100.0);
        Ok(Iterations {
            items: self.batched(visit, &effective, items)?,
            concurrency: concurrency.min(most),
            tolerated_failures: to_count(tolerated.unwrap_or(0.0).max(by_percentage)),
            effective,
            limits: MapLimits {
                concurrency: given_concurrency,
                tolerated,
                percentage,
            },
        })
    }

    fn refuse_unsupported(&self) -> Result<(), Failure> {
        if self.reads_items {
            let cause = "ItemReader is not supported: this engine reads items from its input only";
            return Err(Failure::definition("States.ItemReaderFailed", cause));
        }
        if self.writes_results {
            let cause =
                "ResultWriter is not supported: this engine writes results to its output only";
            return Err(Failure::definition("States.ResultWriterFailed", cause));
        }
        Ok(())
    }

    /// The list, from `ItemsPath` or `Items`.
    pub(crate) fn items(&self, visit: Visit, effective: &Payload) -> Result<Vec<Value>, Failure> {
        let evaluation = visit.evaluation(effective.value());
        let items = match (&self.items_path, &self.items) {
            (_, Some(Template::Expression(expression))) => {
                evaluation.typed(expression, "array", Place::field("Items"))?
            }
            (_, Some(template)) => evaluation.template(template, Place::field("Items"))?,
            (Some(path), None) => evaluation
                .find(path)
                .map_err(|e| Failure::runtime(format!("Invalid path '{path}' : {e}")))?,
            (None, None) => effective.value().clone(),
        };
        match items {
            Value::Array(items) => {
                if self.items_path.is_some() {
                    visit.note_with("afterItemsPath", || Value::Array(items.clone()).into());
                }
                Ok(items)
            }
            other => Err(self.not_a_list(visit, &other)),
        }
    }

    fn not_a_list(&self, visit: Visit, value: &Value) -> Failure {
        if visit.state.flow.language == QueryLanguage::Jsonata {
            let found = crate::evaluation::type_name(value);
            return Failure::evaluation(
                "Items",
                format!("The field 'Items' must be an array, but was '{found}' for value: {value}"),
            );
        }
        let path = self.items_path.as_ref().map_or("$", JsonPath::as_str);
        // A path into the context object is shown as one into the object itself.
        let path = path
            .strip_prefix('$')
            .filter(|p| p.starts_with('$'))
            .unwrap_or(path);
        Failure::runtime(format!("Reference path \"{path}\" must point to array."))
    }

    /// What an iteration gets, with the item in the context of `visit`.
    pub(crate) fn iteration_input(
        &self,
        visit: Visit,
        effective: &Payload,
        item: &Payload,
    ) -> Result<Payload, Failure> {
        match &self.item_selector {
            None => Ok(item.clone()),
            Some(selector) => {
                let evaluation = visit.evaluation(effective.value());
                let value = evaluation.template(selector, Place::field("ItemSelector"))?;
                Ok(value.into())
            }
        }
    }

    /// With an `ItemBatcher`, the items in batches, each a child's whole input.
    fn batched(
        &self,
        visit: Visit,
        effective: &Payload,
        items: Vec<Value>,
    ) -> Result<Vec<Payload>, Failure> {
        let Some(batcher) = &self.batcher else {
            return Ok(items.into_iter().map(Payload::from).collect());
        };
        let evaluation = visit.evaluation(effective.value());
        let most = |source: &Option<Dynamic<f64>>, field| match source {
            Some(source) => evaluation.number(source, field).map(to_count),
            None => Ok(usize::MAX),
        };
        let most_items = most(&batcher.max_items, "MaxItemsPerBatch")?.max(1);
        let most_bytes = most(&batcher.max_bytes, "MaxInputBytesPerBatch")?;
        let place = Place::field("ItemBatcher");
        let batch_input = match &batcher.batch_input {
            Some(template) => Some(evaluation.template(template, place.inner("BatchInput"))?),
            None => None,
        };
        let batch = |items: Vec<Value>| {
            let mut batch = json!({ "Items": items });
            if let Some(input) = &batch_input {
                batch["BatchInput"] = input.clone();
            }
            Payload::from(batch)
        };
        let mut batches = Vec::new();
        let (mut open, mut bytes) = (Vec::new(), 0_usize);
        for item in items {
            let size = item.to_string().len() + 1;
            let full = open.len() >= most_items || bytes.saturating_add(size) > most_bytes;
            if full && !open.is_empty() {
                batches.push(batch(std::mem::take(&mut open)));
                bytes = 0;
            }
            bytes += size;
            open.push(item);
        }
        if !open.is_empty() {
            batches.push(batch(open));
        }
        Ok(batches)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates"
)]
fn to_count(number: f64) -> usize {
    number as usize
}
