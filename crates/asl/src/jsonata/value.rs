//! Values as expressions see them.

use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;

use super::evaluate::Function;
use super::evaluate::Thunk;
use super::stack::grown;

#[derive(Clone, Debug, Default)]
pub(super) enum Value {
    #[default]
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    /// An integer that a float cannot represent. It stays as it is until something is calculated with it.
    Long(i64),
    String(Arc<str>),
    Array(Array),
    Object(Rc<Object>),
    Function(Rc<Function>),
    /// A call in tail position, which the caller of the function makes.
    Thunk(Rc<Thunk>),
}

/// A list, and what it is in JSONata: flags belong to a reference, since lists are shared.
#[derive(Clone, Debug)]
pub(super) struct Array {
    list: Rc<List>,
    pub(super) flags: Flags,
}

#[derive(Debug)]
struct List {
    items: Vec<Value>,
    depth: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags {
    /// A result of a query: nothing if it is empty, and its item if that is the only one.
    pub(super) sequence: bool,
    /// A sequence that remains a list, with `[]`.
    pub(super) keep_singleton: bool,
    /// Its items are objects of what is bound along a path.
    pub(super) tuples: bool,
    /// Written as `[…]` in a path: it is not flattened into the results of its step.
    pub(super) constructed: bool,
    /// Holds the whole input, which is a list.
    pub(super) outer: bool,
}

impl Flags {
    pub(super) const SEQUENCE: Self = Self {
        sequence: true,
        keep_singleton: false,
        tuples: false,
        constructed: false,
        outer: false,
    };
    pub(super) const TUPLES: Self = Self {
        tuples: true,
        ..Self::SEQUENCE
    };
    pub(super) const OUTER: Self = Self {
        outer: true,
        ..Self::SEQUENCE
    };
    pub(super) const PLAIN: Self = Self {
        sequence: false,
        ..Self::SEQUENCE
    };
}

impl Array {
    pub(super) fn new(items: Vec<Value>, flags: Flags) -> Self {
        let inner = items.iter().map(Value::depth).max();
        let depth = inner.unwrap_or_default() + 1;
        Self {
            list: Rc::new(List { items, depth }),
            flags,
        }
    }

    pub(super) fn items(&self) -> &[Value] {
        &self.list.items
    }

    pub(super) fn len(&self) -> usize {
        self.list.items.len()
    }

    pub(super) fn with_flags(&self, flags: Flags) -> Self {
        Self {
            list: Rc::clone(&self.list),
            flags,
        }
    }

    fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.list, &other.list)
    }
}

/// An object. Keys that are integers come first, in their order, as in JavaScript.
#[derive(Debug, Default)]
pub(super) struct Object {
    fields: IndexMap<Arc<str>, Value>,
    depth: usize,
}

impl Object {
    pub(super) fn new(mut fields: IndexMap<Arc<str>, Value>) -> Self {
        if fields.keys().any(|key| index(key).is_some()) {
            let position = |key: &str| index(key).map_or(u64::MAX, u64::from);
            fields.sort_by(|a, _, b, _| position(a).cmp(&position(b)));
        }
        let inner = fields.values().map(Value::depth).max();
        let depth = inner.unwrap_or_default() + 1;
        Self { fields, depth }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.fields.get(key)
    }

    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        self.fields.iter()
    }

    pub(super) fn fields(&self) -> &IndexMap<Arc<str>, Value> {
        &self.fields
    }
}

/// A key that JavaScript takes as the index of an array.
fn index(key: &str) -> Option<u32> {
    let plain = key == "0" || !key.starts_with('0');
    let digits = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit());
    (plain && digits)
        .then(|| key.parse().ok())?
        .filter(|index| *index != u32::MAX)
}

impl Value {
    pub(super) fn string(text: impl Into<Arc<str>>) -> Self {
        Self::String(text.into())
    }

    pub(super) fn array(items: Vec<Value>) -> Self {
        Self::Array(Array::new(items, Flags::PLAIN))
    }

    pub(super) fn sequence(items: Vec<Value>) -> Self {
        Self::Array(Array::new(items, Flags::SEQUENCE))
    }

    pub(super) fn object(fields: impl IntoIterator<Item = (Arc<str>, Value)>) -> Self {
        Self::Object(Rc::new(Object::new(fields.into_iter().collect())))
    }

    /// How many lists and objects are inside each other. A value is dropped and compared by recursion.
    pub(super) fn depth(&self) -> usize {
        match self {
            Self::Array(array) => array.list.depth,
            Self::Object(object) => object.depth,
            _ => 0,
        }
    }

    pub(super) fn is_undefined(&self) -> bool {
        matches!(self, Self::Undefined)
    }

    pub(super) fn is_function(&self) -> bool {
        matches!(self, Self::Function(_) | Self::Thunk(_))
    }

    pub(super) fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            #[expect(clippy::cast_precision_loss, reason = "as in JavaScript")]
            Self::Long(number) => Some(*number as f64),
            _ => None,
        }
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_array(&self) -> Option<&Array> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// A list that is a stream of what is bound along a path.
    pub(super) fn is_tuple_stream(&self) -> bool {
        self.as_array().is_some_and(|array| array.flags.tuples)
    }

    /// The items of a list, or the value itself as the only item.
    pub(super) fn each(&self) -> &[Value] {
        match self {
            Self::Array(array) => array.items(),
            value => std::slice::from_ref(value),
        }
    }

    /// The value without what its place in a query says about it.
    pub(super) fn with_flags(self, flags: Flags) -> Self {
        match self {
            Self::Array(array) => Self::Array(array.with_flags(flags)),
            value => value,
        }
    }

    /// `===` of JavaScript.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Undefined, Self::Undefined) | (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Long(a), Self::Long(b)) => a == b,
            (Self::String(a), Self::String(b)) => a == b,
            (Self::Array(a), Self::Array(b)) => a.is(b),
            (Self::Object(a), Self::Object(b)) => Rc::ptr_eq(a, b),
            (Self::Function(a), Self::Function(b)) => Rc::ptr_eq(a, b),
            (a, b) => match (a.as_number(), b.as_number()) {
                #[expect(clippy::float_cmp, reason = "what the operator means")]
                (Some(a), Some(b)) => a == b,
                _ => false,
            },
        }
    }

    /// Equality of all parts. Calls `step` for each comparison.
    pub(super) fn equals<E>(
        &self,
        other: &Self,
        step: &mut impl FnMut() -> Result<(), E>,
    ) -> Result<bool, E> {
        step()?;
        if self.is(other) {
            return Ok(true);
        }
        match (self, other) {
            (Self::Array(a), Self::Array(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                for (a, b) in a.items().iter().zip(b.items()) {
                    if !grown(|| a.equals(b, step))? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Self::Object(a), Self::Object(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                for (key, a) in a.iter() {
                    match b.get(key) {
                        Some(b) if grown(|| a.equals(b, step))? => {}
                        _ => return Ok(false),
                    }
                }
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Whether JavaScript takes it for true.
    pub(super) fn is_truthy(&self) -> bool {
        match self {
            Self::Undefined | Self::Null => false,
            Self::Bool(value) => *value,
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::String(text) => !text.is_empty(),
            _ => true,
        }
    }
}
