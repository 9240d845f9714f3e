//! Reserved concurrency, and the account's limits.

use serde::Deserialize;
use serde_json::json;

use super::name::FunctionName;
use super::{Lambda, invalid};
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;

/// AWS's default for an account and region.
const ACCOUNT_CONCURRENCY: u64 = 1000;
/// What AWS keeps available for functions without reserved concurrency.
const LEAST_UNRESERVED: u64 = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutFunctionConcurrency {
    reserved_concurrent_executions: i64,
}

impl Lambda {
    pub(super) async fn put_function_concurrency(
        &self,
        call: &Call,
        name: &FunctionName,
    ) -> Result<Answer, Fault> {
        let request: PutFunctionConcurrency = call.json()?;
        let asked = request.reserved_concurrent_executions;
        Constraints::default()
            .range("reservedConcurrentExecutions", Some(asked), 0, i64::MAX)
            .check("ValidationException")?;
        let asked = asked.unsigned_abs();
        let others = self.reserved(call, Some(&name.arn));
        if others + asked > ACCOUNT_CONCURRENCY - LEAST_UNRESERVED {
            return Err(invalid(format!(
                "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [{LEAST_UNRESERVED}]."
            )));
        }
        self.edit(name, |function| {
            function.reserved_concurrency = Some(asked);
            Ok(())
        })
        .await?;
        Ok(Answer::json(
            json!({ "ReservedConcurrentExecutions": asked }),
        ))
    }

    pub(super) fn get_function_concurrency(&self, name: &FunctionName) -> Result<Answer, Fault> {
        let function = self
            .functions
            .get(&name.arn)
            .ok_or_else(|| name.missing())?;
        Ok(Answer::json(match function.reserved_concurrency {
            Some(reserved) => json!({ "ReservedConcurrentExecutions": reserved }),
            None => json!({}),
        }))
    }

    pub(super) async fn delete_function_concurrency(
        &self,
        name: &FunctionName,
    ) -> Result<Answer, Fault> {
        self.edit(name, |function| {
            function.reserved_concurrency = None;
            Ok(())
        })
        .await?;
        Ok(Answer::no_content())
    }

    pub(super) fn get_account_settings(&self, call: &Call) -> Answer {
        let functions = self.functions.list(&account_prefix(call));
        let size: u64 = functions
            .iter()
            .map(|(_, function)| function.latest.code.size)
            .sum();
        Answer::json(json!({
            "AccountLimit": {
                "TotalCodeSize": 80_530_636_800_u64,
                "CodeSizeUnzipped": 262_144_000,
                "CodeSizeZipped": 52_428_800,
                "ConcurrentExecutions": ACCOUNT_CONCURRENCY,
                "UnreservedConcurrentExecutions": ACCOUNT_CONCURRENCY - self.reserved(call, None),
            },
            "AccountUsage": { "TotalCodeSize": size, "FunctionCount": functions.len() },
        }))
    }

    /// The reserved concurrency of all functions except one.
    fn reserved(&self, call: &Call, except: Option<&str>) -> u64 {
        let functions = self.functions.list(&account_prefix(call));
        let others = functions
            .iter()
            .filter(|(arn, _)| Some(arn.as_str()) != except);
        others
            .filter_map(|(_, function)| function.reserved_concurrency)
            .sum()
    }
}

fn account_prefix(call: &Call) -> String {
    call.scope.arn("lambda", "function:")
}
