//! Gives a customer back what they paid.

use transaction::{Credit, Error, Id, Outcome, Refund, Transaction};

// One event at a time is all that Lambda sends, so one thread is enough and starts faster.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    transaction::serve(handle).await
}

fn handle(transaction: Transaction) -> Result<Outcome, Error> {
    match transaction {
        Transaction::Refund(refund) => credit(refund).map(Outcome::Refund),
        Transaction::Purchase(_) => Err(Error::InvalidTransaction(
            "the refund handler does not accept `PURCHASE`".to_owned(),
        )),
    }
}

/// The same refund gets the same credit, however often it is asked for.
fn credit(refund: Refund) -> Result<Credit, Error> {
    if refund.transaction_id == refund.original_transaction_id {
        return Err(Error::InvalidTransaction(format!(
            "`{}` cannot refund itself: `originalTransactionId` is the purchase's",
            refund.transaction_id
        )));
    }
    Ok(Credit {
        refund_id: Id::derived("rfnd", &refund.transaction_id),
        transaction_id: refund.transaction_id,
        original_transaction_id: refund.original_transaction_id,
        money: refund.money,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn handled(original: &str) -> Result<serde_json::Value, Error> {
        let input = json!({
            "type": "REFUND", "transactionId": "tx-1002", "originalTransactionId": original,
            "amount": "5", "currency": "EUR",
        });
        let outcome = handle(serde_json::from_value(input).unwrap())?;
        Ok(serde_json::to_value(outcome).unwrap())
    }

    #[test]
    fn a_refund_is_credited() {
        let expected = json!({
            "type": "REFUND", "transactionId": "tx-1002", "originalTransactionId": "tx-1001",
            "refundId": "rfnd-460f4a54173372ca", "amount": "5.00", "currency": "EUR",
        });
        assert_eq!(handled("tx-1001").unwrap(), expected);
    }

    #[test]
    fn a_repeated_refund_gets_the_same_answer() {
        assert_eq!(handled("tx-1001").unwrap(), handled("tx-1001").unwrap());
    }

    #[test]
    fn a_refund_of_itself_is_not_valid() {
        let error = handled("tx-1002").unwrap_err();
        assert_eq!(error.error_type(), "InvalidTransaction");
        assert!(!error.is_transient());
    }

    #[test]
    fn a_purchase_is_not_ours() {
        let input = json!({
            "type": "PURCHASE", "transactionId": "tx-1", "customerId": "cus-42",
            "amount": "1", "currency": "EUR",
        });
        let error = handle(serde_json::from_value(input).unwrap()).unwrap_err();
        assert_eq!(error.error_type(), "InvalidTransaction");
    }
}
