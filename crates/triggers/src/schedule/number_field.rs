//! A field of a cron expression whose values are plain numbers.

use super::{Part, SyntaxError};

/// The numbers that a field may hold, and their names.
pub(super) struct Numbers {
    pub what: &'static str,
    pub least: u16,
    pub most: u16,
    /// Of the numbers from `least` on.
    pub names: &'static [&'static str],
}

/// Numbers as ranges, each from, to and step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NumberField(Vec<(u16, u16, u16)>);

impl NumberField {
    pub fn parse(part: &Part<'_>, numbers: &Numbers) -> Result<Self, SyntaxError> {
        let items = part.split(|c| c == ',').into_iter();
        let items = items.map(|item| numbers.range(&item));
        Ok(Self(items.collect::<Result<_, _>>()?))
    }

    pub fn any(numbers: &Numbers) -> Self {
        Self(vec![(numbers.least, numbers.most, 1)])
    }

    pub fn contains(&self, number: u16) -> bool {
        let mut ranges = self.0.iter();
        ranges.any(|&(from, to, step)| {
            (from..=to).contains(&number) && (number - from).is_multiple_of(step)
        })
    }
}

impl Numbers {
    /// `*`, `5`, `1-5`, `*/2`, `5/15` or `1-30/2`.
    pub fn range(&self, item: &Part<'_>) -> Result<(u16, u16, u16), SyntaxError> {
        let parts = item.split(|c| c == '/');
        let (range, step) = match parts.as_slice() {
            [range] => (range, None),
            [range, step] => (range, Some(step)),
            _ => return Err(self.error(item)),
        };
        let (from, to) = match range.text {
            "*" => (self.least, self.most),
            _ => match range.split(|c| c == '-').as_slice() {
                [one] => {
                    let from = self.number(one)?;
                    // A start with a step goes on to the end.
                    (from, if step.is_some() { self.most } else { from })
                }
                [from, to] => (self.number(from)?, self.number(to)?),
                _ => return Err(self.error(range)),
            },
        };
        if from > to {
            let message = format!("the range `{}` is backwards", range.text);
            return Err(range.error(message, self.expected()));
        }
        let step = match step {
            None => 1,
            Some(step) => {
                let number = step.text.parse().ok();
                let number = number.filter(|number| (1..=self.most).contains(number));
                number.ok_or_else(|| {
                    let message = format!("`{}` is not a step", step.text);
                    step.error(message, "such as `0/15`: from 0 on, every 15")
                })?
            }
        };
        Ok((from, to, step))
    }

    pub fn number(&self, part: &Part<'_>) -> Result<u16, SyntaxError> {
        let named = self.names.iter().zip(self.least..);
        let mut named = named.filter(|(name, _)| name.eq_ignore_ascii_case(part.text));
        let number = match named.next() {
            Some((_, number)) => Some(number),
            None => part.text.parse().ok().filter(|_| is_digits(part.text)),
        };
        let number = number.filter(|number| (self.least..=self.most).contains(number));
        number.ok_or_else(|| self.error(part))
    }

    fn error(&self, part: &Part<'_>) -> SyntaxError {
        let message = format!("`{}` is not valid in the {}", part.text, self.what);
        part.error(message, self.expected())
    }

    fn expected(&self) -> String {
        let names = match self.names {
            [first, .., last] => format!(", or {first} to {last}"),
            _ => String::new(),
        };
        format!(
            "the values are {} to {}{names}, with `,`, `-`, `*` and `/`",
            self.least, self.most
        )
    }
}

pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
