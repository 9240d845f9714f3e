//! Reserves one item of an order in the warehouse, which is a table.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
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

#[derive(Debug)]
enum Refused {
    OutOfStock { sku: String },
    Table(Box<SdkError<UpdateItemError>>),
}

// Lambda sends one event at a time, so one thread is enough and starts faster.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = aws_config::load_from_env().await;
    let warehouse = Warehouse {
        client: Client::new(&config),
        table: std::env::var("STOCK_TABLE")?,
    };
    let warehouse = &warehouse;
    let handler =
        service_fn(async |event: LambdaEvent<Item>| warehouse.reserve(event.payload).await);
    lambda_runtime::run(handler).await
}

struct Warehouse {
    client: Client,
    table: String,
}

impl Warehouse {
    /// The same item of the same order is reserved once, however often it is asked for.
    async fn reserve(&self, item: Item) -> Result<Reservation, Refused> {
        let quantity = AttributeValue::N(item.quantity.to_string());
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("sku", AttributeValue::S(item.sku.clone()))
            .update_expression("SET inStock = inStock - :quantity ADD orders :orders")
            .condition_expression("inStock >= :quantity AND NOT contains(orders, :order)")
            .expression_attribute_values(":quantity", quantity)
            .expression_attribute_values(":order", AttributeValue::S(item.order_id.clone()))
            .expression_attribute_values(":orders", AttributeValue::Ss(vec![item.order_id.clone()]))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.send().await {
            Err(error) if !was_reserved(&error, &item.order_id) => {
                Err(Refused::of(error, item.sku))
            }
            _ => Ok(Reservation {
                reservation: format!("{}-{}", item.order_id, item.sku),
                sku: item.sku,
            }),
        }
    }
}

/// Whether the update was refused because the order has the item already.
fn was_reserved(error: &SdkError<UpdateItemError>, order_id: &str) -> bool {
    let Some(UpdateItemError::ConditionalCheckFailedException(failed)) = error.as_service_error()
    else {
        return false;
    };
    let orders = failed
        .item()
        .and_then(|item| item.get("orders")?.as_ss().ok());
    orders.is_some_and(|orders| orders.iter().any(|order| order == order_id))
}

impl Refused {
    fn of(error: SdkError<UpdateItemError>, sku: String) -> Self {
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Self::OutOfStock { sku },
            _ => Self::Table(Box::new(error)),
        }
    }
}

/// The name that `Retry` and `Catch` in the definition match, and a message.
impl From<Refused> for Diagnostic {
    fn from(refused: Refused) -> Self {
        let (error_type, error_message) = match refused {
            Refused::OutOfStock { sku } => {
                ("OutOfStock", format!("there are not enough of `{sku}`"))
            }
            Refused::Table(error) => (
                "StockUnavailable",
                aws_sdk_dynamodb::error::DisplayErrorContext(error).to_string(),
            ),
        };
        Self {
            error_type: error_type.to_owned(),
            error_message,
        }
    }
}
