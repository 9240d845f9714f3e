//! Prints the label of a parcel.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shipment {
    order_id: String,
    parcels: u32,
}

#[derive(Debug, PartialEq, Serialize)]
struct Label {
    label: String,
    parcels: u32,
}

// Lambda sends one event at a time, so one thread is enough and starts faster.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let handler = service_fn(async |event: LambdaEvent<Shipment>| {
        Ok::<_, Error>(print(event.payload))
    });
    lambda_runtime::run(handler).await
}

fn print(shipment: Shipment) -> Label {
    // The output goes to the function's log, which `txflow logs` shows.
    println!("a label for {}", shipment.order_id);
    Label {
        label: format!("label-{}", shipment.order_id),
        parcels: shipment.parcels,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_names_its_order() {
        let order_id = "o-1".to_owned();
        let label = print(Shipment {
            order_id,
            parcels: 2,
        });
        assert_eq!((label.label.as_str(), label.parcels), ("label-o-1", 2));
    }
}
