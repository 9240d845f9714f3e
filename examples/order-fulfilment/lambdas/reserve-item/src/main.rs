//! Reserves one item of an order in the warehouse.

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    order_id: String,
    sku: String,
    quantity: u32,
}

#[derive(Debug, PartialEq, Serialize)]
struct Reservation {
    sku: String,
    reservation: String,
}

#[derive(Debug, PartialEq)]
struct OutOfStock {
    sku: String,
}

// Lambda sends one event at a time, so one thread is enough and starts faster.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let handler = service_fn(async |event: LambdaEvent<Item>| reserve(event.payload));
    lambda_runtime::run(handler).await
}

/// The same item of the same order gets the same reservation, however often it is asked for.
fn reserve(item: Item) -> Result<Reservation, OutOfStock> {
    if item.quantity > IN_STOCK {
        return Err(OutOfStock { sku: item.sku });
    }
    let reservation = format!("{}-{}", item.order_id, item.sku);
    Ok(Reservation {
        sku: item.sku,
        reservation,
    })
}

/// A warehouse would say.
const IN_STOCK: u32 = 100;

/// The name that `Retry` and `Catch` in the definition match, and a message.
impl From<OutOfStock> for Diagnostic {
    fn from(error: OutOfStock) -> Self {
        Self {
            error_type: "OutOfStock".to_owned(),
            error_message: format!("there are not enough of `{}`", error.sku),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reserved(quantity: u32) -> Result<Reservation, OutOfStock> {
        let (order_id, sku) = ("o-1".to_owned(), "cup".to_owned());
        reserve(Item {
            order_id,
            sku,
            quantity,
        })
    }

    #[test]
    fn an_item_is_reserved_once() {
        assert_eq!(reserved(1).unwrap().reservation, "o-1-cup");
        assert_eq!(reserved(1), reserved(1));
    }

    #[test]
    fn what_is_not_there_is_not_reserved() {
        let sku = "cup".to_owned();
        assert_eq!(reserved(101), Err(OutOfStock { sku }));
    }
}
