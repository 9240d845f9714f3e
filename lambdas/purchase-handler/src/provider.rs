//! The payment provider, as its sandbox: it takes every purchase but those of two customers,
//! with which both kinds of failure can be tried out. A real one is called here.

use transaction::{Error, Id, Purchase};

/// The purchases of this customer are refused for good.
pub const DECLINED: &str = "cus-declined";

/// The purchases of this customer meet a provider that is busy.
pub const BUSY: &str = "cus-busy";

/// Sets the amount aside. `authorization` is the provider's idempotency key.
pub fn authorize(purchase: &Purchase, _authorization: &Id) -> Result<(), Error> {
    let transaction = purchase.transaction_id.clone();
    match purchase.customer_id.as_str() {
        DECLINED => Err(Error::PaymentDeclined {
            transaction,
            reason: "insufficient funds".to_owned(),
        }),
        BUSY => Err(Error::ProviderUnavailable {
            transaction,
            reason: "too many requests".to_owned(),
        }),
        _ => Ok(()),
    }
}
