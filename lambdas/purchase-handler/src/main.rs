//! Authorizes a purchase with the payment provider.

mod provider;

use transaction::{Authorization, Error, Id, Outcome, Purchase, Transaction};

// One event at a time is all that Lambda sends, so one thread is enough and starts faster.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    transaction::serve(handle).await
}

fn handle(transaction: Transaction) -> Result<Outcome, Error> {
    match transaction {
        Transaction::Purchase(purchase) => authorize(purchase).map(Outcome::Purchase),
        Transaction::Refund(_) => Err(Error::InvalidTransaction(
            "the purchase handler does not accept `REFUND`".to_owned(),
        )),
    }
}

/// The same purchase gets the same authorization, however often it is asked for.
fn authorize(purchase: Purchase) -> Result<Authorization, Error> {
    let authorization_id = Id::derived("auth", &purchase.transaction_id);
    provider::authorize(&purchase, &authorization_id)?;
    Ok(Authorization {
        transaction_id: purchase.transaction_id,
        customer_id: purchase.customer_id,
        authorization_id,
        money: purchase.money,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn handled(customer: &str) -> Result<serde_json::Value, Error> {
        let input = json!({
            "type": "PURCHASE", "transactionId": "tx-1001", "customerId": customer,
            "amount": "19.99", "currency": "EUR",
        });
        let outcome = handle(serde_json::from_value(input).unwrap())?;
        Ok(serde_json::to_value(outcome).unwrap())
    }

    #[test]
    fn a_purchase_is_authorized() {
        let expected = json!({
            "type": "PURCHASE", "transactionId": "tx-1001", "customerId": "cus-42",
            "authorizationId": "auth-fd4d26630e082d99", "amount": "19.99", "currency": "EUR",
        });
        assert_eq!(handled("cus-42").unwrap(), expected);
    }

    #[test]
    fn a_repeated_purchase_gets_the_same_answer() {
        assert_eq!(handled("cus-42").unwrap(), handled("cus-42").unwrap());
    }

    #[test]
    fn a_declined_purchase_is_final() {
        let error = handled(provider::DECLINED).unwrap_err();
        assert_eq!(error.error_type(), "PaymentDeclined");
        assert!(!error.is_transient());
    }

    #[test]
    fn a_busy_provider_is_worth_another_attempt() {
        let error = handled(provider::BUSY).unwrap_err();
        assert_eq!(error.error_type(), "ProviderUnavailable");
        assert!(error.is_transient());
    }

    #[test]
    fn a_refund_is_not_ours() {
        let input = json!({
            "type": "REFUND", "transactionId": "tx-1", "originalTransactionId": "tx-0",
            "amount": "1", "currency": "EUR",
        });
        let error = handle(serde_json::from_value(input).unwrap()).unwrap_err();
        assert_eq!(error.error_type(), "InvalidTransaction");
    }
}
