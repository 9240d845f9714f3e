use serde_json::{Value, json};

use crate::count::count;

use crate::definition::{DefinitionError, Dynamic, Fields};
use crate::evaluation::{Evaluation, Place};
use crate::failure::Failure;
use crate::quantity::Quantity;
use crate::template::Template;

/// How a distributed Map groups its items.
#[derive(Debug)]
pub struct ItemBatcher {
    pub batch_input: Option<Template>,
    pub max_items: Option<Dynamic<f64>>,
    pub max_bytes: Option<Dynamic<f64>>,
}

/// How much goes into a batch, and what each of them gets in addition.
pub(super) struct Grouping {
    most_items: usize,
    most_bytes: usize,
    batch_input: Option<Value>,
}

impl ItemBatcher {
    pub(super) fn parse(fields: &Fields) -> Result<Option<Self>, DefinitionError> {
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

    pub(super) fn grouping(&self, evaluation: &Evaluation) -> Result<Grouping, Failure> {
        let most = |source: &Option<Dynamic<f64>>, quantity| {
            let most = evaluation.optional_quantity(source.as_ref(), quantity);
            most.map(|most| most.map_or(usize::MAX, count))
        };
        let place = Place::field("ItemBatcher");
        Ok(Grouping {
            most_items: most(&self.max_items, Quantity::MaxItemsPerBatch)?.max(1),
            most_bytes: most(&self.max_bytes, Quantity::MaxInputBytesPerBatch)?,
            batch_input: match &self.batch_input {
                Some(template) => Some(evaluation.template(template, place.inner("BatchInput"))?),
                None => None,
            },
        })
    }
}

impl Grouping {
    /// The inputs of the batches, each with the number of its items.
    pub(super) fn group(
        &self,
        items: impl Iterator<Item = Result<Value, Failure>>,
    ) -> Result<Vec<(Value, usize)>, Failure> {
        let mut batches = Vec::new();
        let (mut open, mut bytes) = (Vec::new(), 0_usize);
        for item in items {
            let item = item?;
            let size = item.to_string().len() + 1;
            let full =
                open.len() >= self.most_items || bytes.saturating_add(size) > self.most_bytes;
            if full && !open.is_empty() {
                batches.push(self.batch(std::mem::take(&mut open)));
                bytes = 0;
            }
            bytes += size;
            open.push(item);
        }
        if !open.is_empty() {
            batches.push(self.batch(open));
        }
        Ok(batches)
    }

    fn batch(&self, items: Vec<Value>) -> (Value, usize) {
        let count = items.len();
        let mut batch = json!({ "Items": items });
        if let Some(input) = &self.batch_input {
            batch["BatchInput"] = input.clone();
        }
        (batch, count)
    }
}
