//! Writes the receipt of a transaction, which is the output of the workflow.

use transaction::{Error, Id, Outcome, Receipt, Status};

// One event at a time is all that Lambda sends, so one thread is enough and starts faster.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    transaction::serve(handle).await
}

/// The same outcome gets the same receipt, however often it is asked for.
fn handle(outcome: Outcome) -> Result<Receipt, Error> {
    Ok(match outcome {
        Outcome::Purchase(authorization) => Receipt {
            receipt_id: Id::derived("rcpt", &authorization.transaction_id),
            transaction_id: authorization.transaction_id,
            status: Status::Authorized,
            reference: authorization.authorization_id,
            money: authorization.money,
            summary: format!("Purchase of {} authorized", authorization.money),
        },
        Outcome::Refund(credit) => Receipt {
            receipt_id: Id::derived("rcpt", &credit.transaction_id),
            transaction_id: credit.transaction_id,
            status: Status::Refunded,
            reference: credit.refund_id,
            money: credit.money,
            summary: format!(
                "Refund of {} for `{}` credited",
                credit.money, credit.original_transaction_id
            ),
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn handled(outcome: Value) -> Value {
        let receipt = handle(serde_json::from_value(outcome).unwrap()).unwrap();
        serde_json::to_value(receipt).unwrap()
    }

    #[test]
    fn a_purchase_gets_a_receipt() {
        let outcome = json!({
            "type": "PURCHASE", "transactionId": "tx-1001", "customerId": "cus-42",
            "authorizationId": "auth-1", "amount": "19.99", "currency": "EUR",
        });
        let expected = json!({
            "receiptId": "rcpt-53b53c87f68e0277", "transactionId": "tx-1001", "status": "AUTHORIZED",
            "reference": "auth-1", "amount": "19.99", "currency": "EUR",
            "summary": "Purchase of 19.99 EUR authorized",
        });
        assert_eq!(handled(outcome.clone()), expected);
        assert_eq!(handled(outcome), expected);
    }

    #[test]
    fn a_refund_gets_a_receipt() {
        let outcome = json!({
            "type": "REFUND", "transactionId": "tx-1002", "originalTransactionId": "tx-1001",
            "refundId": "rfnd-1", "amount": "1500", "currency": "JPY",
        });
        let receipt = handled(outcome);
        assert_eq!(receipt["status"], "REFUNDED");
        assert_eq!(receipt["reference"], "rfnd-1");
        assert_eq!(
            receipt["summary"],
            "Refund of 1500 JPY for `tx-1001` credited"
        );
    }
}
