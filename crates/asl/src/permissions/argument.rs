//! What a state asks of a service: the values of its `Parameters` or `Arguments`, as far as they are known before an
//! execution starts.

use serde_json::{Map, Value};

use super::assigned::Assigned;
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
    assigned: &'d [Assigned<'d>],
    /// How many variables lead to it.
    depth: u8,
}

/// More than anyone writes down, if the variables do not name each other in a circle.
const DEEPEST: u8 = 8;

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
            assigned: &[],
            depth: 0,
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
            assigned: &[],
            depth: 0,
        }
    }

    /// The same, whose variables may be among these.
    pub(super) fn knowing(self, assigned: &'d [Assigned<'d>]) -> Self {
        Self { assigned, ..self }
    }

    /// Its name as in the definition: `TableName.$`.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Whether it is a list whose items can be told.
    pub(super) fn is_list(&self) -> bool {
        matches!(self.value, Some(Value::Array(_))) && !self.is_dynamic()
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

    /// The object itself, and those inside of it that are known.
    pub(super) fn objects(&self) -> Vec<Self> {
        let mut found = Vec::new();
        let mut open = vec![self.clone()];
        while let Some(argument) = open.pop() {
            let fields = argument.fields();
            if !fields.is_empty() {
                open.extend(fields.into_iter().map(|(_, field)| field));
                found.push(argument);
            } else if argument.is_list() {
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
            Some(Value::String(text)) if self.is_path => self.path_constants(text),
            Some(Value::String(text)) => match delimited(text).filter(|_| self.is_expression(text))
            {
                Some(source) => jsonata::constants(source, &|path| self.of_path(path)),
                None => vec![Constant::Whole(text.clone())],
            },
            Some(Value::Number(number)) if !self.is_path => {
                vec![Constant::Whole(number.to_string())]
            }
            _ => vec![Constant::UNKNOWN],
        }
    }

    fn path_constants(&self, text: &str) -> Vec<Constant> {
        if let Ok(call) = Intrinsic::parse(text) {
            let known = |path: &JsonPath| match &self.of_path(path.as_str())?[..] {
                [Constant::Whole(text)] => Some(text.clone()),
                _ => None,
            };
            return vec![call.constant(&known)];
        }
        let known = JsonPath::parse(text).ok();
        let known = known.and_then(|path| self.of_path(path.as_str()));
        known.unwrap_or_else(|| vec![Constant::UNKNOWN])
    }

    /// What a path leads to, if that is the same in all executions: one text for each assignment of a variable.
    fn of_path(&self, path: &str) -> Option<Vec<Constant>> {
        let context = ["$states.context.", "$$."].into_iter();
        let mut context = context.filter_map(|start| path.strip_prefix(start));
        match context.next() {
            Some(path) => Some(vec![Constant::Whole(self.of_context(path)?)]),
            None => self.of_variable(path.strip_prefix('$')?),
        }
    }

    fn of_variable(&self, path: &str) -> Option<Vec<Constant>> {
        if self.depth == DEEPEST {
            return None;
        }
        let mut names = path.split('.');
        let name = names.next()?;
        let visible = self.assigned.iter();
        let visible = visible.filter(|one| one.name == name && one.is_visible_at(&self.place));
        let mut found = Vec::new();
        for one in visible {
            let whole = Self {
                value: Some(one.value),
                key: one.name.to_owned(),
                place: one.place.clone(),
                is_path: one.is_path,
                language: one.language,
                depth: self.depth + 1,
                ..self.clone()
            };
            let part = names.clone().try_fold(whole, |value, name| {
                value.field(name).filter(|_| !value.is_dynamic())
            });
            for constant in part?.constants() {
                if !found.contains(&constant) {
                    found.push(constant);
                }
            }
        }
        (!found.is_empty()).then_some(found)
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
