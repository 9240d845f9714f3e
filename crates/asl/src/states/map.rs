use std::sync::Arc;

use serde_json::{Value, json};

use super::{Action, Program};
use crate::context::MapItem;
use crate::definition::{DefinitionError, Dynamic, Fields, QueryLanguage, Resource};
use crate::evaluation::Place;
use crate::failure::Failure;
use crate::flow::Visit;
use crate::jsonpath::JsonPath;
use crate::payload::Held;
use crate::quantity::Quantity;
use crate::template::Template;
use crate::{Packed, Payload};

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

/// Where a distributed Map reads its items, or writes its results: an `ItemReader` or a `ResultWriter`.
#[derive(Debug)]
pub struct DataSet {
    pub resource: Arc<Resource>,
    pub parameters: Option<Template>,
    /// `ReaderConfig` or `WriterConfig`.
    pub config: Option<Template>,
    /// The name of the field.
    field: &'static str,
}

/// What a [`DataSet`] comes to.
#[derive(Clone, Debug)]
pub struct DataRequest {
    pub(crate) resource: Arc<Resource>,
    pub(crate) parameters: Payload,
    pub(crate) config: Arc<Value>,
}

impl DataSet {
    fn parse(
        fields: &Fields,
        field: &'static str,
        config: &'static str,
    ) -> Result<Option<Self>, DefinitionError> {
        let Some(value) = fields.get(field) else {
            return Ok(None);
        };
        let data = fields.child(field, value)?;
        let parameters = match data.language {
            QueryLanguage::JsonPath => "Parameters",
            QueryLanguage::Jsonata => "Arguments",
        };
        Ok(Some(Self {
            resource: Arc::new(Resource::parse(
                data.string("Resource")?.unwrap_or_default(),
            )),
            parameters: data.template(parameters)?,
            config: data.template(config)?,
            field,
        }))
    }

    pub(crate) fn request(
        &self,
        visit: Visit,
        effective: &Payload,
    ) -> Result<DataRequest, Failure> {
        let evaluation = visit.evaluation(effective);
        let place = Place::field(self.field);
        let evaluated = |template: &Option<Template>, field| match template {
            Some(template) => evaluation.template(template, place.inner(field)),
            None => Ok(json!({})),
        };
        Ok(DataRequest {
            resource: Arc::clone(&self.resource),
            parameters: evaluated(&self.parameters, "Arguments")?.into(),
            config: Arc::new(evaluated(&self.config, "Config")?),
        })
    }
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

/// What one iteration gets: an item, or a batch of them.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    value: Held,
    /// Set if the item is a member of an object.
    key: Option<Box<str>>,
    /// The number of items in it.
    pub(crate) items: usize,
}

impl Batch {
    /// The input of the iteration, if there is no `ItemSelector`, and what the context object shows of it.
    pub(crate) fn open(self, index: usize) -> (Payload, MapItem) {
        let value = self.value.into_payload();
        let input = match &self.key {
            Some(key) => json!({ "Key": key, "Value": value.value() }).into(),
            None => value.clone(),
        };
        let key = self.key;
        (input, MapItem { index, key, value })
    }
}

/// What a Map iterates over.
#[derive(Debug)]
pub(crate) enum Items {
    List(Vec<Value>),
    /// Those that were read, of which there may be many.
    Packed(Vec<Packed>),
    /// The members of an object, in their order.
    Members(serde_json::Map<String, Value>),
}

impl From<Vec<Value>> for Items {
    fn from(items: Vec<Value>) -> Self {
        Self::List(items)
    }
}

impl Items {
    /// What a reader has found.
    pub(crate) fn of(found: Value) -> Result<Self, Failure> {
        match found {
            Value::Array(items) => Ok(Self::List(items)),
            Value::Object(members) => Ok(Self::Members(members)),
            _ => {
                let cause = "Attempting to map over non-iterable node.";
                Err(Failure::new("States.ItemReaderFailed", cause))
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::List(items) => items.len(),
            Self::Packed(items) => items.len(),
            Self::Members(members) => members.len(),
        }
    }

    fn truncated(self, most: usize) -> Self {
        match self {
            Self::List(mut items) => {
                items.truncate(most);
                Self::List(items)
            }
            Self::Packed(mut items) => {
                items.truncate(most);
                Self::Packed(items)
            }
            Self::Members(members) => Self::Members(members.into_iter().take(most).collect()),
        }
    }

    fn into_batches(self) -> Vec<Batch> {
        let single = |key: Option<String>, value: Held| Batch {
            value,
            key: key.map(String::into_boxed_str),
            items: 1,
        };
        let whole = |item: Value| Held::Payload(item.into());
        match self {
            Self::List(items) => { items.into_iter() }
                .map(|item| single(None, whole(item)))
                .collect(),
            Self::Packed(items) => { items.into_iter() }
                .map(|item| single(None, Held::Packed(item)))
                .collect(),
            Self::Members(members) => { members.into_iter() }
                .map(|(key, item)| single(Some(key), whole(item)))
                .collect(),
        }
    }
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
            Some(_) => Vec::new().into(),
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
        let given = max_concurrency.map_or(0, to_count);
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
        Ok(most.map(to_count).filter(|most| *most > 0))
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
        match items {
            Value::Array(items) => Ok(Items::List(items)),
            Value::Object(members) if distributed => Ok(Items::Members(members)),
            other => Err(self.not_a_list(visit, &other)),
        }
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
        let evaluation = visit.evaluation(effective);
        let most = |source: &Option<Dynamic<f64>>, quantity| {
            let most = evaluation.optional_quantity(source.as_ref(), quantity);
            most.map(|most| most.map_or(usize::MAX, to_count))
        };
        let most_items = most(&batcher.max_items, Quantity::MaxItemsPerBatch)?.max(1);
        let most_bytes = most(&batcher.max_bytes, Quantity::MaxInputBytesPerBatch)?;
        let place = Place::field("ItemBatcher");
        let batch_input = match &batcher.batch_input {
            Some(template) => Some(evaluation.template(template, place.inner("BatchInput"))?),
            None => None,
        };
        let batch = |items: Vec<Value>| {
            let count = items.len();
            let mut batch = json!({ "Items": items });
            if let Some(input) = &batch_input {
                batch["BatchInput"] = input.clone();
            }
            Batch {
                value: Held::Packed((&batch).into()),
                key: None,
                items: count,
            }
        };
        let mut batches = Vec::new();
        let (mut open, mut bytes) = (Vec::new(), 0_usize);
        for (index, item) in single.into_iter().enumerate() {
            let (input, item) = item.open(index);
            let mut visit = visit;
            visit.context.item = Some(&item);
            let selected = self.selected(visit, effective, input)?;
            drop(item);
            let item = selected.into_value();
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
