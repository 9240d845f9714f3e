//! Lambda: functions, their versions and aliases, and the processes that run them.

mod aliases;
mod answers;
mod code;
mod code_urls;
mod concurrency;
mod create;
mod delete;
mod describe;
mod function;
mod grants;
pub(crate) mod host;
mod idle;
mod interfaces;
mod invoke;
mod layers;
mod log_level;
mod name;
pub(crate) mod package;
mod peer;
mod permissions;
mod read;
mod route;
mod runner;
mod settings;
mod tags;
mod update;
mod versions;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use self::answers::Answers;
pub use self::answers::{HandlerCall, Handlers};
use self::code::Arrivals;
pub use self::code::HANDED_OVER_HEADER;
pub(crate) use self::code::HANDOVER_PATH;
pub(crate) use self::code_urls::CODE_PATH;
use self::code_urls::CodeUrls;
pub(crate) use self::function::{Function, Version};
use self::host::Host;
pub(crate) use self::interfaces::NetworkInterface;
pub(crate) use self::invoke::{Invoked, Origin};
pub(crate) use self::name::FunctionName;
#[cfg(fuzzing)]
pub use self::package::check_and_unpack;
use self::route::{API, subject};
use self::runner::Runner;
use crate::conditions::Conditions;
use crate::contained::Supervisor;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::api::Api;
use crate::http::call::Call;
use crate::http::call::PeerCall;
use crate::iam::Iam;
use crate::logs::Logs;
use crate::permission::Permission;
use crate::private;
use crate::service::Operations;
use crate::store::{Durable, Store, StoreError, remove_others};

pub(crate) struct Lambda {
    /// By unqualified ARN.
    functions: Durable<Function>,
    /// The next version of each function that was deleted, by unqualified ARN: no number is used again, even if the function is
    /// created again.
    deleted: Durable<u64>,
    /// By account, region, subnet and security groups.
    interfaces: Durable<NetworkInterface>,
    store: Arc<Store>,
    iam: Arc<Iam>,
    conditions: Arc<Conditions>,
    pub(crate) code_urls: CodeUrls,
    arrivals: Arrivals,
    runner: Runner,
}

/// What Lambda is made from.
pub(crate) struct Parts {
    pub(crate) store: Arc<Store>,
    /// Says which roles Lambda can assume.
    pub(crate) iam: Arc<Iam>,
    /// Takes what functions write.
    pub(crate) logs: Arc<Logs>,
    pub(crate) conditions: Arc<Conditions>,
    pub(crate) endpoint_url: String,
    pub(crate) running: Running,
}

/// What runs functions.
#[derive(Clone)]
pub(crate) enum Running {
    Processes {
        /// The folder that they run from.
        unpacked: PathBuf,
        supervisor: Option<Supervisor>,
    },
    Answers(Handlers),
}

impl Lambda {
    /// Removes code that no version uses any more: at the start nobody can be about to use it. Code that a version
    /// needs and that is missing or altered is damage to the store, since nothing would restore it.
    pub(crate) fn load(parts: Parts) -> Result<Lambda, StoreError> {
        let Parts {
            store, conditions, ..
        } = parts;
        let functions: Durable<Function> = Durable::load(&store, &conditions, "function")?;
        let mut used = HashSet::new();
        for (arn, function) in functions.list("") {
            for digest in function.code_digests() {
                if used.insert(hex::encode(digest)) && !store.blobs.holds(digest)? {
                    let cause = format!("the code of {arn} is missing or was altered");
                    return Err(StoreError::Damaged(cause));
                }
            }
        }
        store.blobs.keep_only(&used)?;
        let deleted = Durable::load(&store, &conditions, "deleted-function")?;
        let interfaces = Durable::load(&store, &conditions, "network-interface")?;
        let code_urls = CodeUrls::new(&parts.endpoint_url, &conditions.random);
        let runner = match parts.running {
            Running::Processes {
                unpacked,
                supervisor,
            } => {
                private::folder(&unpacked)?;
                remove_others(&unpacked, |name| used.contains(name))?;
                Runner::Processes(Host::new(
                    Arc::clone(&store),
                    Arc::clone(&conditions),
                    Arc::clone(&parts.iam),
                    parts.logs,
                    parts.endpoint_url,
                    unpacked,
                    supervisor,
                ))
            }
            Running::Answers(handlers) => Runner::Answers(Answers::new(
                handlers,
                Arc::clone(&parts.iam),
                Arc::clone(&conditions),
            )),
        };
        Ok(Lambda {
            functions,
            deleted,
            interfaces,
            iam: parts.iam,
            conditions,
            code_urls,
            arrivals: Arrivals::default(),
            runner,
            store,
        })
    }
}

impl Operations for Lambda {
    const API: &'static Api = &API;

    fn permissions(&self, call: &Call) -> Option<Vec<Permission>> {
        permissions::needed(call)
    }

    async fn dispatch(self: &Arc<Self>, call: &Call) -> Result<Answer, Fault> {
        let resource = subject(call);
        let name = |call: &Call| FunctionName::read(resource, call);
        match call.operation.as_str() {
            "CreateFunction" => self.create_function(call).await,
            "GetFunction" => self.get_function(call, &name(call)?),
            "GetFunctionConfiguration" => self.get_function_configuration(call, &name(call)?),
            "ListFunctions" => self.list_functions(call),
            "DeleteFunction" => self.delete_function(&name(call)?).await,
            "UpdateFunctionCode" => self.update_function_code(call, &name(call)?).await,
            "UpdateFunctionConfiguration" => {
                self.update_function_configuration(call, &name(call)?).await
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
            "GetLayerVersionByArn" => self.get_layer_version_by_arn(call),
            "GetAccountSettings" => Ok(self.get_account_settings(call)),
            "TagResource" => self.tag_resource(call, resource).await,
            "UntagResource" => self.untag_resource(call, resource).await,
            "ListTags" => self.list_tags(call, resource),
            "Invoke" => self.serve_invoke(call, &name(call)?).await,
            // No function here has such a configuration, and AWS answers an empty one for those.
            "GetFunctionCodeSigningConfig" => self.no_code_signing_config(&name(call)?),
            // There are none of these here.
            "ListEventSourceMappings" => Ok(Answer::json(json!({ "EventSourceMappings": [] }))),
            "GetPolicy" | "GetFunctionEventInvokeConfig" | "GetFunctionUrlConfig" => {
                self.find(&name(call)?)?;
                let message = "The resource you requested does not exist.";
                Err(Fault::new(404, "ResourceNotFoundException", message))
            }
            operation => Err(Fault::not_implemented("lambda", operation)),
        }
    }

    async fn dispatch_peer(self: &Arc<Self>, call: PeerCall) -> Result<Value, Fault> {
        self.serve_peer(call).await
    }

    fn deployed(&self) -> Vec<String> {
        let functions = self.functions.list("").into_iter();
        functions
            .map(|(arn, _)| format!("function {arn}"))
            .collect()
    }

    async fn recover(self: &Arc<Self>) -> Result<(), StoreError> {
        self.go_on_removing_interfaces();
        Ok(())
    }

    /// Ends all processes.
    fn stop(&self) {
        self.runner.stop();
    }

    async fn stopped(&self) {
        self.runner.ended().await;
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
