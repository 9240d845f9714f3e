//! What the services of the embedded AWS hold now. Looking changes nothing.

mod contents;
mod kind;
mod list;
mod masked;
mod send;
mod table;

pub use contents::{Contents, Message, Object, QueueCounts, Rule, Subscription};
pub use kind::ServiceKind;
pub use list::{Held, Listing};
pub use send::Sent;
pub use table::{Items, plain_item};

use serde_json::Value;
use txflow_local_aws::{Direct, DirectError};

/// Reads the services of an account in a region.
pub struct Reader {
    direct: Direct,
}

impl Reader {
    pub fn new(direct: Direct) -> Self {
        Self { direct }
    }

    async fn call(
        &self,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, DirectError> {
        self.direct.call(service, operation, input).await
    }

    /// The items of a list, of all its pages. `list` and `next` are members of the answer, `from` is the one of the request
    /// that takes the value of `next`.
    async fn all(&self, call: ListCall<'_>) -> Result<Vec<Value>, DirectError> {
        let mut items = Vec::new();
        let mut input = call.input;
        loop {
            let answer = self.call(call.service, call.operation, input.clone());
            let mut answer = answer.await?;
            if let Value::Array(found) = answer[call.list].take() {
                items.extend(found);
            }
            match answer[call.next].take() {
                Value::Null => return Ok(items),
                next => input[call.from] = next,
            }
        }
    }
}

/// A call that lists something in pages.
struct ListCall<'a> {
    service: &'a str,
    operation: &'a str,
    input: Value,
    /// The member of the answer with the items.
    list: &'a str,
    /// The member of the answer that says where the next page begins.
    next: &'a str,
    /// The member of the request that takes it.
    from: &'a str,
}

impl<'a> ListCall<'a> {
    /// As most services have it.
    fn new(service: &'a str, operation: &'a str, input: Value, list: &'a str) -> Self {
        Self {
            service,
            operation,
            input,
            list,
            next: "NextToken",
            from: "NextToken",
        }
    }
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_default().to_owned()
}

/// Whether a service said that there is nothing of that name.
pub fn is_absent(error: &DirectError) -> bool {
    says(
        error,
        &["NotFound", "DoesNotExist", "NonExistent", "NoSuch"],
    )
}

/// Whether a service did not create something because there is one of that name.
pub fn is_existing(error: &DirectError) -> bool {
    says(
        error,
        &["Exists", "AlreadyOwnedByYou", "ResourceInUseException"],
    )
}

fn says(error: &DirectError, words: &[&str]) -> bool {
    let code = error.code();
    code.is_some_and(|code| words.iter().any(|word| code.contains(word)))
}
