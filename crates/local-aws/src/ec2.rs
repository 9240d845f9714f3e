//! EC2: the network interfaces that Lambda has for functions in a VPC.

use std::sync::Arc;

use txflow_asl::wildcards;

use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::api::{Api, Dialect, Protocol};
use crate::http::call::Call;
use crate::http::xml::Xml;
use crate::lambda::{Lambda, NetworkInterface};
use crate::page::page;
use crate::permission::Permission;
use crate::service::Operations;

const API: Api = Api {
    name: "ec2",
    protocol: Protocol::Query {
        version: "2016-11-15",
        namespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
        dialect: Dialect::Ec2,
    },
};

/// EC2's own limit for a page.
const PAGE: usize = 1000;

pub(crate) struct Ec2 {
    lambda: Arc<Lambda>,
}

impl Ec2 {
    pub(crate) fn new(lambda: &Arc<Lambda>) -> Ec2 {
        Ec2 {
            lambda: Arc::clone(lambda),
        }
    }

    fn describe_network_interfaces(&self, call: &Call) -> Result<Answer, Fault> {
        let ids = indexed(call, "NetworkInterfaceId");
        let filters = filters(call)?;
        let mut found = self.lambda.network_interfaces(&call.scope, call.view);
        found.retain(|(_, interface)| {
            let mut filters = filters.iter();
            (ids.is_empty() || ids.contains(&interface.id))
                && filters.all(|filter| filter.lets_through(interface))
        });
        let size = call
            .form
            .get("MaxResults")
            .and_then(|size| size.parse().ok());
        let size = size.unwrap_or(PAGE).clamp(5, PAGE);
        let page = page(found, call.form.get("NextToken"), size);
        let invalid = |_| Fault::bad("InvalidNextToken", "The token is invalid.");
        let (shown, next) = page.map_err(invalid)?;
        Ok(Answer::xml(|xml| {
            xml.element("networkInterfaceSet", |xml| {
                for (_, interface) in &shown {
                    xml.element("item", |xml| describe(interface, &call.scope.account, xml));
                }
            })
            .optional("nextToken", next.as_deref());
        }))
    }
}

impl Operations for Ec2 {
    const API: &'static Api = &API;

    /// AWS has no resources for these.
    fn permissions(&self, call: &Call) -> Option<Vec<Permission>> {
        Some(vec![Permission::of(call, "*")])
    }

    async fn dispatch(self: &Arc<Self>, call: &Call) -> Result<Answer, Fault> {
        match call.operation.as_str() {
            "DescribeNetworkInterfaces" => self.describe_network_interfaces(call),
            operation => Err(Fault::not_implemented("ec2", operation)),
        }
    }
}

/// One of these values, in which `*` stands for any text.
struct Filter {
    by: fn(&NetworkInterface) -> Vec<&str>,
    values: Vec<String>,
}

impl Filter {
    fn lets_through(&self, interface: &NetworkInterface) -> bool {
        let texts = (self.by)(interface);
        let mut values = self.values.iter();
        values.any(|value| texts.iter().any(|text| wildcards::matches(value, text)))
    }
}

fn filters(call: &Call) -> Result<Vec<Filter>, Fault> {
    let mut filters = Vec::new();
    for index in 1.. {
        let Some(name) = call.form.get(&format!("Filter.{index}.Name")) else {
            break;
        };
        let by: fn(&NetworkInterface) -> Vec<&str> = match name {
            "description" => |interface| vec![&interface.description],
            "group-id" => |interface| {
                { interface.security_groups.iter() }
                    .map(String::as_str)
                    .collect()
            },
            "interface-type" => |_| vec![TYPE],
            "network-interface-id" => |interface| vec![&interface.id],
            "status" => |interface| vec![interface.status()],
            "subnet-id" => |interface| vec![&interface.subnet],
            other => {
                let what = format!("the filter {other} of DescribeNetworkInterfaces");
                return Err(Fault::not_implemented("ec2", &what));
            }
        };
        let values = indexed(call, &format!("Filter.{index}.Value"));
        filters.push(Filter { by, values });
    }
    Ok(filters)
}

/// EC2's lists: `Value.1=a&Value.2=b`.
fn indexed(call: &Call, name: &str) -> Vec<String> {
    (1..)
        .map_while(|index| call.form.get(&format!("{name}.{index}")))
        .map(str::to_owned)
        .collect()
}

/// The type of the interfaces that Lambda has.
const TYPE: &str = "lambda";

fn describe(interface: &NetworkInterface, account: &str, xml: &mut Xml) {
    xml.text("networkInterfaceId", &interface.id)
        .text("subnetId", &interface.subnet)
        .text("description", &interface.description)
        .text("ownerId", account)
        .text("requesterManaged", "true")
        .text("status", interface.status())
        .text("interfaceType", TYPE)
        .element("groupSet", |xml| {
            for group in &interface.security_groups {
                xml.element("item", |xml| {
                    xml.text("groupId", group);
                });
            }
        });
}
