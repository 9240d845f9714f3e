//! The keys of `[[tests.<TYPE>.expect.calls]]`, and of what tables and queues hold afterwards.

use serde_json::{Value, json};
use txflow_asl::integrations::{
    operation, operations, optimized, optimized_services, service, services,
};

use super::expected::{ContentsKind, ExpectedCall, ExpectedContents, Times};
use super::nearest;
use super::node::Node;
use super::rules::NotEmpty;
use super::section::{Required, section};
use super::setting::{At, Definitions, Int, Json, Reader, Setting};
use super::template_keys::TextTemplate;
use super::text::Text;

section! {
    /// A call that the execution must make, or the executions that it starts. Each attempt counts.
    Call {
        /// The service, as in a `Resource`: `dynamodb`, `lambda`, `sqs`. An `aws-sdk` integration of it counts as well.
        service: Required<At<Text<NotEmpty>>>;
        /// The action, as in a `Resource`: `putItem`. For `lambda` the default is `invoke`.
        action: Option<At<Text<NotEmpty>>>;
        /// The function that `lambda` calls, by its name under `[functions]`.
        function: Option<At<Text<NotEmpty>>>;
        /// What the parameters of the call contain, as the history shows them: objects may have more keys, arrays match
        /// item by item. A key such as `"$.Item.id.S"` is the path of one value. For a function: `Payload`.
        r#where: Option<Where>;
        /// How often the call is made: a number, or `{ min = 1, max = 3 }`. By default at least once.
        times: Times = Times::at_least_one();
    }
}

section! {
    /// Items that a table of the embedded AWS must hold after the execution. Not checked elsewhere.
    Items {
        /// The name of the table, or its ARN.
        table: Required<TextTemplate<NotEmpty>>;
        /// What an item contains that counts, in plain JSON: `{ id = "o-1", total = 3 }`.
        r#where: Option<Where>;
        /// How many there are: a number, or `{ min = 1, max = 3 }`. By default at least one.
        count: Times = Times::at_least_one();
    }
}

section! {
    /// Messages that a queue of the embedded AWS must hold after the execution. Not checked elsewhere.
    Messages {
        /// The name of the queue, its URL or its ARN.
        queue: Required<TextTemplate<NotEmpty>>;
        /// What the body of a message contains that counts, if it is JSON.
        r#where: Option<Where>;
        /// How many there are: a number, or `{ min = 1, max = 3 }`. By default at least one.
        count: Times = Times::at_least_one();
    }
}

section! {
    /// A range of counts.
    Range {
        /// The least. The default is 0.
        min: Option<Int<0, 1_000_000>>;
        /// The most. By default there is no limit.
        max: Option<Int<0, 1_000_000>>;
    }
}

/// `{ min = 1, max = 3 }`, or one number for both.
impl Setting for Times {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let count = |count: Int<0, 1_000_000>| u32::try_from(count.0).unwrap_or(u32::MAX);
        if !node.value().is_table() {
            let exactly = Int::<0, 1_000_000>::read(node, reader).map(count)?;
            return Some(Self {
                min: exactly,
                max: Some(exactly),
            });
        }
        let range = Range::read(node, reader)?;
        let times = Self {
            min: range.min.map_or(0, count),
            max: range.max.map(count),
        };
        if times.max.is_some_and(|max| max < times.min) {
            let message = format!("`{}` has a `max` below its `min`", node.path());
            reader.error("out-of-range", node.key(), message, None);
            return None;
        }
        Some(times)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let number = Int::<0, 1_000_000>::schema(definitions);
        json!({ "anyOf": [number, Range::schema(definitions)] })
    }
}

impl From<Times> for Value {
    fn from(times: Times) -> Self {
        let mut value = json!({ "min": times.min });
        if let Some(max) = times.max {
            value["max"] = max.into();
        }
        value
    }
}

/// A part of a document: an object, some of whose keys may be paths.
#[derive(Debug, Clone)]
pub(super) struct Where(pub Vec<(String, Value)>);

impl Setting for Where {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::Object(members) = Json::read(node, reader)?.0 else {
            reader.wrong_type(node, "a table");
            return None;
        };
        let mut parts = Vec::new();
        let mut whole = serde_json::Map::new();
        for (key, value) in members {
            match key.strip_prefix('$') {
                Some(path) if path.starts_with(['.', '[']) => match pointer(path) {
                    Some(pointer) => parts.push((pointer, value)),
                    None => {
                        let message = format!("`{key}` is not a path such as `$.Item.id.S`");
                        reader.error("invalid-path", node.place(), message, None);
                        return None;
                    }
                },
                _ => {
                    whole.insert(key, value);
                }
            }
        }
        if !whole.is_empty() {
            parts.insert(0, (String::new(), whole.into()));
        }
        Some(Self(parts))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "object" })
    }
}

/// `/Item/id/S` for `.Item.id.S`, `/Entries/0` for `.Entries[0]`.
fn pointer(path: &str) -> Option<String> {
    let mut pointer = String::new();
    let mut rest = path;
    while !rest.is_empty() {
        let name = if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            rest = &after[end..];
            &after[..end]
        } else {
            let (index, after) = rest.strip_prefix('[')?.split_once(']')?;
            index.parse::<usize>().ok()?;
            rest = after;
            index
        };
        if name.is_empty() {
            return None;
        }
        pointer.push('/');
        pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
    }
    Some(pointer)
}

/// A call whose service and action AWS has.
#[derive(Debug, Clone)]
pub(super) struct CallItem(pub Call);

impl Setting for CallItem {
    const IS_SECTION: bool = true;

    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let mut call = Call::read(node, reader)?;
        let named = call.service.0.as_ref()?;
        let service = named.value.value.clone();
        if !is_service(&service) {
            let message = format!("Step Functions calls no service `{service}`");
            let hint = nearest::nearest(&service, service_names())
                .map(|near| format!("did you mean `{near}`?"));
            reader.error("unknown-service", named.span.clone(), message, hint);
            return None;
        }
        if service == "lambda" && call.action.is_none() {
            call.action = Some(At::unwritten(Text::from("invoke")));
        }
        let Some(action) = &call.action else {
            let message = format!("`{}` has no `action`", node.path());
            reader.error("missing-key", node.key(), message, None);
            return None;
        };
        let name = action.value.value.clone();
        if !is_action(&service, &name) {
            let message = format!("`{service}` has no action `{name}`");
            let known = action_names(&service);
            let known = known.iter().map(String::as_str);
            let near = nearest::nearest(&name, known);
            let hint = near.map(|near| format!("did you mean `{near}`?"));
            reader.error("unknown-action", action.span.clone(), message, hint);
            return None;
        }
        if let Some(function) = call.function.as_ref().filter(|_| service != "lambda") {
            let message = format!(
                "`{}` names a `function`, but calls `{service}`",
                node.path()
            );
            let hint = "functions are called by the service `lambda`".to_owned();
            reader.error("conflict", function.span.clone(), message, hint);
            return None;
        }
        Some(Self(call))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Call::schema(definitions)
    }
}

/// Without the prefix that says how it is called.
fn plain(name: &str) -> &str {
    name.strip_prefix("aws-sdk:").unwrap_or(name)
}

fn is_service(name: &str) -> bool {
    let mut optimized = optimized_services().iter();
    service(plain(name)).is_some() || optimized.any(|entry| entry.service == name)
}

fn service_names() -> impl Iterator<Item = &'static str> {
    let optimized = optimized_services().iter().map(|entry| entry.service);
    optimized.chain(services().iter().map(|service| service.name))
}

fn is_action(name: &str, action: &str) -> bool {
    let of_sdk = service(plain(name)).and_then(|service| operation(service, action));
    of_sdk.is_some() || optimized(name, action).is_some()
}

fn action_names(name: &str) -> Vec<String> {
    let entries = optimized_services().iter();
    let optimized = entries.filter(|entry| entry.service == name);
    let optimized = optimized.map(|entry| entry.action.to_owned());
    let of_sdk = service(plain(name)).into_iter().flat_map(operations);
    optimized
        .chain(of_sdk.map(|operation| operation.camel_case()))
        .collect()
}

impl CallItem {
    pub fn expected(self, line: usize) -> Option<ExpectedCall> {
        let Call {
            service,
            action,
            function,
            r#where,
            times,
        } = self.0;
        Some(ExpectedCall {
            service: service.0?.value.value,
            action: action?.value.value,
            function: function.map(|function| function.value.value),
            parameters: r#where.map_or_else(Vec::new, |parts| parts.0),
            times,
            line,
        })
    }
}

impl Items {
    pub fn expected(self, line: usize) -> Option<ExpectedContents> {
        contents(
            ContentsKind::Items,
            self.table,
            self.r#where,
            self.count,
            line,
        )
    }
}

impl Messages {
    pub fn expected(self, line: usize) -> Option<ExpectedContents> {
        let kind = ContentsKind::Messages;
        contents(kind, self.queue, self.r#where, self.count, line)
    }
}

fn contents(
    kind: ContentsKind,
    name: Required<TextTemplate<NotEmpty>>,
    parts: Option<Where>,
    count: Times,
    line: usize,
) -> Option<ExpectedContents> {
    Some(ExpectedContents {
        kind,
        name: name.0?.value,
        parts: parts.map_or_else(Vec::new, |parts| parts.0),
        count,
        line,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_pointer() {
        for (path, expected) in [
            (".Item.id.S", Some("/Item/id/S")),
            (".Entries[0].Detail", Some("/Entries/0/Detail")),
            ("[2]", Some("/2")),
            (".a/b.c~d", Some("/a~1b/c~0d")),
            (".a..b", None),
            (".a[x]", None),
            (".a[1", None),
            (".", None),
        ] {
            assert_eq!(pointer(path).as_deref(), expected, "{path}");
        }
    }
}
