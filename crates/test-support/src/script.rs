//! Functions whose handler is a script, deployed to `txflow local` without txflow.

use std::io::{Cursor, Write};

use aws_sdk_lambda::operation::invoke::InvokeOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionCode, InvocationType, LogType, Runtime, State};
use serde_json::Value;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::account::Account;

/// Speaks to the Runtime API: `next` waits for a call and gives its `event`, `answer TEXT` answers it.
const RUNTIME: &str = include_str!("../../local-aws/tests/wire/runtime_api.sh");

/// Its role is made with it.
pub async fn create(account: &Account, name: &str, timeout: i32, script: &str) {
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let role = account.iam.create_role().role_name(name);
    let role = role.assume_role_policy_document(trust).send().await;
    let role = role.expect("CreateRole").role.expect("a role").arn;
    // The role is not assumable at once, as on AWS.
    loop {
        let create = account.lambda.create_function().function_name(name);
        let create = create
            .role(&role)
            .runtime(Runtime::Providedal2023)
            .handler("bootstrap");
        let code = FunctionCode::builder()
            .zip_file(Blob::new(zip(script)))
            .build();
        let create = create
            .memory_size(128)
            .timeout(timeout)
            .code(code)
            .send()
            .await;
        match create {
            Ok(_) => break,
            Err(error) => {
                let error = error.into_service_error();
                let again = error.to_string().contains("cannot be assumed");
                assert!(again, "CreateFunction: {error:?}");
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    loop {
        let get = account
            .lambda
            .get_function_configuration()
            .function_name(name);
        if get.send().await.expect("its configuration").state() == Some(&State::Active) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

fn zip(script: &str) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().unix_permissions(0o755);
    zip.start_file("bootstrap", options).expect("a file");
    write!(zip, "{RUNTIME}{script}").expect("its text");
    zip.finish().expect("a zip").into_inner()
}

/// What a call came to.
#[derive(Debug)]
pub struct Called {
    pub failed: bool,
    pub payload: Value,
    /// The end of its log.
    pub log: String,
}

/// Calls it and waits for its end.
pub async fn call(account: &Account, name: &str, event: &Value) -> Called {
    let invoke = account.lambda.invoke().function_name(name);
    let invoke = invoke
        .payload(Blob::new(event.to_string()))
        .log_type(LogType::Tail);
    Called::from(invoke.send().await.expect("Invoke"))
}

/// Has it called, and does not wait for it.
pub async fn call_later(account: &Account, name: &str) {
    let invoke = account.lambda.invoke().function_name(name);
    let invoke = invoke.invocation_type(InvocationType::Event);
    invoke.send().await.expect("Invoke");
}

impl From<InvokeOutput> for Called {
    fn from(output: InvokeOutput) -> Self {
        use base64::Engine as _;
        let log = output.log_result().unwrap_or_default();
        let log = base64::engine::general_purpose::STANDARD.decode(log);
        let payload = output.payload().expect("a payload").as_ref();
        Self {
            failed: output.function_error().is_some(),
            payload: serde_json::from_slice(payload).expect("JSON"),
            log: String::from_utf8_lossy(&log.expect("Base64")).into_owned(),
        }
    }
}
