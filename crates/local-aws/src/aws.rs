//! All services: each call passes the checks that they share, then goes to its service.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::api::{Api, Apis};
use crate::http::call::Call;
use crate::iam::{CallerPolicy, Iam};
use crate::permission::Permission;
use crate::service::Service;
use crate::store::{Store, StoreError};

pub(crate) struct Aws {
    pub(crate) services: Vec<Arc<dyn Service>>,
    pub(crate) store: Arc<Store>,
    /// Says what the sessions of roles may do.
    pub(crate) iam: Arc<Iam>,
    /// What callers may do, if that is limited.
    pub(crate) caller_policy: Option<CallerPolicy>,
}

impl Aws {
    pub(crate) fn apis(&self) -> Apis {
        Apis::new(self.services.iter().map(|service| service.api()))
    }

    /// What the caller needs for the call, if it calls as a role or callers have a policy.
    pub(crate) fn permissions(&self, call: &Call) -> Vec<Permission> {
        if self.caller_policy.is_none() && call.session.is_none() {
            return Vec::new();
        }
        let service = self.service(call.api);
        service
            .and_then(|service| service.permissions(call))
            .unwrap_or_default()
    }

    /// Serves the call if its caller has the permissions. Nothing is acknowledged that may not be on disk.
    pub(crate) async fn serve(
        &self,
        call: Arc<Call>,
        needed: &[Permission],
    ) -> Result<Answer, Fault> {
        self.store.check()?;
        let answer = self.admit(call, needed).await?;
        self.store.check()?;
        Ok(answer)
    }

    async fn admit(&self, call: Arc<Call>, needed: &[Permission]) -> Result<Answer, Fault> {
        let missing = match (&call.session, &self.caller_policy) {
            (Some(session), _) => self.iam.admit_session(session, &call, needed)?,
            (None, Some(policy)) => policy.admit(&call, needed, self.iam.now())?,
            (None, None) => Vec::new(),
        };
        let service = self
            .service(call.api)
            .ok_or_else(|| Fault::not_implemented(call.api.name, &call.operation))?;
        let mut answer = Arc::clone(service).serve(call).await?;
        for (permission, fault) in missing {
            if let Some(withhold) = permission.withheld {
                withhold(&mut answer, &fault);
            }
        }
        Ok(answer)
    }

    /// Finishes what a previous server left unfinished. Runs before the first call.
    pub(crate) async fn recover(&self) -> Result<(), StoreError> {
        for service in &self.services {
            Arc::clone(service).recover().await?;
        }
        Ok(())
    }

    /// In reverse: an execution is abandoned before the function ends that it calls, and does not go on with that as with an error.
    pub(crate) fn stop(&self) {
        for service in self.services.iter().rev() {
            service.stop();
        }
    }

    /// Waits until everything that [`Aws::stop`] ends has ended, at most for `limit`.
    pub(crate) async fn stopped(&self, limit: Duration) {
        let all = async {
            for service in &self.services {
                Arc::clone(service).stopped().await;
            }
        };
        let _ = timeout(limit, all).await;
    }

    fn service(&self, api: &Api) -> Option<&Arc<dyn Service>> {
        let mut services = self.services.iter();
        services.find(|service| service.api().name == api.name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::clock::Clock;
    use crate::conditions::Conditions;
    use crate::discovery::Claim;
    use crate::http::answer::Body;
    use crate::http::api::Protocol;
    use crate::http::authorization::Credential;
    use crate::random::Random;
    use crate::service::Operations;
    use crate::weather::Weather;

    /// A service that only the list of an [`Aws`] knows.
    struct Clocks;

    const API: Api = Api {
        name: "clocks",
        protocol: Protocol::Json {
            target: "Clocks",
            content_type: "application/x-amz-json-1.0",
            error_type: str::to_owned,
        },
    };

    impl Operations for Clocks {
        const API: &'static Api = &API;

        fn permissions(&self, call: &Call) -> Option<Vec<Permission>> {
            let hands = Permission::new("clocks:ReadHands", "*");
            Some(vec![
                Permission::of(call, "*"),
                hands.or_withhold(|answer, _| answer.body = Body::Json(json!({}))),
            ])
        }

        async fn dispatch(self: &Arc<Self>, call: &Call) -> Result<Answer, Fault> {
            match call.operation.as_str() {
                "GetClock" => Ok(Answer::json(json!({ "hands": 2 }))),
                operation => Err(Fault::not_implemented("clocks", operation)),
            }
        }
    }

    async fn call(operation: &str, allowed: Option<&str>) -> Result<Value, &'static str> {
        let directory = tempfile::tempdir().unwrap();
        let claim = Arc::new(Claim::take(directory.path()).unwrap().unwrap());
        let policy = allowed.map(|action| {
            let statement = json!({ "Effect": "Allow", "Action": action, "Resource": "*" });
            CallerPolicy::parse(&json!({ "Statement": statement }).to_string()).unwrap()
        });
        let store = Store::open(directory.path(), &claim).unwrap().store;
        let conditions = Conditions::new(Clock::SYSTEM, Random::system(), Weather::calm());
        let aws = Aws {
            services: vec![Arc::new(Clocks)],
            iam: Arc::new(Iam::load(&store, &conditions).unwrap()),
            store,
            caller_policy: policy,
        };
        let target = format!("Clocks.{operation}").parse().unwrap();
        let credential = Credential {
            access_key: "key".to_owned(),
            region: "eu-west-1".to_owned(),
            service: "clocks".to_owned(),
        };
        let call = Call::read(
            &aws.apis(),
            &hyper::Method::POST,
            &hyper::Uri::from_static("/"),
            hyper::HeaderMap::from_iter([(
                hyper::header::HeaderName::from_static("x-amz-target"),
                target,
            )]),
            "{}".into(),
            credential,
            String::new(),
        );
        let call = Arc::new(call.map_err(|_| "not served")?);
        let needed = aws.permissions(&call);
        match aws.serve(call, &needed).await {
            Ok(answer) => match answer.body {
                Body::Json(body) => Ok(body),
                _ => Err("not JSON"),
            },
            Err(fault) => Err(fault.code),
        }
    }

    #[tokio::test]
    async fn a_service_in_the_list_is_served_as_far_as_its_callers_are_allowed() {
        let whole = Ok(json!({ "hands": 2 }));
        assert_eq!(call("GetClock", None).await, whole);
        assert_eq!(call("StopClock", None).await, Err("NotImplemented"));
        assert_eq!(call("GetClock", Some("clocks:*")).await, whole);
        let partly = call("GetClock", Some("clocks:GetClock")).await;
        assert_eq!(partly, Ok(json!({})));
        let refused = call("GetClock", Some("clocks:StopClock")).await;
        assert_eq!(refused, Err("AccessDeniedException"));
    }
}
