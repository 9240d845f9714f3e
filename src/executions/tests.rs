//! A client of a scripted AWS, on a clock that runs a hundred times as fast.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep};
use txflow_local_aws::Time;
use txflow_test_support::reply::Reply;
use txflow_test_support::wire::{Act, Rule, Wire};

use crate::aws::{Aws, ConnectOptions, connect};
use crate::world::AwsAccess;

/// A length of time on the fast clock.
pub fn fast(time: Duration) -> Duration {
    time / 100
}

#[derive(Debug)]
struct FastSleep;

impl AsyncSleep for FastSleep {
    fn sleep(&self, time: Duration) -> Sleep {
        Sleep::new(tokio::time::sleep(fast(time)))
    }
}

pub async fn client_of(wire: &Wire) -> Aws {
    let identity = "<GetCallerIdentityResponse><GetCallerIdentityResult>\
        <Arn>arn:aws:iam::123456789012:user/ci</Arn><Account>123456789012</Account>\
        </GetCallerIdentityResult></GetCallerIdentityResponse>";
    let identity = Act::Reply(Reply::xml(200, identity));
    wire.rule(Rule::on("sts.GetCallerIdentity", identity));
    let options = ConnectOptions {
        region: Some("eu-west-1".to_owned()),
        profile: None,
        endpoint_url: Some(wire.url()),
        account: None,
        sleep: SharedAsyncSleep::new(FastSleep),
        // The pace of retries follows it.
        now: Arc::new(jiff::Timestamp::now),
        access: AwsAccess {
            access_key_id: Some("test".to_owned()),
            ..AwsAccess::default()
        },
        embedded: true,
        handover: None,
        time: Time::Real,
        on_retry: Arc::new(|_, _| {}),
    };
    connect(options).await.unwrap().identified.await.unwrap()
}
