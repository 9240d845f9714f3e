//! The network interfaces of functions in a VPC.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::function::Version;
use super::grants::SERVICE;
use super::{Function, Lambda};
use crate::clock::Millis;
use crate::conditions::View;
use crate::fault::Fault;
use crate::http::scope::Scope;

/// Lambda has one for each combination of a subnet and security groups, which the versions of all functions share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct NetworkInterface {
    pub(crate) id: String,
    pub(crate) subnet: String,
    /// In order.
    pub(crate) security_groups: Vec<String>,
    /// Names the function for which it was created.
    pub(crate) description: String,
    /// The roles of the versions that use it, or that did so last.
    roles: BTreeSet<String>,
    /// When Lambda removes it, since no version uses it any more.
    removed_at: Option<Millis>,
    /// Whether Lambda was not allowed to remove it. Then it is there for good.
    abandoned: bool,
}

impl NetworkInterface {
    pub(crate) fn status(&self) -> &'static str {
        if self.abandoned {
            "available"
        } else {
            "in-use"
        }
    }
}

/// The users of an interface.
struct Users {
    subnet: String,
    security_groups: Vec<String>,
    /// The first of the functions.
    function: String,
    roles: BTreeSet<String>,
}

impl Lambda {
    /// All interfaces there, by key.
    pub(crate) fn network_interfaces(
        &self,
        scope: &Scope,
        view: View,
    ) -> Vec<(String, NetworkInterface)> {
        let found = self.interfaces.seen_list(&prefix(scope), view).into_iter();
        found
            .map(|(key, interface)| (key, NetworkInterface::clone(&interface)))
            .collect()
    }

    /// Creates the interfaces that versions use, and begins to remove those that none uses any more.
    pub(super) async fn settle_interfaces(self: &Arc<Self>, function: &str) -> Result<(), Fault> {
        let scope = Scope::of_arn(function);
        // In this order: what is used since was not there yet.
        let existing = self.interfaces.list(&prefix(&scope));
        let users = self.users(&scope);
        let unused = { existing.into_iter() }
            .filter(|(key, interface)| !users.contains_key(key) && interface.removed_at.is_none());
        let takes = self.conditions.weather().network_interface_removal;
        let now = self.conditions.now();
        let leaving: Vec<(String, Millis)> = unused
            .map(|(key, _)| {
                let what = "network interface removal";
                let at = self.conditions.after(now, what, &key, takes);
                (key, at)
            })
            .collect();
        self.interfaces
            .change(|interfaces| {
                for (key, users) in &users {
                    let before = interfaces.get(key).map(Arc::as_ref);
                    let now = self.used_interface(before, users);
                    if before != Some(&now) {
                        interfaces.put(key, now);
                    }
                }
                for (key, at) in &leaving {
                    if let Some(interface) = interfaces.get(key) {
                        let mut interface = NetworkInterface::clone(interface);
                        interface.removed_at = Some(*at);
                        interfaces.put(key, interface);
                    }
                }
                Ok(())
            })
            .await?;
        for (key, at) in leaving {
            self.remove_later(key, at);
        }
        Ok(())
    }

    /// Goes on with the removals that a former server began.
    pub(super) fn go_on_removing_interfaces(self: &Arc<Self>) {
        for (key, interface) in self.interfaces.list("") {
            if let Some(at) = interface.removed_at.filter(|_| !interface.abandoned) {
                self.remove_later(key, at);
            }
        }
    }

    fn used_interface(&self, before: Option<&NetworkInterface>, users: &Users) -> NetworkInterface {
        let random = &self.conditions.random;
        let mut interface = before.cloned().unwrap_or_else(|| NetworkInterface {
            id: format!("eni-{}", &random.uuid().simple().to_string()[..17]),
            subnet: users.subnet.clone(),
            security_groups: users.security_groups.clone(),
            description: format!("AWS Lambda VPC ENI-{}-{}", users.function, random.uuid()),
            roles: BTreeSet::new(),
            removed_at: None,
            abandoned: false,
        });
        interface.roles = users.roles.clone();
        interface.removed_at = None;
        interface.abandoned = false;
        interface
    }

    fn remove_later(self: &Arc<Self>, key: String, at: Millis) {
        let lambda = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(lambda.conditions.clock.until(at)).await;
            // Fails only if the disk fails; then the next start removes it.
            let _ = lambda.remove_interface(&key, at).await;
        });
    }

    /// Lambda calls EC2 with the role of the function. It leaves behind what that role does not let it remove.
    async fn remove_interface(&self, key: &str, at: Millis) -> Result<(), Fault> {
        self.interfaces
            .change(|interfaces| {
                let Some(interface) = interfaces.get(key) else {
                    return Ok(());
                };
                if interface.removed_at != Some(at) {
                    return Ok(());
                }
                if self.may_remove(key, interface) {
                    interfaces.remove(key);
                    return Ok(());
                }
                let abandoned = NetworkInterface {
                    abandoned: true,
                    ..NetworkInterface::clone(interface)
                };
                interfaces.put(key, abandoned);
                Ok(())
            })
            .await
    }

    fn may_remove(&self, key: &str, interface: &NetworkInterface) -> bool {
        let mut parts = key.split('/').map(str::to_owned);
        let scope = Scope {
            account: parts.next().unwrap_or_default(),
            region: parts.next().unwrap_or_default(),
        };
        let arn = scope.arn("ec2", &format!("network-interface/{}", interface.id));
        let mut roles = interface.roles.iter();
        roles.any(|role| {
            let permitted = self
                .iam
                .permits(SERVICE, role, "ec2:DeleteNetworkInterface", &arn);
            permitted.is_ok()
        })
    }

    /// The users of each interface, by its key.
    fn users(&self, scope: &Scope) -> BTreeMap<String, Users> {
        let mut all = BTreeMap::new();
        for (_, function) in self.functions.list(&scope.arn("lambda", "function:")) {
            for version in function.all_versions() {
                for (subnet, security_groups) in combinations(version) {
                    let key = format!("{}{subnet}/{}", prefix(scope), security_groups.join(","));
                    let users = all.entry(key).or_insert_with(|| Users {
                        subnet,
                        security_groups,
                        function: function.name.clone(),
                        roles: BTreeSet::new(),
                    });
                    users.roles.insert(version.settings.role.clone());
                }
            }
        }
        all
    }
}

impl Function {
    fn all_versions(&self) -> impl Iterator<Item = &Version> {
        self.versions.values().chain([&self.latest])
    }
}

/// The subnets of a version, each with all of its security groups.
fn combinations(version: &Version) -> Vec<(String, Vec<String>)> {
    let Some(vpc) = &version.settings.vpc else {
        return Vec::new();
    };
    let texts = |member: &str| -> Vec<String> {
        let texts = vpc[member].as_array().into_iter().flatten();
        texts.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut security_groups = texts("SecurityGroupIds");
    security_groups.sort_unstable();
    let subnets = texts("SubnetIds").into_iter();
    subnets
        .map(|subnet| (subnet, security_groups.clone()))
        .collect()
}

fn prefix(scope: &Scope) -> String {
    format!("{}/{}/", scope.account, scope.region)
}
