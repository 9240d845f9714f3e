//! The input of the workflow.

use serde::{Deserialize, Serialize};

use crate::{Id, Money};

/// The input of the workflow, told apart by `type`, on which the state machine's Choice state
/// branches as well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "UPPERCASE")]
pub enum Transaction {
    Purchase(Purchase),
    Refund(Refund),
}

/// A customer pays.
///
/// ```json
/// { "type": "PURCHASE", "transactionId": "tx-1001", "customerId": "cus-42",
///   "amount": "19.99", "currency": "EUR" }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Purchase {
    pub transaction_id: Id,
    pub customer_id: Id,
    #[serde(flatten)]
    pub money: Money,
}

/// A customer gets back all or a part of what they paid.
///
/// ```json
/// { "type": "REFUND", "transactionId": "tx-1002", "originalTransactionId": "tx-1001",
///   "amount": "19.99", "currency": "EUR" }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    pub transaction_id: Id,
    /// The purchase that is refunded.
    pub original_transaction_id: Id,
    #[serde(flatten)]
    pub money: Money,
}

impl Transaction {
    pub fn id(&self) -> &Id {
        match self {
            Self::Purchase(purchase) => &purchase.transaction_id,
            Self::Refund(refund) => &refund.transaction_id,
        }
    }

    /// The value of `type`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Purchase(_) => "PURCHASE",
            Self::Refund(_) => "REFUND",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn purchase() -> Value {
        json!({
            "type": "PURCHASE", "transactionId": "tx-1001", "customerId": "cus-42",
            "amount": "19.99", "currency": "EUR",
        })
    }

    #[test]
    fn survives_the_way_through_json() {
        let parsed: Transaction = serde_json::from_value(purchase()).unwrap();
        assert_eq!(parsed.id().as_str(), "tx-1001");
        assert_eq!(serde_json::to_value(parsed).unwrap(), purchase());
    }

    #[test]
    fn keys_that_are_not_ours_are_let_through() {
        let mut input = purchase();
        input["comment"] = json!("from the shop");
        assert!(serde_json::from_value::<Transaction>(input).is_ok());
    }

    #[test]
    fn says_what_is_wrong() {
        for (key, value, said) in [
            ("type", json!("GIFT"), "unknown variant `GIFT`"),
            ("transactionId", json!("tx 1"), "`tx 1` is not an id"),
            ("customerId", json!(null), "expected a string"),
            ("amount", json!("19.999"), "EUR has 2 decimal places"),
        ] {
            let mut input = purchase();
            input[key] = value;
            let error = serde_json::from_value::<Transaction>(input).unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
        }
    }
}
