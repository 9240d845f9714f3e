//! The body of a call, and what AWS says of one that does not fit the operation.

use serde::de::DeserializeOwned;
use serde_json::Value;
use txflow_asl::integrations;

use super::api::Protocol;
use super::call::Call;
use crate::fault::{Constraints, Fault};
use crate::models;

impl Call {
    /// The body as `T`. As on AWS, a missing body counts as `{}`.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        let body: &[u8] = if self.body.is_empty() {
            b"{}"
        } else {
            &self.body
        };
        serde_json::from_slice(body).map_err(|error| {
            // AWS says what is wrong with a value in words of its own, and not those of `serde`.
            let message = match error.is_data() {
                true => self.mistyped(body),
                false => None,
            };
            if message.is_none()
                && error.is_data()
                && let Err(missing) = self.complete(body)
            {
                return missing;
            }
            match self.api.protocol {
                Protocol::Rest { .. } | Protocol::RestXml { .. } => {
                    let what = message
                        .map(|message| format!(": {message}"))
                        .unwrap_or_default();
                    let message = format!("Could not parse request body into json{what}");
                    Fault::bad("InvalidRequestContentException", message)
                }
                _ => {
                    let unreadable = "Could not parse request body into json";
                    let message = message.unwrap_or_else(|| unreadable.to_owned());
                    Fault::bad("SerializationException", message)
                }
            }
        })
    }

    /// What AWS says of the first value in a body that is not of the kind that the API's model has, or that is missing.
    fn mistyped(&self, body: &[u8]) -> Option<String> {
        let value = serde_json::from_slice(body).ok()?;
        let (model, operation) = models::with_operation(self.api.name, &self.operation)?;
        models::mistyped(model, operation, &value)
    }

    /// Refuses a body without a member that the operation requires.
    fn complete(&self, body: &[u8]) -> Result<(), Fault> {
        let given: Value = serde_json::from_slice(body).unwrap_or_default();
        let mut violations = Constraints::default();
        let services = integrations::services().iter();
        let mut operations = services
            .filter(|service| service.prefix == self.api.name)
            .flat_map(integrations::operations);
        let operation = operations.find(|known| known.name == self.operation);
        let members = operation.iter().flat_map(integrations::Operation::members);
        for member in members.filter(|member| member.required) {
            let is_given = |name: &String| name.eq_ignore_ascii_case(member.name);
            let own = given.as_object().into_iter().flatten();
            let value = own
                .clone()
                .find(|(name, value)| is_given(name) && !value.is_null());
            let (first, rest) = member.name.split_at_checked(1).unwrap_or_default();
            let name = first.to_ascii_lowercase() + rest;
            violations.present(&name, value.as_ref());
        }
        violations.check("ValidationException")
    }
}
