//! Lambda: functions, their versions and aliases, and the processes that run them.

mod aliases;
mod code;
mod concurrency;
mod create;
mod delete;
mod describe;
mod function;
pub(crate) mod host;
mod invoke;
mod name;
mod package;
mod read;
mod settings;
mod tags;
mod update;
mod versions;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use hyper::Method;

pub(crate) use self::function::{Function, Version};
use self::host::Host;
pub(crate) use self::invoke::{Invoked, Origin, new_trace_id};
pub(crate) use self::name::FunctionName;
#[cfg(fuzzing)]
pub use self::package::check_and_unpack;
use crate::aws::Aws;
use crate::contained::Supervisor;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::private;
use crate::store::{Durable, Store, StoreError, hex, remove_others};

pub(crate) struct Lambda {
    /// By unqualified ARN.
    functions: Durable<Function>,
    store: Arc<Store>,
    host: Host,
}

impl Lambda {
    /// Code that no version has any more goes with the start, when nobody can be about to use it. Code that a version
    /// needs and that is not what it was is damage to the store: nothing would bring it back.
    pub(crate) fn load(
        store: &Arc<Store>,
        unpacked: PathBuf,
        supervisor: Option<Supervisor>,
    ) -> Result<Lambda, StoreError> {
        let functions: Durable<Function> = Durable::load(store, "function")?;
        let mut used = HashSet::new();
        for (arn, function) in functions.list("") {
            for digest in function.code_digests() {
                if used.insert(hex(digest)) && !store.blobs.holds(digest)? {
                    let cause = format!("the code of {arn} is missing or not what it was");
                    return Err(StoreError::Damaged(cause));
                }
            }
        }
        store.blobs.keep_only(&used)?;
        private::folder(&unpacked)?;
        remove_others(&unpacked, |name| used.contains(name))?;
        Ok(Lambda {
            functions,
            store: Arc::clone(store),
            host: Host::new(unpacked, supervisor),
        })
    }

    /// Ends all processes.
    pub(crate) fn stop(&self) {
        self.host.stop();
    }

    /// Ends once all processes have.
    pub(crate) async fn gone(&self) {
        self.host.gone().await;
    }

    pub(crate) async fn serve(&self, aws: &Arc<Aws>, call: &Call) -> Result<Answer, Fault> {
        let Route { operation, subject } = route(call);
        let name = |call: &Call| FunctionName::read(&subject, call);
        match operation {
            "CreateFunction" => self.create_function(aws, call).await,
            "GetFunction" => self.get_function(aws, &name(call)?),
            "GetFunctionConfiguration" => self.get_function_configuration(&name(call)?),
            "ListFunctions" => self.list_functions(call),
            "DeleteFunction" => self.delete_function(&name(call)?).await,
            "UpdateFunctionCode" => self.update_function_code(aws, call, &name(call)?).await,
            "UpdateFunctionConfiguration" => {
                self.update_function_configuration(aws, call, &name(call)?)
                    .await
            }
            "PublishVersion" => self.publish_version(call, &name(call)?).await,
            "ListVersionsByFunction" => self.list_versions(call, &name(call)?),
            "CreateAlias" => self.create_alias(call, &name(call)?).await,
            "GetAlias" => self.get_alias(call, &name(call)?),
            "UpdateAlias" => self.update_alias(call, &name(call)?).await,
            "DeleteAlias" => self.delete_alias(call, &name(call)?).await,
            "ListAliases" => self.list_aliases(call, &name(call)?),
            "PutFunctionConcurrency" => self.put_function_concurrency(call, &name(call)?).await,
            "GetFunctionConcurrency" => self.get_function_concurrency(&name(call)?),
            "DeleteFunctionConcurrency" => self.delete_function_concurrency(&name(call)?).await,
            "GetAccountSettings" => Ok(self.get_account_settings(call)),
            "TagResource" => self.tag_resource(call, &subject).await,
            "UntagResource" => self.untag_resource(call, &subject).await,
            "ListTags" => self.list_tags(call, &subject),
            "Invoke" => self.serve_invoke(aws, call, &name(call)?).await,
            // What AWS answers for a function that has none of these, which is all functions here.
            "GetFunctionCodeSigningConfig" => self.no_code_signing_config(&name(call)?),
            _ => Err(Fault::not_implemented(
                "lambda",
                &crate::lambda::operation(call),
            )),
        }
    }
}

/// The name of the operation that a request is for; method and path where it is none of those here.
pub(crate) fn operation(call: &Call) -> String {
    match route(call).operation {
        "" => format!("{} /{}", call.method, call.path.join("/")),
        operation => operation.to_owned(),
    }
}

/// The ARN of the function or version that a request is for.
pub(crate) fn subject(call: &Call) -> Option<String> {
    let subject = route(call).subject;
    let name = FunctionName::read(&subject, call).ok()?;
    Some(name.qualified())
}

struct Route {
    /// Empty where no operation here has this method and path.
    operation: &'static str,
    /// The function name or ARN that the path holds.
    subject: String,
}

fn route(call: &Call) -> Route {
    let path: Vec<&str> = call
        .path
        .iter()
        .map(String::as_str)
        .filter(|segment| !segment.is_empty())
        .collect();
    let (get, post) = (call.method == Method::GET, call.method == Method::POST);
    let (put, delete) = (call.method == Method::PUT, call.method == Method::DELETE);
    let pick = |choices: &[(bool, &'static str)]| {
        choices
            .iter()
            .find(|(holds, _)| *holds)
            .map_or("", |(_, operation)| *operation)
    };
    let operation = match path.as_slice() {
        ["2015-03-31", "functions"] => pick(&[(post, "CreateFunction"), (get, "ListFunctions")]),
        ["2015-03-31", "functions", _] => pick(&[(get, "GetFunction"), (delete, "DeleteFunction")]),
        ["2015-03-31", "functions", _, "configuration"] => pick(&[
            (get, "GetFunctionConfiguration"),
            (put, "UpdateFunctionConfiguration"),
        ]),
        ["2015-03-31", "functions", _, "code"] => pick(&[(put, "UpdateFunctionCode")]),
        ["2015-03-31", "functions", _, "versions"] => {
            pick(&[(post, "PublishVersion"), (get, "ListVersionsByFunction")])
        }
        ["2015-03-31", "functions", _, "aliases"] => {
            pick(&[(post, "CreateAlias"), (get, "ListAliases")])
        }
        ["2015-03-31", "functions", _, "aliases", _] => pick(&[
            (get, "GetAlias"),
            (put, "UpdateAlias"),
            (delete, "DeleteAlias"),
        ]),
        ["2015-03-31", "functions", _, "invocations"] => pick(&[(post, "Invoke")]),
        ["2017-10-31" | "2019-09-30", "functions", _, "concurrency"] => pick(&[
            (put, "PutFunctionConcurrency"),
            (get, "GetFunctionConcurrency"),
            (delete, "DeleteFunctionConcurrency"),
        ]),
        ["2017-03-31", "tags", _] => pick(&[
            (post, "TagResource"),
            (get, "ListTags"),
            (delete, "UntagResource"),
        ]),
        ["2016-08-19", "account-settings"] => pick(&[(get, "GetAccountSettings")]),
        ["2020-06-30", "functions", _, "code-signing-config"] => {
            pick(&[(get, "GetFunctionCodeSigningConfig")])
        }
        _ => "",
    };
    Route {
        operation,
        subject: path.get(2).copied().unwrap_or_default().to_owned(),
    }
}

fn not_found(arn: &str) -> Fault {
    Fault::new(
        404,
        "ResourceNotFoundException",
        format!("Function not found: {arn}"),
    )
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::bad("InvalidParameterValueException", message)
}

fn conflict(message: impl Into<String>) -> Fault {
    Fault::new(409, "ResourceConflictException", message)
}
