//! What a transaction came to, on its way to the receipt.

use serde::{Deserialize, Serialize};

use crate::{Id, Money};

/// What the purchase and refund handlers answer. The state machine passes it to the result
/// handler as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "UPPERCASE")]
pub enum Outcome {
    Purchase(Authorization),
    Refund(Credit),
}

/// The payment provider has set the amount aside for us.
///
/// ```json
/// { "type": "PURCHASE", "transactionId": "tx-1001", "customerId": "cus-42",
///   "authorizationId": "auth-0123456789abcdef", "amount": "19.99", "currency": "EUR" }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Authorization {
    pub transaction_id: Id,
    pub customer_id: Id,
    pub authorization_id: Id,
    #[serde(flatten)]
    pub money: Money,
}

/// The payment provider has given the amount back.
///
/// ```json
/// { "type": "REFUND", "transactionId": "tx-1002", "originalTransactionId": "tx-1001",
///   "refundId": "rfnd-0123456789abcdef", "amount": "19.99", "currency": "EUR" }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credit {
    pub transaction_id: Id,
    pub original_transaction_id: Id,
    pub refund_id: Id,
    #[serde(flatten)]
    pub money: Money,
}

/// The output of the workflow.
///
/// ```json
/// { "receiptId": "rcpt-0123456789abcdef", "transactionId": "tx-1001", "status": "AUTHORIZED",
///   "reference": "auth-0123456789abcdef", "amount": "19.99", "currency": "EUR",
///   "summary": "Purchase of 19.99 EUR authorized" }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    pub receipt_id: Id,
    pub transaction_id: Id,
    pub status: Status,
    /// The authorization or the refund that the receipt is for.
    pub reference: Id,
    #[serde(flatten)]
    pub money: Money,
    /// For people.
    pub summary: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    Authorized,
    Refunded,
}

impl Outcome {
    pub fn transaction_id(&self) -> &Id {
        match self {
            Self::Purchase(authorization) => &authorization.transaction_id,
            Self::Refund(credit) => &credit.transaction_id,
        }
    }
}
