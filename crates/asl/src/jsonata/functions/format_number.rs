//! `$formatNumber`: numbers by picture, with the rules of XPath.

use super::super::dates::gcd;
use super::super::evaluate::Evaluator;
use super::super::fault::Fault;
use super::super::number as js;
use super::super::value::Value;
use super::arguments::{argument, number, required, text};
use super::numbers::rounded;
use crate::count::count;

pub(super) fn format_number(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
) -> Result<Value, Fault> {
    let Some(value) = number(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    let picture = required(text(arguments, 1)?)?;
    evaluator.host.budget.take(8 * picture.len())?;
    let symbols = Symbols::of(argument(arguments, 2))?;
    let formatted = format(value, picture, &symbols)?;
    evaluator.text(formatted)
}

/// The characters with a meaning in a picture, and how they are written.
struct Symbols {
    decimal: String,
    grouping: String,
    exponent: String,
    minus: String,
    percent: String,
    per_mille: String,
    digit: String,
    separator: String,
    /// The digits from zero.
    digits: Vec<char>,
}

impl Symbols {
    fn of(options: &Value) -> Result<Self, Fault> {
        let get = |name: &str, default: &str| match options {
            Value::Object(options) => match options.get(name) {
                None => Ok(default.to_owned()),
                Some(value) => required(value.as_str()).map(str::to_owned),
            },
            _ => Ok(default.to_owned()),
        };
        let zero = get("zero-digit", "0")?
            .encode_utf16()
            .next()
            .map_or(0, u32::from);
        Ok(Self {
            decimal: get("decimal-separator", ".")?,
            grouping: get("grouping-separator", ",")?,
            exponent: get("exponent-separator", "e")?,
            minus: get("minus-sign", "-")?,
            percent: get("percent", "%")?,
            per_mille: get("per-mille", "\u{2030}")?,
            digit: get("digit", "#")?,
            separator: get("pattern-separator", ";")?,
            digits: (zero..zero + 10)
                .map(|code| char::from_u32(code).unwrap_or('\u{fffd}'))
                .collect(),
        })
    }

    fn is_digit(&self, c: char) -> bool {
        self.digits.contains(&c)
    }

    fn is_optional(&self, c: char) -> bool {
        is(&self.digit, c)
    }

    fn is_exponent(&self, c: char) -> bool {
        is(&self.exponent, c)
    }

    fn is_active(&self, c: char) -> bool {
        let symbols = [
            &self.decimal,
            &self.exponent,
            &self.grouping,
            &self.digit,
            &self.separator,
        ];
        self.is_digit(c) || symbols.into_iter().any(|symbol| is(symbol, c))
    }

    fn zero(&self) -> char {
        self.digits.first().copied().unwrap_or('0')
    }
}

fn is(symbol: &str, c: char) -> bool {
    let mut characters = symbol.chars();
    characters.next() == Some(c) && characters.next().is_none()
}

/// One of the two parts of a picture, taken apart.
struct SubPicture<'p> {
    whole: &'p str,
    prefix: &'p str,
    suffix: &'p str,
    active: &'p str,
    mantissa: &'p str,
    exponent: Option<&'p str>,
    integer: &'p str,
    fraction: &'p str,
}

impl<'p> SubPicture<'p> {
    fn of(whole: &'p str, symbols: &Symbols) -> Self {
        let counts = |c: char| symbols.is_active(c) && !symbols.is_exponent(c);
        let start = whole.find(counts).unwrap_or_default();
        let end = whole
            .char_indices()
            .rfind(|(_, c)| counts(*c))
            .map_or(whole.len(), |(at, c)| at + c.len_utf8());
        let active = &whole[start..end];
        let exponent = whole[start..]
            .find(&symbols.exponent)
            .map(|at| at + start)
            .filter(|at| *at <= end);
        let (mantissa, exponent) = match exponent {
            // jsonata-js counts from the start of the picture here.
            Some(at) => {
                let at = floor_boundary(active, at);
                (
                    &active[..at],
                    Some(active.get(at + 1..).unwrap_or_default()),
                )
            }
            None => (active, None),
        };
        let (integer, fraction) = match mantissa.split_once(&*symbols.decimal) {
            Some((integer, fraction)) => (integer, fraction),
            None => (mantissa, &whole[end..]),
        };
        Self {
            whole,
            prefix: &whole[..start],
            suffix: &whole[end..],
            active,
            mantissa,
            exponent,
            integer,
            fraction,
        }
    }

    /// Of all rules that are broken, the last is told.
    fn check(&self, symbols: &Symbols) -> Result<(), Fault> {
        let whole = self.whole;
        let repeated = |symbol: &str| whole.find(symbol) != whole.rfind(symbol);
        let scaled = whole.contains(&symbols.percent) || whole.contains(&symbols.per_mille);
        let is_digit = |c: char| symbols.is_digit(c);
        let decimal = whole.find(&*symbols.decimal);
        let beside_decimal = decimal.is_some_and(|at| {
            let after = at + symbols.decimal.len();
            whole[..at].ends_with(&*symbols.grouping)
                || whole[after..].starts_with(&*symbols.grouping)
        });
        let digit_before_optional = self
            .integer
            .find(&*symbols.digit)
            .is_some_and(|at| self.integer[..at].contains(is_digit));
        let digit_after_optional = self
            .fraction
            .rfind(&*symbols.digit)
            .is_some_and(|at| self.fraction[at..].contains(is_digit));
        let rules = [
            ("D3081", repeated(&symbols.decimal)),
            ("D3082", repeated(&symbols.percent)),
            ("D3083", repeated(&symbols.per_mille)),
            (
                "D3084",
                whole.contains(&symbols.percent) && whole.contains(&symbols.per_mille),
            ),
            (
                "D3085",
                !self
                    .mantissa
                    .contains(|c| symbols.is_digit(c) || symbols.is_optional(c)),
            ),
            ("D3086", self.active.contains(|c| !symbols.is_active(c))),
            ("D3087", beside_decimal),
            (
                "D3088",
                decimal.is_none() && self.integer.ends_with(&*symbols.grouping),
            ),
            ("D3089", whole.contains(&symbols.grouping.repeat(2))),
            ("D3090", digit_before_optional),
            ("D3091", digit_after_optional),
            (
                "D3092",
                self.exponent.is_some_and(|exponent| !exponent.is_empty()) && scaled,
            ),
            (
                "D3093",
                self.exponent.is_some_and(|exponent| {
                    exponent.is_empty() || exponent.contains(|c| !symbols.is_digit(c))
                }),
            ),
        ];
        match rules.iter().rfind(|(_, broken)| *broken) {
            Some((code, _)) => Err(Fault::new(code)),
            None => Ok(()),
        }
    }
}

fn floor_boundary(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at)
}

/// What a picture asks for.
struct Layout {
    prefix: String,
    suffix: String,
    integer_groups: Vec<usize>,
    regular: usize,
    fraction_groups: Vec<usize>,
    integer_size: usize,
    scaling: usize,
    least_fraction: usize,
    most_fraction: usize,
    exponent_size: usize,
}

impl Layout {
    fn of(parts: &SubPicture<'_>, symbols: &Symbols) -> Self {
        let digits = |text: &str| text.chars().filter(|c| symbols.is_digit(*c)).count();
        let places = |text: &str| {
            text.chars()
                .filter(|c| symbols.is_digit(*c) || symbols.is_optional(*c))
                .count()
        };
        let has_exponent = parts.exponent.is_some();
        let integer_groups = groups(parts.integer, parts.integer, symbols, |text, at| {
            places(&text[at..])
        });
        let scaling = digits(parts.integer);
        let mut integer_size = scaling;
        let mut least_fraction = digits(parts.fraction);
        let mut most_fraction = places(parts.fraction);
        if integer_size == 0 && most_fraction == 0 {
            if has_exponent {
                least_fraction = 1;
                most_fraction = 1;
            } else {
                integer_size = 1;
            }
        }
        if has_exponent && integer_size == 0 && parts.integer.contains(&*symbols.digit) {
            integer_size = 1;
        }
        if integer_size == 0 && least_fraction == 0 {
            least_fraction = 1;
        }
        Self {
            prefix: parts.prefix.to_owned(),
            suffix: parts.suffix.to_owned(),
            regular: regular(&integer_groups),
            integer_groups,
            fraction_groups: groups(parts.fraction, parts.integer, symbols, |text, at| {
                places(&text[..at])
            }),
            integer_size,
            scaling,
            least_fraction,
            most_fraction,
            exponent_size: parts.exponent.map_or(0, digits),
        }
    }
}

/// The places of separators. jsonata-js looks for the second and later ones in the integer part in any case.
fn groups(
    part: &str,
    integer: &str,
    symbols: &Symbols,
    places: impl Fn(&str, usize) -> usize,
) -> Vec<usize> {
    let mut found = Vec::new();
    let mut next = part.find(&*symbols.grouping);
    while let Some(at) = next {
        let at = floor_boundary(part, at.min(part.len()));
        found.push(places(part, at));
        let from = integer.ceil_char_boundary((at + 1).min(integer.len()));
        next = integer[from..]
            .find(&*symbols.grouping)
            .map(|offset| from + offset);
    }
    found
}

fn regular(places: &[usize]) -> usize {
    let Some(divisor) = places.iter().copied().reduce(gcd) else {
        return 0;
    };
    let all = (1..=places.len()).all(|index| places.contains(&(index * divisor)));
    if all { divisor } else { 0 }
}

fn format(value: f64, picture: &str, symbols: &Symbols) -> Result<String, Fault> {
    let pictures: Vec<&str> = picture.split(&*symbols.separator).collect();
    if pictures.len() > 2 {
        return Err(Fault::new("D3080"));
    }
    let parts: Vec<SubPicture<'_>> = pictures
        .iter()
        .map(|picture| SubPicture::of(picture, symbols))
        .collect();
    for part in &parts {
        part.check(symbols)?;
    }
    let negative = value.is_nan() || value < 0.0;
    let used = if negative {
        parts.last()
    } else {
        parts.first()
    };
    let part = required(used)?;
    let mut layout = Layout::of(part, symbols);
    if negative && parts.len() == 1 {
        layout.prefix.insert_str(0, &symbols.minus);
    }
    let scaled = if part.whole.contains(&*symbols.percent) {
        value * 100.0
    } else if part.whole.contains(&*symbols.per_mille) {
        value * 1000.0
    } else {
        value
    };
    let (mantissa, exponent) = match layout.exponent_size {
        0 => (scaled, None),
        _ => {
            let (mantissa, exponent) = scientific(scaled, layout.scaling);
            (mantissa, Some(exponent))
        }
    };
    if layout.most_fraction > 100 {
        return Err(Fault::internal(
            "toFixed() digits argument must be between 0 and 100",
        ));
    }
    let mut written = digits(mantissa, &layout, symbols);
    if !part.whole.contains(&*symbols.decimal) || written.ends_with(&*symbols.decimal) {
        written.pop();
    }
    if let Some(exponent) = exponent {
        let size = shifted(&js::fixed(exponent.abs(), 0), symbols);
        let missing = layout.exponent_size.saturating_sub(size.chars().count());
        let sign = if exponent < 0.0 { &*symbols.minus } else { "" };
        let zeros: String = std::iter::repeat_n(symbols.zero(), missing).collect();
        written = format!("{written}{}{sign}{zeros}{size}", symbols.exponent);
    }
    Ok(format!("{}{written}{}", layout.prefix, layout.suffix))
}

/// A mantissa with so many digits before the point, and the exponent.
fn scientific(value: f64, scaling: usize) -> (f64, f64) {
    let power = super::arguments::index(scaling)
        .as_number()
        .unwrap_or_default();
    let (most, least) = (10_f64.powf(power), 10_f64.powf(power - 1.0));
    let (mut mantissa, mut exponent) = (value, 0.0);
    // jsonata-js never ends for 0 and for numbers below; later versions compare like this.
    if value != 0.0 && value.is_finite() {
        while mantissa.abs() < least {
            mantissa *= 10.0;
            exponent -= 1.0;
        }
        while mantissa.abs() > most {
            mantissa /= 10.0;
            exponent += 1.0;
        }
    }
    (mantissa, exponent)
}

/// Digits with all separators.
fn digits(value: f64, layout: &Layout, symbols: &Symbols) -> String {
    let precision = super::arguments::index(layout.most_fraction)
        .as_number()
        .unwrap_or_default();
    let fixed = js::fixed(rounded(value, precision).abs(), layout.most_fraction);
    let fixed = shifted(&fixed, symbols);
    let (whole, fraction) = fixed.split_once('.').unwrap_or((&fixed, ""));
    let zero = symbols.zero();
    let whole = whole.trim_start_matches(zero);
    let fraction = fraction.trim_end_matches(zero);
    let pad = |text: &str, size: usize| -> String {
        std::iter::repeat_n(zero, size.saturating_sub(text.chars().count())).collect()
    };
    let mut whole: Vec<char> = format!("{}{whole}", pad(whole, layout.integer_size))
        .chars()
        .collect();
    let mut fraction: Vec<char> = format!("{fraction}{}", pad(fraction, layout.least_fraction))
        .chars()
        .collect();
    let length = whole.len();
    if let Some(groups) = length.saturating_sub(1).checked_div(layout.regular) {
        for group in 1..=groups {
            splice(
                &mut whole,
                length - group * layout.regular,
                &symbols.grouping,
            );
        }
    } else {
        for place in &layout.integer_groups {
            if let Some(at) = whole.len().checked_sub(*place) {
                splice(&mut whole, at, &symbols.grouping);
            }
        }
    }
    for place in &layout.fraction_groups {
        let at = (*place).min(fraction.len());
        splice(&mut fraction, at, &symbols.grouping);
    }
    let whole: String = whole.into_iter().collect();
    let fraction: String = fraction.into_iter().collect();
    format!("{whole}{}{fraction}", symbols.decimal)
}

fn splice(text: &mut Vec<char>, at: usize, separator: &str) {
    text.splice(at..at, separator.chars());
}

/// The digits of the family.
fn shifted(text: &str, symbols: &Symbols) -> String {
    text.chars()
        .map(|c| match c.to_digit(10) {
            Some(digit) => symbols
                .digits
                .get(count(f64::from(digit)))
                .copied()
                .unwrap_or(c),
            None => c,
        })
        .collect()
}
