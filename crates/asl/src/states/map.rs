use std::sync::Arc;

use serde_json::Value;

use super::data_set::{DataRequest, DataSet};
use super::item_batcher::ItemBatcher;
use super::items::{Batch, Items, STATE_DATA};
use super::{Action, Program};
use crate::Payload;
use crate::count::count;
use crate::definition::{DefinitionError, Dynamic, Fields, QueryLanguage};
use crate::evaluation::Place;
use crate::failure::Failure;
use crate::flow::Visit;
use crate::jsonpath::JsonPath;
use crate::quantity::Quantity;
use crate::template::Template;

/// Runs a program for each item of a list.
#[derive(Debug)]
pub struct Map {
    pub mode: Mode,
    pub processor: Arc<Program>,
    /// JSONPath's `ItemsPath`.
    pub items_path: Option<JsonPath>,
    /// JSONata's `Items`.
    pub items: Option<Template>,
    /// `ItemSelector`, or `Parameters`, its former name.
    pub item_selector: Option<Template>,
    pub batcher: Option<ItemBatcher>,
    /// 0 means that the state sets no limit.
    pub max_concurrency: Option<Dynamic<f64>>,
    pub tolerated_failure_count: Option<Dynamic<f64>>,
    pub tolerated_failure_percentage: Option<Dynamic<f64>>,
    pub reader: Option<DataSet>,
    pub writer: Option<DataSet>,
    /// `ReaderConfig/MaxItems`: 0 means that all items count.
    pub max_items: Option<Dynamic<f64>>,
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

fn max_items(fields: &Fields) -> Result<Option<Dynamic<f64>>, DefinitionError> {
    let Some(reader) = fields.get("ItemReader") else {
        return Ok(None);
    };
    let reader = fields.child("ItemReader", reader)?;
    match reader.get("ReaderConfig") {
        Some(config) => Dynamic::number(&reader.child("ReaderConfig", config)?, "MaxItems"),
        None => Ok(None),
    }
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
            reader: DataSet::parse(fields, "ItemReader", "ReaderConfig")?,
            writer: DataSet::parse(fields, "ResultWriter", "WriterConfig")?,
            max_items: max_items(fields)?,
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

/// The iterations that a Map has to run.
#[derive(Debug)]
pub(crate) struct Iterations {
    /// The value of `$` in `ItemSelector`.
    pub(crate) effective: Payload,
    pub(crate) items: Vec<Batch>,
    /// Where to read the items, if they are not in the input.
    pub(crate) reader: Option<DataRequest>,
    /// Where to write the results.
    pub(crate) writer: Option<DataRequest>,
    /// How many may run concurrently.
    pub(crate) concurrency: usize,
    /// `MaxConcurrency` as specified, or 0.
    pub(crate) max_concurrency: usize,
}

/// How many iterations of a distributed Map may fail.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tolerance {
    pub(crate) count: Option<f64>,
    pub(crate) percentage: Option<f64>,
}

impl Tolerance {
    /// Whether `failures` of `total` are too many. For a Map without any tolerance, one is.
    pub(crate) fn is_exceeded(self, failures: usize, total: usize) -> bool {
        if self.count.is_none() && self.percentage.is_none() {
            return failures > 0;
        }
        #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
        let (failures, total) = (failures as f64, total as f64);
        self.count.is_some_and(|most| failures > most)
            || self
                .percentage
                .is_some_and(|most| failures * 100.0 > most * total)
    }
}

/// The maximum concurrency of an inline Map.
const INLINE_CONCURRENCY: usize = 40;
/// The maximum number of concurrent child executions of a distributed Map.
const DISTRIBUTED_CONCURRENCY: usize = 10_000;

/// How many children of a distributed Map run at once; 0 is no limit of its own.
pub(crate) fn distributed_concurrency(given: usize) -> usize {
    match given {
        0 => DISTRIBUTED_CONCURRENCY,
        given => given.min(DISTRIBUTED_CONCURRENCY),
    }
}

impl Map {
    pub(crate) fn run(&self, visit: Visit) -> Result<Action<'static>, Failure> {
        let effective = visit.effective_input()?;
        let items = match &self.reader {
            Some(_) => Items::to_be_read(),
            None => self.items(visit, &effective)?,
        };
        let length = items.len() as u64;
        match self.iterations(visit, effective, items) {
            Ok(iterations) => Ok(Action::Iterate(iterations)),
            // What a distributed Map runs with is evaluated after its start.
            Err(failure) if self.mode != Mode::Inline => {
                Ok(Action::FailStarted { length, failure })
            }
            Err(failure) => Err(failure),
        }
    }

    /// The iterations over these items.
    pub(crate) fn iterations(
        &self,
        visit: Visit,
        effective: Payload,
        items: Items,
    ) -> Result<Iterations, Failure> {
        let evaluation = visit.evaluation(&effective);
        let max_concurrency = evaluation
            .optional_quantity(self.max_concurrency.as_ref(), Quantity::MaxConcurrency)?;
        let given = max_concurrency.map_or(0, count);
        let request = |data: &Option<DataSet>| {
            let request = data.as_ref().map(|data| data.request(visit, &effective));
            request.transpose()
        };
        Ok(Iterations {
            items: self.batched(visit, &effective, items)?,
            reader: request(&self.reader)?,
            writer: request(&self.writer)?,
            max_concurrency: given,
            concurrency: match self.mode {
                Mode::Inline if given == 0 => INLINE_CONCURRENCY,
                Mode::Inline => given.min(INLINE_CONCURRENCY),
                Mode::Distributed { .. } => distributed_concurrency(given),
            },
            effective,
        })
    }

    /// How many of the items count, if not all.
    pub(crate) fn most_items(
        &self,
        visit: Visit,
        effective: &Payload,
    ) -> Result<Option<usize>, Failure> {
        let evaluation = visit.evaluation(effective);
        let most = evaluation.optional_quantity(self.max_items.as_ref(), Quantity::MaxItems)?;
        Ok(most.map(count).filter(|most| *most > 0))
    }

    /// The iterations over items that were read.
    pub(crate) fn read(
        &self,
        visit: Visit,
        effective: &Payload,
        items: Items,
    ) -> Result<Vec<Batch>, Failure> {
        let items = self.counted(visit, effective, items)?;
        self.batched(visit, effective, items)
    }

    /// Those of the items that were read which count.
    pub(crate) fn counted(
        &self,
        visit: Visit,
        effective: &Payload,
        items: Items,
    ) -> Result<Items, Failure> {
        let most = self.most_items(visit, effective)?.unwrap_or(usize::MAX);
        Ok(items.truncated(most))
    }

    /// How many iterations may fail. Evaluated after the Map has started.
    pub(crate) fn tolerance(
        &self,
        visit: Visit,
        effective: &Payload,
    ) -> Result<Tolerance, Failure> {
        let evaluation = visit.evaluation(effective);
        Ok(Tolerance {
            count: evaluation.optional_quantity(
                self.tolerated_failure_count.as_ref(),
                Quantity::ToleratedFailureCount,
            )?,
            percentage: evaluation.optional_quantity(
                self.tolerated_failure_percentage.as_ref(),
                Quantity::ToleratedFailurePercentage,
            )?,
        })
    }

    /// The items, from `ItemsPath` or `Items`. A distributed Map iterates over the members of an object as well.
    pub(crate) fn items(&self, visit: Visit, effective: &Payload) -> Result<Items, Failure> {
        let evaluation = visit.evaluation(effective);
        let distributed = self.mode != Mode::Inline;
        let items = match (&self.items_path, &self.items) {
            (_, Some(Template::Expression(expression))) => {
                let accepted: &[&str] = match distributed {
                    true => &["array", "object"],
                    false => &["array"],
                };
                evaluation.typed_one_of(expression, accepted, Place::field("Items"))?
            }
            (_, Some(template)) => evaluation.template(template, Place::field("Items"))?,
            (Some(path), None) => evaluation
                .find(path)
                .map_err(|e| Failure::runtime(format!("Invalid path '{path}' : {e}")))?,
            (None, None) => effective.value().clone(),
        };
        if items.is_object() && !distributed {
            return Err(self.not_a_list(visit, &items));
        }
        Items::of(items, STATE_DATA.into()).map_err(|other| self.not_a_list(visit, &other))
    }

    fn not_a_list(&self, visit: Visit, value: &Value) -> Failure {
        if visit.flow.language == QueryLanguage::Jsonata {
            let cause = format!("Map state input must be an array but was: {value}");
            return Failure::evaluation(None, cause);
        }
        let path = self.items_path.as_ref().map_or("$", JsonPath::relative);
        Failure::runtime(format!("Reference path \"{path}\" must point to array."))
    }

    /// The input of an iteration; the context of `visit` has the item. Batches hold what was selected.
    pub(crate) fn iteration_input(
        &self,
        visit: Visit,
        effective: &Payload,
        input: Payload,
    ) -> Result<Payload, Failure> {
        match self.batcher {
            Some(_) => Ok(input),
            None => self.selected(visit, effective, input),
        }
    }

    fn selected(
        &self,
        visit: Visit,
        effective: &Payload,
        input: Payload,
    ) -> Result<Payload, Failure> {
        let Some(selector) = &self.item_selector else {
            return Ok(input);
        };
        let evaluation = visit.evaluation(effective);
        let value = evaluation.template(selector, Place::field("ItemSelector"))?;
        Ok(value.into())
    }

    /// Groups the items into batches if there is an `ItemBatcher`. Each batch is the whole input of a child.
    fn batched(
        &self,
        visit: Visit,
        effective: &Payload,
        items: Items,
    ) -> Result<Vec<Batch>, Failure> {
        let single = items.into_batches();
        let Some(batcher) = &self.batcher else {
            return Ok(single);
        };
        let grouping = batcher.grouping(&visit.evaluation(effective))?;
        let selected = single.into_iter().enumerate().map(|(index, item)| {
            let (input, item) = item.open(index);
            let mut visit = visit;
            visit.context.item = Some(&item);
            let selected = self.selected(visit, effective, input)?;
            Ok(selected.into_value())
        });
        let batches = grouping.group(selected)?.into_iter();
        Ok(batches
            .map(|(value, items)| Batch::of(value, items))
            .collect())
    }
}
