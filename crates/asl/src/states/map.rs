use std::sync::Arc;

use crate::definition::{DefinitionError, Dynamic, Fields, Program, QueryLanguage};
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
