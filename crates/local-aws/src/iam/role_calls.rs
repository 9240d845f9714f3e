//! The operations on roles.

use std::collections::{BTreeMap, BTreeSet};

use super::policy::Document;
use super::role::Role;
use super::role_tags::read_tags;
use super::{Iam, arn, key, list, no_such_role, required, role_name};
use crate::fault::{Constraints, Fault};
use crate::http::answer::{Answer, Body};
use crate::http::call::Call;
use crate::http::xml::Xml;
use crate::random::Random;
use crate::tags::MAX_TAGS;

const DEFAULT_SESSION_SECONDS: i64 = 3600;

impl Iam {
    pub(super) async fn create_role(&self, call: &Call) -> Result<Answer, Fault> {
        let name = role_name(call)?;
        let path = checked_path(call.form.get("Path").unwrap_or("/"), "path")?;
        let trust = trust_policy(required(
            call,
            "AssumeRolePolicyDocument",
            "assumeRolePolicyDocument",
        )?)?;
        let tags = read_tags(call)?;
        if tags.len() > MAX_TAGS {
            return Err(Fault::new(
                409,
                "LimitExceeded",
                "The number of tags has reached the maximum limit.",
            ));
        }
        let account = &call.scope.account;
        let role = Role {
            arn: arn(account, &format!("role{path}{name}")),
            name: name.to_owned(),
            id: role_id(&self.conditions.random),
            path: path.to_owned(),
            created: self.conditions.now(),
            description: description(call)?,
            max_session_seconds: session_seconds(call)?.unwrap_or(DEFAULT_SESSION_SECONDS),
            permissions_boundary: self.boundary(call)?,
            trust: trust.to_owned(),
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
            tags,
        };
        let created = role.clone();
        self.roles
            .change(|roles| {
                let key = key(account, name);
                if roles.get(&key).is_some() {
                    let message = format!("Role with name {name} already exists.");
                    return Err(Fault::new(409, "EntityAlreadyExists", message));
                }
                roles.put(&key, role);
                Ok(())
            })
            .await?;
        Ok(Answer::xml(|xml| {
            xml.element("Role", |xml| created.describe(xml, true));
        }))
    }

    pub(super) fn get_role(&self, call: &Call) -> Result<Answer, Fault> {
        let role = self.role(call)?;
        Ok(Answer::xml(|xml| {
            xml.element("Role", |xml| role.describe(xml, true));
        }))
    }

    pub(super) async fn update_role(&self, call: &Call) -> Result<Answer, Fault> {
        let (description, seconds) = (description(call)?, session_seconds(call)?);
        self.edit_role(call, |role| {
            role.description = description
                .or(role.description.take())
                .filter(|text| !text.is_empty());
            role.max_session_seconds = seconds.unwrap_or(role.max_session_seconds);
            Ok(())
        })
        .await?;
        // The only change whose answer has a result element, although an empty one.
        Ok(Answer::with(200, Body::XmlResult(Xml::default())))
    }

    pub(super) async fn update_role_description(&self, call: &Call) -> Result<Answer, Fault> {
        let description = description(call)?;
        self.edit_role(call, |role| {
            role.description = description.filter(|text| !text.is_empty());
            Ok(())
        })
        .await?;
        self.get_role(call)
    }

    pub(super) async fn update_assume_role_policy(&self, call: &Call) -> Result<Answer, Fault> {
        let trust = trust_policy(required(call, "PolicyDocument", "policyDocument")?)?.to_owned();
        self.edit_role(call, |role| {
            role.trust = trust;
            Ok(())
        })
        .await?;
        Ok(Answer::xml_done())
    }

    pub(super) async fn delete_role(&self, call: &Call) -> Result<Answer, Fault> {
        let name = role_name(call)?;
        let key = key(&call.scope.account, name);
        self.roles
            .change(|roles| {
                let role = roles.get(&key).ok_or_else(|| no_such_role(name))?;
                let conflict = |message| Err(Fault::new(409, "DeleteConflict", message));
                if !role.attached.is_empty() {
                    return conflict("Cannot delete entity, must detach all policies first.");
                }
                if !role.inline.is_empty() {
                    return conflict("Cannot delete entity, must delete policies first.");
                }
                roles.remove(&key);
                Ok(())
            })
            .await?;
        Ok(Answer::xml_done())
    }

    pub(super) fn list_roles(&self, call: &Call) -> Result<Answer, Fault> {
        let prefix = call.form.get("PathPrefix").unwrap_or("/");
        if !prefix.starts_with('/') {
            let message = format!(
                "1 validation error detected: Value '{prefix}' at 'pathPrefix' failed to satisfy constraint: \
                 Member must satisfy regular expression pattern: \\u002F[\\u0021-\\u007F]*"
            );
            return Err(Fault::bad("ValidationError", message));
        }
        let mut roles = self
            .roles
            .seen_list(&format!("{}/", call.scope.account), call.view);
        roles.retain(|(_, role)| role.path.starts_with(prefix));
        let mut listed = Ok(());
        let answer = Answer::xml(|xml| {
            listed = list(call, xml, "Roles", roles, |xml, role| {
                role.describe(xml, false)
            });
        });
        listed.map(|()| answer)
    }

    /// The roles with all that they hold. There are no users and groups here, and managed policies are left out.
    pub(super) fn get_account_authorization_details(&self, call: &Call) -> Result<Answer, Fault> {
        let filters = call.form.members("Filter");
        let mut roles = self
            .roles
            .seen_list(&format!("{}/", call.scope.account), call.view);
        if !filters.is_empty() && !filters.iter().any(|kind| kind == "Role") {
            roles.clear();
        }
        let mut listed = Ok(());
        let answer = Answer::xml(|xml| {
            for none in ["UserDetailList", "GroupDetailList", "Policies"] {
                xml.element(none, |_| {});
            }
            listed = list(call, xml, "RoleDetailList", roles, |xml, role| {
                role.describe_with_policies(xml);
            });
        });
        listed.map(|()| answer)
    }

    pub(super) fn list_instance_profiles_for_role(&self, call: &Call) -> Result<Answer, Fault> {
        self.role(call)?;
        let mut listed = Ok(());
        let answer = Answer::xml(|xml| {
            listed = list(
                call,
                xml,
                "InstanceProfiles",
                Vec::<(String, ())>::new(),
                |_, ()| {},
            );
        });
        listed.map(|()| answer)
    }
}

pub(super) fn checked_path<'a>(path: &'a str, member: &str) -> Result<&'a str, Fault> {
    let visible = path.bytes().all(|byte| (0x21..=0x7f).contains(&byte));
    let holds =
        path == "/" || (path.len() > 2 && path.starts_with('/') && path.ends_with('/') && visible);
    Constraints::default()
        .length(member, path, 1, 512)
        .pattern(
            member,
            path,
            "(\\u002F)|(\\u002F[\\u0021-\\u007F]+\\u002F)",
            holds,
        )
        .check("ValidationError")?;
    Ok(path)
}

fn trust_policy(text: &str) -> Result<&str, Fault> {
    Document::parse(text)?.check_trust()?;
    // AWS's default quota, not counting white space.
    if text.chars().filter(|c| !c.is_whitespace()).count() > 2048 {
        return Err(Fault::new(
            409,
            "LimitExceeded",
            "Cannot exceed quota for ACLSizePerRole: 2048",
        ));
    }
    Ok(text)
}

fn description(call: &Call) -> Result<Option<String>, Fault> {
    let Some(text) = call.form.get("Description") else {
        return Ok(None);
    };
    Constraints::default()
        .length("description", text, 0, 1000)
        .check("ValidationError")?;
    Ok(Some(text.to_owned()))
}

fn session_seconds(call: &Call) -> Result<Option<i64>, Fault> {
    let Some(text) = call.form.get("MaxSessionDuration") else {
        return Ok(None);
    };
    let seconds = text
        .parse()
        .map_err(|_| Fault::bad("MalformedInput", "MaxSessionDuration is not a number"))?;
    Constraints::default()
        .range("maxSessionDuration", Some(seconds), 3600, 43200)
        .check("ValidationError")?;
    Ok(Some(seconds))
}

/// `AROA` and 17 letters or digits, as AWS makes them.
fn role_id(random: &Random) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut bits = random.uuid().as_u128();
    let letters = (0..17).map(|_| {
        // Five bits choose a letter.
        let letter = ALPHABET[usize::try_from(bits % 32).unwrap_or_default()];
        bits >>= 5;
        char::from(letter)
    });
    "AROA".chars().chain(letters).collect()
}
