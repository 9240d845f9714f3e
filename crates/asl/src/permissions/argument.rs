//! What a state asks of a service: the values of its `Parameters` or `Arguments`, as far as they are known before an
//! execution starts.

use serde_json::{Map, Value};

use super::{NeededResource, Owner};
use crate::constant::Constant;
use crate::definition::QueryLanguage;
use crate::intrinsic::Intrinsic;
use crate::jsonata::{self, delimited};
use crate::jsonpath::JsonPath;
use crate::source::push_token;
use crate::walk::PlacedState;

/// One value of a request, or the request itself.
#[derive(Clone)]
pub(super) struct Argument<'d> {
    /// `None` if the request is what the state gets.
    value: Option<&'d Value>,
    /// As in the definition: `TableName.$`.
    key: String,
    /// A JSON pointer.
    place: String,
    /// Whether the value is a path or a call of an intrinsic function.
    is_path: bool,
    language: QueryLanguage,
    pub(super) owner: Owner<'d>,
}

/// A text, as far as it is known.
pub(super) enum Text {
    Known(String),
    /// How it starts.
    Starts(String, Unknown),
    Unknown(Unknown),
}

/// Why something is not known, and where that is said.
#[derive(Clone)]
pub(super) struct Unknown {
    because: String,
    place: String,
}

impl<'d> Argument<'d> {
    /// The request of a state, or of its `ItemReader` or `ResultWriter`, which is at `pointer`.
    pub(super) fn request(
        state: &PlacedState<'d>,
        holder: &'d Value,
        pointer: &str,
        owner: Owner<'d>,
    ) -> Self {
        let field = match state.language {
            QueryLanguage::JsonPath => "Parameters",
            QueryLanguage::Jsonata => "Arguments",
        };
        let value = holder.get(field);
        let mut place = pointer.to_owned();
        if value.is_some() {
            push_token(&mut place, field);
        }
        Self {
            value,
            key: field.to_owned(),
            place,
            is_path: false,
            language: state.language,
            owner,
        }
    }

    /// A field of a state, such as `Credentials`.
    pub(super) fn value(
        state: &PlacedState<'d>,
        value: &'d Value,
        field: &str,
        owner: Owner<'d>,
    ) -> Self {
        Self {
            value: Some(value),
            key: field.to_owned(),
            place: state.pointer_to(field),
            is_path: false,
            language: state.language,
            owner,
        }
    }

    fn is_list(&self) -> bool {
        matches!(self.value, Some(Value::Array(_)))
    }

    /// A field of an object, whatever the case of its name; `None` if there is none.
    pub(super) fn field(&self, name: &str) -> Option<Self> {
        match self.value {
            _ if self.is_dynamic() => Some(self.clone()),
            Some(Value::Object(fields)) => {
                let mut fields = self.children(fields);
                fields
                    .find(|(plain, _)| plain.eq_ignore_ascii_case(name))
                    .map(|(_, field)| field)
            }
            _ => None,
        }
    }

    /// A field of a field: `QueryExecutionContext.Catalog`.
    pub(super) fn path(&self, path: &str) -> Option<Self> {
        let mut names = path.split('.');
        names.try_fold(self.clone(), |argument, name| argument.field(name))
    }

    /// The fields of an object with their names; empty if it is not known.
    pub(super) fn fields(&self) -> Vec<(&'d str, Self)> {
        match self.value {
            Some(Value::Object(fields)) if !self.is_dynamic() => self.children(fields).collect(),
            _ => Vec::new(),
        }
    }

    /// The fields with names that fit, however deep they are.
    pub(super) fn deep_fields(&self, fits: impl Fn(&str) -> bool) -> Vec<Self> {
        let mut found = Vec::new();
        let mut open = vec![self.clone()];
        while let Some(argument) = open.pop() {
            for (name, field) in argument.fields() {
                match fits(name) {
                    true => found.push(field),
                    false => open.push(field),
                }
            }
            if argument.is_list() {
                open.extend(argument.items());
            }
        }
        found
    }

    /// The items of a list. A list that is not known has one item, which is not known either.
    pub(super) fn items(&self) -> Vec<Self> {
        match self.value {
            _ if self.is_dynamic() => vec![self.clone()],
            Some(Value::Array(items)) => {
                let items = items.iter().enumerate();
                items
                    .map(|(index, item)| self.child(&index.to_string(), item))
                    .collect()
            }
            _ => vec![self.clone()],
        }
    }

    /// The texts that it may be: several if an expression has alternatives.
    pub(super) fn texts(&self) -> Vec<Text> {
        let constants = self.constants();
        constants
            .into_iter()
            .map(|constant| self.text(constant))
            .collect()
    }

    /// The texts of a field, if it has one and all are known.
    pub(super) fn known_texts(&self, field: &str) -> Option<Vec<String>> {
        let texts = self.field(field)?.texts().into_iter();
        texts
            .map(|text| match text {
                Text::Known(text) => Some(text),
                Text::Starts(..) | Text::Unknown(_) => None,
            })
            .collect()
    }

    /// Says that it is not known.
    pub(super) fn unknown(&self) -> Unknown {
        let because = match self.value {
            None => format!(
                "the state has no `{}`, so its input is the request",
                self.key
            ),
            Some(Value::String(text)) => format!("`{}` is `{text}`", self.key),
            Some(_) => format!("`{}` does not name it", self.key),
        };
        Unknown {
            because,
            place: self.place.clone(),
        }
    }

    /// Says that it has no such field.
    pub(super) fn without(&self, field: &str) -> Unknown {
        Unknown {
            because: format!("`{}` has no `{field}`", self.key),
            place: self.place.clone(),
        }
    }

    /// Whether only an execution knows what it is.
    pub(super) fn is_dynamic(&self) -> bool {
        match self.value {
            None => true,
            Some(_) if self.is_path => true,
            Some(Value::String(text)) => self.is_expression(text),
            Some(_) => false,
        }
    }

    fn is_expression(&self, text: &str) -> bool {
        self.language == QueryLanguage::Jsonata && delimited(text).is_some()
    }

    fn children<'a>(
        &'a self,
        fields: &'d Map<String, Value>,
    ) -> impl Iterator<Item = (&'d str, Self)> + use<'a, 'd> {
        fields.iter().map(|(key, value)| {
            let path = key
                .strip_suffix(".$")
                .filter(|_| self.language == QueryLanguage::JsonPath);
            let field = Self {
                is_path: path.is_some(),
                ..self.child(key, value)
            };
            (path.unwrap_or(key), field)
        })
    }

    fn child(&self, key: &str, value: &'d Value) -> Self {
        let mut place = self.place.clone();
        push_token(&mut place, key);
        Self {
            value: Some(value),
            key: key.to_owned(),
            place,
            ..self.clone()
        }
    }

    fn constants(&self) -> Vec<Constant> {
        match self.value {
            Some(Value::String(text)) if self.is_path => vec![self.path_constant(text)],
            Some(Value::String(text)) => match delimited(text).filter(|_| self.is_expression(text))
            {
                Some(source) => jsonata::constants(source, &|path| {
                    self.of_context(path.strip_prefix("$states.context.")?)
                }),
                None => vec![Constant::Whole(text.clone())],
            },
            Some(Value::Number(number)) if !self.is_path => {
                vec![Constant::Whole(number.to_string())]
            }
            _ => vec![Constant::UNKNOWN],
        }
    }

    fn path_constant(&self, text: &str) -> Constant {
        let known = |path: &JsonPath| self.of_context(path.as_str().strip_prefix("$$.")?);
        if let Ok(call) = Intrinsic::parse(text) {
            return call.constant(&known);
        }
        let path = JsonPath::parse(text).ok();
        let found = path.and_then(|path| known(&path));
        found.map_or(Constant::UNKNOWN, Constant::Whole)
    }

    /// What the context object says of the state machine, which all executions share.
    fn of_context(&self, path: &str) -> Option<String> {
        match path {
            "StateMachine.Id" => Some(self.owner.state_machine_arn()),
            "StateMachine.Name" => Some(self.owner.state_machine.to_owned()),
            _ => None,
        }
    }

    fn text(&self, constant: Constant) -> Text {
        match constant {
            Constant::Whole(text) => Text::Known(text),
            Constant::Start(start) if start.is_empty() => Text::Unknown(self.unknown()),
            Constant::Start(start) => Text::Starts(start, self.unknown()),
        }
    }
}

impl Unknown {
    pub(super) fn new(because: impl Into<String>, at: &Argument<'_>) -> Self {
        Self {
            because: because.into(),
            place: at.place.clone(),
        }
    }

    pub(super) fn resource(self) -> NeededResource {
        NeededResource::Unknown {
            because: self.because,
            place: self.place,
        }
    }
}
