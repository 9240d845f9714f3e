//! The names that CloudFormation generates.

use crate::stack::Tags;

/// What its template calls a resource with a name such as `orders-Charge1A2B3C4D-x8KqP9aMNHG2`, here `Charge`. `None` if the template
/// gives the name.
pub(super) fn in_template<'a>(name: &str, tags: &'a Tags) -> Option<&'a str> {
    let id = tags.get("aws:cloudformation:logical-id")?;
    let (start, random) = name.rsplit_once('-')?;
    let is_random =
        matches!(random.len(), 12 | 13) && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
    // A long ID is cut.
    let start_of_id = start.rsplit('-').next().unwrap_or_default();
    let generated = is_random && !start_of_id.is_empty() && id.starts_with(start_of_id);
    generated.then(|| without_hash(id))
}

/// CDK ends each ID with eight digits of a hash.
fn without_hash(id: &str) -> &str {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte);
    let split = id
        .len()
        .checked_sub(8)
        .and_then(|at| id.split_at_checked(at));
    match split {
        Some((bare, hash)) if !bare.is_empty() && hash.bytes().all(is_digit) => bare,
        _ => id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, id: &str) -> Option<String> {
        let tags = Tags::from([("aws:cloudformation:logical-id".to_owned(), id.to_owned())]);
        in_template(name, &tags).map(str::to_owned)
    }

    #[test]
    fn a_generated_name_is_that_of_the_template() {
        for (name, id, called) in [
            ("orders-Charge-MtKgqP9kMNHG", "Charge", "Charge"),
            ("orders-Charge-1XRB0Z7K4W2QD", "Charge", "Charge"),
            (
                "my-orders-Charge1A2B3C4D-MtKgqP9kMNHG",
                "Charge1A2B3C4D",
                "Charge",
            ),
            (
                "IdempotentOrdersWo-IdempotentOrdersW-MtKgqP9kMNHG",
                "IdempotentOrdersWorkflow",
                "IdempotentOrdersWorkflow",
            ),
            (
                "OrdersStateMachine0F-MtKgqP9kMNHG",
                "OrdersStateMachine0FA1B2C3",
                "OrdersStateMachine",
            ),
            ("a-1A2B3C4D-MtKgqP9kMNHG", "1A2B3C4D", "1A2B3C4D"),
        ] {
            assert_eq!(found(name, id).as_deref(), Some(called), "{name}");
        }
    }

    #[test]
    fn a_name_that_the_template_gives_stays() {
        for name in [
            "orders-charge-prod",
            "charge",
            "orders-charge-MtKgqP9kMNHG",
            "-MtKgqP9kMNHG",
        ] {
            assert_eq!(found(name, "Charge"), None, "{name}");
        }
        assert_eq!(
            in_template("orders-Charge-MtKgqP9kMNHG", &Tags::new()),
            None
        );
    }
}
