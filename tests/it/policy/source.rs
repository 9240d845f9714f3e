//! The table of the policy, held to the calls that the source makes.

use std::collections::BTreeSet;

use txflow::policy::table::{BESIDES, NEVER, TABLE};

use crate::architecture::sources;

/// Calls that the policy of a stack has no part in.
const NOT_THE_STACKS: &[(&str, &str)] = &[("sts:GetCallerIdentity", "AWS answers it to everybody")];

/// The fields of `Aws`, and the prefix of the service's actions.
const CLIENTS: [(&str, &str); 5] = [
    (".iam.", "iam"),
    (".lambda.", "lambda"),
    (".logs.", "logs"),
    (".sfn.", "states"),
    ("aws_sdk_sts::Client::from_conf(sts.build()).", "sts"),
];

/// What the names of AWS's operations begin with.
const VERBS: [&str; 18] = [
    "attach_",
    "create_",
    "delete_",
    "describe_",
    "detach_",
    "filter_",
    "get_",
    "list_",
    "publish_",
    "put_",
    "redrive_",
    "send_",
    "start_",
    "stop_",
    "tag_",
    "untag_",
    "update_",
    "validate_",
];

#[test]
fn the_table_names_every_call_and_no_other() {
    let called = called();
    let tabled: BTreeSet<String> = TABLE.iter().map(|row| row.action.to_owned()).collect();
    for action in &called {
        let mut elsewhere = NOT_THE_STACKS.iter().chain(NEVER);
        let elsewhere = elsewhere.any(|(known, _)| known == action);
        assert!(
            elsewhere || tabled.contains(action),
            "the source calls `{action}`: add `row(\"{action}\", On::<what it is about>, &[<the commands that call \
             it>])` to TABLE in src/policy/table.rs, or, where it is not about the stack, the action with its reason \
             to NOT_THE_STACKS in tests/it/policy/source.rs"
        );
    }
    for row in TABLE {
        let besides = BESIDES.iter().any(|(action, _)| *action == row.action);
        assert!(
            besides || called.contains(row.action),
            "nothing in the source calls `{0}`: remove its row from TABLE in src/policy/table.rs, or, where AWS asks \
             for it besides, add it with the reason to BESIDES there",
            row.action
        );
    }
}

#[test]
fn what_the_policy_never_allows_is_called_and_not_in_the_table() {
    let called = called();
    for (action, _) in NEVER {
        assert!(called.contains(*action), "nothing calls {action}");
        assert!(TABLE.iter().all(|row| row.action != *action), "{action}");
    }
}

#[test]
fn what_aws_asks_for_besides_is_no_call_and_is_in_the_table() {
    let called = called();
    for (action, _) in BESIDES {
        assert!(
            !called.contains(*action),
            "{action} is called: no reason is needed"
        );
        assert!(TABLE.iter().any(|row| row.action == *action), "{action}");
    }
}

#[test]
fn every_named_operation_is_a_call_that_this_test_sees() {
    let called = called();
    for (file, text) in sources("") {
        for rest in text.split("failed(\"").skip(1) {
            let operation = rest.split('"').next().unwrap_or_default();
            let seen = called
                .iter()
                .any(|action| action.ends_with(&format!(":{operation}")));
            assert!(
                seen,
                "{}: `{operation}` is called in a way that this test does not see: write it as `aws.<client>.{}()`",
                file.display(),
                snake(operation),
            );
        }
    }
}

/// The IAM actions of all calls: `.lambda.create_function()` is `lambda:CreateFunction`.
fn called() -> BTreeSet<String> {
    let mut called = BTreeSet::new();
    for (_, text) in sources("") {
        let text: String = text.split_whitespace().collect();
        for (client, service) in CLIENTS {
            for rest in text.split(client).skip(1) {
                let Some((operation, _)) = rest.split_once("()") else {
                    continue;
                };
                // Other fields have such names as well, and methods of their own.
                let named = operation
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c == '_');
                if named && VERBS.iter().any(|verb| operation.starts_with(verb)) {
                    called.insert(format!("{service}:{}", pascal(operation)));
                }
            }
        }
    }
    called
}

fn pascal(operation: &str) -> String {
    let words = operation.split('_').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_ascii_uppercase() + rest
    });
    words.collect()
}

fn snake(operation: &str) -> String {
    let mut snake = String::new();
    for c in operation.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}
