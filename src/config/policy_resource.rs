//! The resources of statements, which IAM checks more closely than their form.

use serde_json::Value;
use txflow_asl::permissions::example_word;
use txflow_asl::policy::check_resource;

use super::node::Node;
use super::rules::Resource;
use super::setting::{Definitions, List, Reader, Setting};
use super::template::Template;
use super::template_keys::TextTemplate;

/// An ARN, or `*`.
#[derive(Debug, Clone)]
pub(super) struct PolicyResource(TextTemplate<Resource>);

impl Setting for PolicyResource {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let text = TextTemplate::<Resource>::read(node, reader)?;
        if !text.unset
            && let Err(refusal) = check_resource(&text.value.example())
        {
            let message = format!("IAM refuses `{}`: {}", node.path(), refusal.message);
            reader.error(
                "invalid-value",
                node.place(),
                message,
                refusal.hint.to_owned(),
            );
            return None;
        }
        if let Some(word) = example_word(&text.value.example()) {
            let message = format!(
                "`{word}` in `{}` is a word of an example, which names nothing",
                node.path()
            );
            let hint = "write the name in its place, or a pattern: `*` stands for any name";
            reader.warning("unfilled-example", node.place(), message, hint.to_owned());
        }
        Some(Self(text))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        TextTemplate::<Resource>::schema(definitions)
    }
}

impl<const MIN: usize, const MAX: usize> List<PolicyResource, MIN, MAX> {
    pub fn into_templates(self) -> Vec<Template> {
        self.0
            .into_iter()
            .map(|resource| resource.0.value)
            .collect()
    }
}
