//! What a Map does before its iterations: it finds its items, and what each iteration gets.

use serde_json::Value;

use super::InvalidTestState;
use super::mock::Mock;
use super::visited::{Limits, Visited};
use crate::Payload;
use crate::definition::QueryLanguage;
use crate::failure::Failure;
use crate::jsonpath::{JsonPath, Root, Segment};
use crate::source::{Source, push_token};
use crate::states::{DataSet, Items, Iterations, Map};

impl Visited {
    /// Runs the part of a Map that comes before its iterations.
    pub(super) fn run_map(&mut self, map: &Map) -> Result<Result<(), Failure>, InvalidTestState> {
        let (limits, count) = match self.iterations(map) {
            Ok(iterations) => iterations,
            Err(failure) => return Ok(Err(failure)),
        };
        let tolerance = limits.tolerance;
        self.map_limits = Some(limits);
        let Some(failures) = self.test.failed_iterations else {
            return Ok(Ok(()));
        };
        if failures > count {
            return Err(InvalidTestState::validation(
                "Map iteration failure count must be less than or equal to the number of Map iterations",
            ));
        }
        // A mocked error is the error of the whole Map. A Map without a tolerance shows the mocked result.
        let mocked_error = matches!(self.test.mock, Some(Mock::Error { .. }));
        let tolerates = tolerance.count.is_some() || tolerance.percentage.is_some();
        if !mocked_error && tolerates && tolerance.is_exceeded(failures, count) {
            return Ok(Err(Failure::tolerated_failures_exceeded()));
        }
        Ok(Ok(()))
    }

    /// The limits and the number of iterations.
    fn iterations(&self, map: &Map) -> Result<(Limits, usize), Failure> {
        let visit = self.visit();
        let effective = visit.effective_input()?;
        let items = match (&map.reader, &self.test.reader_data) {
            (Some(reader), Some(data)) => self.read(map, reader, &effective, data)?,
            // Without its data, an `ItemReader` counts as having read the input, as the developer guide has it.
            _ => {
                let items = map.items(visit, &effective)?;
                if map.items.is_none() && visit.flow.language == QueryLanguage::JsonPath {
                    self.trace
                        .note("afterItemsPath", self.items_as_given(map, &effective));
                }
                items
            }
        };
        let count = items.len();
        let tolerance = map.tolerance(visit, &effective)?;
        let iterations = map.iterations(visit, effective, items)?;
        let limits = Limits {
            max_concurrency: iterations.max_concurrency,
            tolerance,
        };
        self.note_inputs(map, iterations)?;
        Ok((limits, count))
    }

    /// Shows the inputs of the iterations, before and after they are put into batches.
    fn note_inputs(&self, map: &Map, iterations: Iterations) -> Result<(), Failure> {
        let effective = &iterations.effective;
        let inputs = iterations.items.into_iter().enumerate();
        let inputs = inputs.map(|(index, batch)| {
            let (input, item) = batch.open(index);
            let mut visit = self.visit();
            visit.context.item = Some(&item);
            map.iteration_input(visit, effective, input)
        });
        let inputs: Vec<Payload> = inputs.collect::<Result<_, _>>()?;
        if map.item_selector.is_some() {
            let selected = match map.batcher {
                None => Payload::array(inputs.clone()),
                Some(_) => {
                    let batches = inputs
                        .iter()
                        .filter_map(|batch| batch.value()["Items"].as_array());
                    Value::Array(batches.flatten().cloned().collect()).into()
                }
            };
            self.trace.note("afterItemSelector", selected);
        }
        if map.batcher.is_some() {
            self.trace.note("afterItemBatcher", Payload::array(inputs));
        }
        Ok(())
    }

    /// The items that an `ItemReader` finds in the data that the request gives.
    fn read(
        &self,
        map: &Map,
        reader: &DataSet,
        effective: &Payload,
        data: &str,
    ) -> Result<Items, Failure> {
        let visit = self.visit();
        let request = reader.request(visit, effective)?;
        let config = &request.config;
        let failed = |cause| Failure::new("States.ItemReaderFailed", cause);
        let items = (self.parse_items)(config, data).map_err(failed)?;
        if let Some(pointer) = config["ItemsPointer"].as_str() {
            let given = text_at(data, pointer);
            let given = given.unwrap_or_else(|| items.clone().into());
            self.trace.note("afterItemsPointer", given);
        }
        map.counted(visit, effective, Items::reported(items, request.source())?)
    }

    /// What `ItemsPath` leads to, in the text that holds it: AWS keeps its spaces.
    fn items_as_given(&self, map: &Map, effective: &Payload) -> Payload {
        let Some(path) = &map.items_path else {
            return effective.clone();
        };
        let (text, mut pointer) = match path.root() {
            Root::Input => (Some(effective.text()), String::new()),
            Root::Context => {
                let given = self.test.context.as_ref();
                (given.map(|given| given.text.as_str()), String::new())
            }
            Root::Variable(name) => {
                let mut pointer = String::new();
                push_token(&mut pointer, name);
                (Some(self.test.variables.text.as_str()), pointer)
            }
        };
        let given = text.filter(|_| push_path(&mut pointer, path));
        let given = given.and_then(|text| text_at(text, &pointer));
        given.unwrap_or_else(|| {
            let visit = self.visit();
            let found = visit.evaluation(effective).find(path);
            found.unwrap_or_default().into()
        })
    }
}

/// Whether a path names each of its steps, so that it is the same as a pointer.
fn push_path(pointer: &mut String, path: &JsonPath) -> bool {
    path.segments().iter().all(|segment| {
        match segment {
            Segment::Name(name) => push_token(pointer, name),
            Segment::Index(index) if *index >= 0 => push_token(pointer, &index.to_string()),
            _ => return false,
        }
        true
    })
}

/// The value at a place in a text, as the text writes it.
fn text_at(text: &str, pointer: &str) -> Option<Payload> {
    let place = Source::from_json(text).ok()?.locate(pointer)?;
    Payload::from_text(text.get(place.span)?).ok()
}
