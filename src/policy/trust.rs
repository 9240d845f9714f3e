//! The trust policy of a pipeline's role: jobs of one GitHub repository, through OIDC.

use serde_json::{Value, json};

use crate::stack::Account;

/// The issuer whose tokens are accepted.
const ISSUER: &str = "token.actions.githubusercontent.com";

/// A GitHub repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    pub owner: String,
    pub name: String,
    /// The ids stay the same if the names change hands.
    pub owner_id: Option<u64>,
    pub id: Option<u64>,
}

/// Which jobs of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Those of a GitHub environment, on any ref unless one is named.
    Environment {
        name: String,
        git_ref: Option<String>,
    },
    /// Those on a ref, such as `refs/heads/main`, that have no environment.
    Ref(String),
    /// Those of pull requests that have no environment.
    PullRequest,
}

/// The trust policy. Each condition is an exact comparison, so that no other repository, environment or ref fits.
pub fn trust(account: &Account, repository: &Repository, subject: &Subject) -> Value {
    let key = |claim: &str| format!("{ISSUER}:{claim}");
    let mut condition = json!({
        key("aud"): "sts.amazonaws.com",
        key("sub"): subjects(repository, subject),
    });
    if let Some(id) = repository.id {
        condition[key("repository_id")] = id.to_string().into();
    }
    if let Subject::Environment {
        git_ref: Some(git_ref),
        ..
    } = subject
    {
        condition[key("ref")] = git_ref.as_str().into();
    }
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Federated": account.iam_arn(&format!("oidc-provider/{ISSUER}")) },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": { "StringEquals": condition },
        }],
    })
}

/// The subject as GitHub writes it. For a repository that was created since July 2026, or has opted in, the ids follow
/// the names; for an older one they do not. If the ids are known, either form is accepted.
fn subjects(repository: &Repository, subject: &Subject) -> Value {
    let Repository { owner, name, .. } = repository;
    let context = match subject {
        // GitHub escapes a colon in a name, so that it is not taken for a separator.
        Subject::Environment { name, .. } => format!("environment:{}", name.replace(':', "%3A")),
        Subject::Ref(git_ref) => format!("ref:{git_ref}"),
        Subject::PullRequest => "pull_request".to_owned(),
    };
    let named = format!("repo:{owner}/{name}:{context}");
    match (repository.owner_id, repository.id) {
        (Some(owner_id), Some(id)) => {
            let immutable = format!("repo:{owner}@{owner_id}/{name}@{id}:{context}");
            json!([named, immutable])
        }
        _ => named.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::sample::stack;

    fn repository(ids: Option<(u64, u64)>) -> Repository {
        Repository {
            owner: "octo".to_owned(),
            name: "shop".to_owned(),
            owner_id: ids.map(|(owner, _)| owner),
            id: ids.map(|(_, id)| id),
        }
    }

    fn conditions(ids: Option<(u64, u64)>, subject: &Subject) -> Value {
        let trust = trust(&stack().account, &repository(ids), subject);
        let [statement] = trust["Statement"].as_array().unwrap().as_slice() else {
            panic!("{trust}");
        };
        assert_eq!(
            statement["Principal"]["Federated"],
            "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
        );
        assert_eq!(statement["Action"], "sts:AssumeRoleWithWebIdentity");
        let condition = statement["Condition"].as_object().unwrap();
        assert_eq!(condition.keys().collect::<Vec<_>>(), ["StringEquals"]);
        condition["StringEquals"].clone()
    }

    #[test]
    fn each_kind_of_job_has_its_exact_subject() {
        let environment = |name: &str| Subject::Environment {
            name: name.to_owned(),
            git_ref: None,
        };
        for (subject, expected) in [
            (environment("prod"), "repo:octo/shop:environment:prod"),
            (environment("a:b"), "repo:octo/shop:environment:a%3Ab"),
            (
                Subject::Ref("refs/heads/main".to_owned()),
                "repo:octo/shop:ref:refs/heads/main",
            ),
            (Subject::PullRequest, "repo:octo/shop:pull_request"),
        ] {
            assert_eq!(
                conditions(None, &subject),
                json!({
                    "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                    "token.actions.githubusercontent.com:sub": expected,
                })
            );
        }
    }

    #[test]
    fn an_environment_can_be_held_to_a_ref() {
        let subject = Subject::Environment {
            name: "prod".to_owned(),
            git_ref: Some("refs/heads/main".to_owned()),
        };
        let conditions = conditions(None, &subject);
        assert_eq!(
            conditions["token.actions.githubusercontent.com:ref"],
            "refs/heads/main"
        );
    }

    #[test]
    fn with_the_ids_both_forms_of_the_subject_are_taken_from_that_repository_only() {
        let conditions = conditions(Some((42, 4711)), &Subject::PullRequest);
        assert_eq!(
            conditions["token.actions.githubusercontent.com:sub"],
            json!([
                "repo:octo/shop:pull_request",
                "repo:octo@42/shop@4711:pull_request"
            ])
        );
        assert_eq!(
            conditions["token.actions.githubusercontent.com:repository_id"],
            "4711"
        );
    }
}
