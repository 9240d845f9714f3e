//! The items of a table, in plain JSON.

use serde_json::{Map, Value, json};
use txflow_local_aws::DirectError;

use super::Reader;

/// Some items of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Items {
    pub items: Vec<Value>,
    /// The key behind which there are more.
    pub more: Option<Value>,
}

impl Reader {
    /// All items of a table.
    pub async fn items(&self, table: &str) -> Result<Vec<Value>, DirectError> {
        let mut all = Vec::new();
        let mut from = None;
        loop {
            let page = self.items_from(table, from, None).await?;
            all.extend(page.items);
            match page.more {
                None => return Ok(all),
                more => from = more,
            }
        }
    }

    /// The items behind a key, at most so many.
    pub async fn items_from(
        &self,
        table: &str,
        from: Option<Value>,
        most: Option<usize>,
    ) -> Result<Items, DirectError> {
        let mut input = json!({ "TableName": table, "ConsistentRead": true });
        if let Some(from) = from {
            input["ExclusiveStartKey"] = from;
        }
        if let Some(most) = most {
            input["Limit"] = most.into();
        }
        let mut page = self.call("dynamodb", "Scan", input).await?;
        let items = page["Items"].as_array().into_iter().flatten();
        let items = items.map(plain_item).collect();
        let more = match page["LastEvaluatedKey"].take() {
            Value::Null => None,
            key => Some(key),
        };
        Ok(Items { items, more })
    }
}

/// An item without the types of its attributes.
pub fn plain_item(item: &Value) -> Value {
    let members = item.as_object().into_iter().flatten();
    let members = members.map(|(name, value)| (name.clone(), plain(value)));
    members.collect::<Map<_, _>>().into()
}

/// `{"N": "1"}` → `1`. Binary values stay in base64.
fn plain(attribute: &Value) -> Value {
    let mut typed = attribute.as_object().into_iter().flatten();
    let Some((kind, value)) = typed.next() else {
        return attribute.clone();
    };
    let all = |convert: fn(&Value) -> Value| {
        let items = value.as_array().into_iter().flatten();
        items.map(convert).collect()
    };
    match kind.as_str() {
        "N" => number(value),
        "NULL" => Value::Null,
        "L" => all(plain),
        "NS" => all(number),
        "M" => plain_item(value),
        _ => value.clone(),
    }
}

/// A number that JSON cannot hold stays text.
fn number(text: &Value) -> Value {
    let number = text
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok());
    number.unwrap_or_else(|| text.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_read_as_plain_json() {
        let item = json!({
            "id": { "S": "o-1" },
            "total": { "N": "19.5" },
            "paid": { "BOOL": true },
            "note": { "NULL": true },
            "lines": { "L": [{ "M": { "sku": { "S": "a" }, "count": { "N": "2" } } }] },
            "tags": { "SS": ["x"] },
            "sizes": { "NS": ["1", "2"] },
        });
        assert_eq!(
            plain_item(&item),
            json!({
                "id": "o-1",
                "total": 19.5,
                "paid": true,
                "note": null,
                "lines": [{ "sku": "a", "count": 2 }],
                "tags": ["x"],
                "sizes": [1, 2],
            })
        );
    }
}
