//! Money without floating point.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// More than zero, in one currency, exact to that currency's smallest unit.
///
/// In JSON it is two fields, `"amount": "19.99", "currency": "EUR"`. The amount is a string:
/// a JSON number passes through a float in many readers, and 19.99 has no exact float.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub struct Money {
    /// In the smallest unit of the currency, such as cents.
    minor_units: i64,
    currency: Currency,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMoney {
    #[error("`amount` is `{0}`, which is not a decimal number such as `19.99`")]
    NotDecimal(String),
    #[error("`amount` is `{amount}`, but {currency} has {decimals} decimal places")]
    TooPrecise {
        amount: String,
        currency: &'static str,
        decimals: usize,
    },
    #[error("`amount` is `{0}`, which is not more than zero")]
    NotPositive(String),
    #[error("`amount` is `{0}`, which is too large")]
    TooLarge(String),
    #[error("`currency` is `{0}`, which is not one of the currencies taken here: {known}", known = known_currencies())]
    UnknownCurrency(String),
}

/// An ISO 4217 code and its exponent: how many decimal places its minor unit has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Currency {
    code: &'static str,
    decimals: usize,
}

const CURRENCIES: [Currency; 10] = [
    Currency {
        code: "AUD",
        decimals: 2,
    },
    Currency {
        code: "CAD",
        decimals: 2,
    },
    Currency {
        code: "CHF",
        decimals: 2,
    },
    Currency {
        code: "EUR",
        decimals: 2,
    },
    Currency {
        code: "GBP",
        decimals: 2,
    },
    Currency {
        code: "JPY",
        decimals: 0,
    },
    Currency {
        code: "KWD",
        decimals: 3,
    },
    Currency {
        code: "NZD",
        decimals: 2,
    },
    Currency {
        code: "SEK",
        decimals: 2,
    },
    Currency {
        code: "USD",
        decimals: 2,
    },
];

impl Money {
    /// Takes at most as many decimal places as the currency has: nothing is ever rounded.
    pub fn parse(amount: &str, currency: &str) -> Result<Self, InvalidMoney> {
        let currency = Currency::from_str(currency)?;
        let (whole, fraction) = amount.split_once('.').unwrap_or((amount, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole.strip_prefix('-').unwrap_or(whole)) || !digits(fraction) {
            return Err(InvalidMoney::NotDecimal(amount.to_owned()));
        }
        if whole.starts_with('-') {
            return Err(InvalidMoney::NotPositive(amount.to_owned()));
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > currency.decimals {
            return Err(InvalidMoney::TooPrecise {
                amount: amount.to_owned(),
                currency: currency.code,
                decimals: currency.decimals,
            });
        }
        let minor_units = format!("{whole}{fraction:0<width$}", width = currency.decimals);
        match minor_units.parse() {
            Ok(0) => Err(InvalidMoney::NotPositive(amount.to_owned())),
            Ok(minor_units) => Ok(Self {
                minor_units,
                currency,
            }),
            Err(_) => Err(InvalidMoney::TooLarge(amount.to_owned())),
        }
    }

    /// In the smallest unit of the currency, such as cents.
    pub fn minor_units(self) -> i64 {
        self.minor_units
    }

    /// The ISO 4217 code.
    pub fn currency(self) -> &'static str {
        self.currency.code
    }

    /// The amount alone, with all decimal places of the currency: `20.00`.
    pub fn amount(self) -> String {
        let decimals = self.currency.decimals;
        let digits = format!("{:0>width$}", self.minor_units, width = decimals + 1);
        match digits.split_at(digits.len() - decimals) {
            (whole, "") => whole.to_owned(),
            (whole, fraction) => format!("{whole}.{fraction}"),
        }
    }
}

/// `19.99 EUR`
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency())
    }
}

#[derive(Serialize, Deserialize)]
struct Fields {
    amount: String,
    currency: String,
}

impl TryFrom<Fields> for Money {
    type Error = InvalidMoney;

    fn try_from(fields: Fields) -> Result<Self, InvalidMoney> {
        Self::parse(&fields.amount, &fields.currency)
    }
}

impl From<Money> for Fields {
    fn from(money: Money) -> Self {
        Self {
            amount: money.amount(),
            currency: money.currency().to_owned(),
        }
    }
}

impl FromStr for Currency {
    type Err = InvalidMoney;

    fn from_str(code: &str) -> Result<Self, InvalidMoney> {
        let found = CURRENCIES
            .into_iter()
            .find(|currency| currency.code == code);
        found.ok_or_else(|| InvalidMoney::UnknownCurrency(code.to_owned()))
    }
}

fn known_currencies() -> String {
    CURRENCIES.map(|currency| currency.code).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_each_currency_to_its_smallest_unit() {
        for (amount, currency, minor_units, shown) in [
            ("19.99", "EUR", 1999, "19.99 EUR"),
            ("20", "USD", 2000, "20.00 USD"),
            ("0.5", "GBP", 50, "0.50 GBP"),
            ("0.05", "GBP", 5, "0.05 GBP"),
            ("19.9900", "EUR", 1999, "19.99 EUR"),
            ("007", "JPY", 7, "7 JPY"),
            ("1500.0", "JPY", 1500, "1500 JPY"),
            ("1.234", "KWD", 1234, "1.234 KWD"),
            (
                "92233720368547758.07",
                "EUR",
                i64::MAX,
                "92233720368547758.07 EUR",
            ),
        ] {
            let money = Money::parse(amount, currency).unwrap();
            assert_eq!(money.minor_units(), minor_units, "{amount} {currency}");
            assert_eq!(money.to_string(), shown);
        }
    }

    #[test]
    fn refuses_what_is_no_decimal_number() {
        for amount in [
            "", ".", "1.", ".5", "1e3", "1,50", " 1", "+1", "--1", "1.-5", "NaN", "٣",
        ] {
            assert_eq!(
                Money::parse(amount, "EUR"),
                Err(InvalidMoney::NotDecimal(amount.to_owned())),
            );
        }
    }

    #[test]
    fn never_rounds() {
        let error = Money::parse("19.999", "EUR").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`amount` is `19.999`, but EUR has 2 decimal places"
        );
        assert!(Money::parse("0.5", "JPY").is_err());
    }

    #[test]
    fn refuses_nothing_less_than_nothing_and_too_much() {
        for amount in ["0", "0.00", "-0", "-1.00"] {
            assert_eq!(
                Money::parse(amount, "EUR"),
                Err(InvalidMoney::NotPositive(amount.to_owned())),
            );
        }
        let error = Money::parse("92233720368547758.08", "EUR").unwrap_err();
        assert_eq!(
            error,
            InvalidMoney::TooLarge("92233720368547758.08".to_owned())
        );
    }

    #[test]
    fn names_the_currencies_it_takes() {
        let error = Money::parse("1", "eur").unwrap_err();
        assert!(error.to_string().contains("`eur`"), "{error}");
        assert!(error.to_string().contains("EUR, GBP"), "{error}");
    }

    #[test]
    fn a_json_number_is_refused() {
        let json = serde_json::json!({ "amount": 19.99, "currency": "EUR" });
        let error = serde_json::from_value::<Money>(json).unwrap_err();
        assert!(error.to_string().contains("expected a string"), "{error}");
    }
}
