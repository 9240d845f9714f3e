//! Values as JSON text: what `$string` gives, and what messages show.

use super::super::fault::Fault;
use super::super::number;
use super::super::quote::quote;
use super::super::stack::grown;
use super::super::value::Value;
use crate::budget::Budget;

/// A message shows no more of a value.
const MOST_SHOWN: usize = 32_000;

/// `JSON.stringify(value)` in a message.
pub(in super::super) fn shown(value: &Value) -> String {
    let mut writer = Writer {
        out: String::new(),
        budget: None,
        indent: false,
    };
    // Only a budget ends it with an error.
    let _ = writer.value(value, 0);
    writer.out
}

/// `$string(value, indent)` of what is not a text: numbers are rounded to 15 digits, and functions are empty.
pub(in super::super) fn of(value: &Value, indent: bool, budget: &Budget) -> Result<String, Fault> {
    let mut writer = Writer {
        out: String::new(),
        budget: Some(budget),
        indent,
    };
    writer.value(value, 0)?;
    Ok(writer.out)
}

impl Fault {
    /// Shows a value in the message.
    pub(in super::super) fn value(self, value: &Value) -> Self {
        self.part("value", shown(value))
    }
}

struct Writer<'b> {
    out: String,
    /// Without one, the text is for a message.
    budget: Option<&'b Budget>,
    indent: bool,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value, level: usize) -> Result<(), Fault> {
        let start = self.out.len();
        match self.budget {
            Some(budget) => budget.step(1)?,
            None if start > MOST_SHOWN => return Ok(()),
            None => {}
        }
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Value::Number(number) => self.number(*number)?,
            Value::Long(_) => self.number(value.as_number().unwrap_or(f64::NAN))?,
            Value::String(text) => quote(text, &mut self.out),
            Value::Array(array) => self.list(array.items(), level)?,
            Value::Object(object) => {
                let shown = |value: &Value| {
                    !value.is_undefined() && (self.budget.is_some() || !value.is_function())
                };
                let fields: Vec<_> = object.iter().filter(|(_, value)| shown(value)).collect();
                self.fields(&fields, level)?;
            }
            Value::Function(_) | Value::Thunk(_) if self.budget.is_some() => {
                self.out.push_str("\"\"")
            }
            Value::Undefined | Value::Function(_) | Value::Thunk(_) => {
                self.out
                    .push_str(if level == 0 { "undefined" } else { "null" });
            }
        }
        match self.budget {
            Some(budget) => Ok(budget.take(own_length(value, self.out.len() - start))?),
            None => Ok(()),
        }
    }

    fn number(&mut self, number: f64) -> Result<(), Fault> {
        let number = match self.budget {
            Some(_) if number.is_infinite() => {
                return Err(Fault::new("D1001").value(&Value::Number(number)));
            }
            Some(_) => number::rounded_to_15_digits(number),
            None => number,
        };
        if number.is_finite() {
            self.out.push_str(&number::text(number));
        } else {
            self.out.push_str("null");
        }
        Ok(())
    }

    fn list(&mut self, items: &[Value], level: usize) -> Result<(), Fault> {
        self.out.push('[');
        for (at, item) in items.iter().enumerate() {
            self.separate(at, level + 1);
            grown(|| self.value(item, level + 1))?;
        }
        self.close(!items.is_empty(), level, ']');
        Ok(())
    }

    fn fields(
        &mut self,
        fields: &[(&std::sync::Arc<str>, &Value)],
        level: usize,
    ) -> Result<(), Fault> {
        self.out.push('{');
        for (at, (key, value)) in fields.iter().enumerate() {
            self.separate(at, level + 1);
            quote(key, &mut self.out);
            self.out.push_str(if self.indent { ": " } else { ":" });
            grown(|| self.value(value, level + 1))?;
        }
        self.close(!fields.is_empty(), level, '}');
        Ok(())
    }

    fn separate(&mut self, at: usize, level: usize) {
        if at > 0 {
            self.out.push(',');
        }
        self.line(level);
    }

    fn close(&mut self, filled: bool, level: usize, bracket: char) {
        if filled {
            self.line(level);
        }
        self.out.push(bracket);
    }

    fn line(&mut self, level: usize) {
        if self.indent {
            self.out.push('\n');
            self.out.push_str(&"  ".repeat(level));
        }
    }
}

/// What a value added to the text, without the values inside it, which are counted by themselves.
fn own_length(value: &Value, whole: usize) -> usize {
    match value {
        Value::Array(array) => array.len(),
        Value::Object(object) => object.iter().map(|(key, _)| key.len() + 4).sum(),
        _ => whole,
    }
}
