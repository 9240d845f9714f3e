//! Charges a customer for an order.

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Charge {
    order_id: String,
    customer_id: String,
    amount: f64,
}

#[derive(Debug, PartialEq, Serialize)]
struct Receipt {
    receipt: String,
}

#[derive(Debug, PartialEq)]
enum Error {
    InvalidAmount,
    PaymentDeclined,
}

// Lambda sends one event at a time, so one thread is enough and starts faster.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let handler = service_fn(async |event: LambdaEvent<Charge>| charge(event.payload));
    lambda_runtime::run(handler).await
}

/// The same order gets the same receipt, however often it is charged.
fn charge(charge: Charge) -> Result<Receipt, Error> {
    if charge.amount <= 0.0 {
        return Err(Error::InvalidAmount);
    }
    // A payment provider would say.
    if charge.customer_id == "broke" {
        return Err(Error::PaymentDeclined);
    }
    let receipt = format!("receipt-{}", charge.order_id);
    Ok(Receipt { receipt })
}

/// The name that `Retry` and `Catch` in the definition match, and a message.
impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        let (error_type, error_message) = match error {
            Error::InvalidAmount => ("InvalidAmount", "the amount must be more than 0"),
            Error::PaymentDeclined => ("PaymentDeclined", "the customer's bank declined"),
        };
        Self {
            error_type: error_type.to_owned(),
            error_message: error_message.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charged(customer_id: &str, amount: f64) -> Result<Receipt, Error> {
        charge(Charge {
            order_id: "o-1".to_owned(),
            customer_id: customer_id.to_owned(),
            amount,
        })
    }

    #[test]
    fn an_order_is_charged_once() {
        assert_eq!(charged("cus-1", 4.5).unwrap().receipt, "receipt-o-1");
        assert_eq!(charged("cus-1", 4.5), charged("cus-1", 4.5));
    }

    #[test]
    fn a_charge_can_be_refused() {
        assert_eq!(charged("broke", 4.5), Err(Error::PaymentDeclined));
        assert_eq!(charged("cus-1", 0.0), Err(Error::InvalidAmount));
    }
}
