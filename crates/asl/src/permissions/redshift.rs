//! What the Data API of Redshift needs to log in to the database.
//!
//! Source: <https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-access.html>

use super::NeededResource;
use super::argument::{Argument, Unknown};
use super::arn_template::fill_short;
use super::collector::Collector;
use super::each::each;

/// The secret with the credentials, or temporary ones: of a user whom the request names, or of the role itself.
pub(super) fn credentials(needs: &mut Collector<'_>, place: &str, request: &Argument<'_>) {
    if request.is_dynamic() {
        return;
    }
    if request.field("SecretArn").is_some() {
        let secrets = each(request, "SecretArn", |_| Vec::new());
        needs.add(place, "secretsmanager:GetSecretValue", secrets);
    } else if request.field("WorkgroupName").is_some() {
        let action = "redshift-serverless:GetCredentials";
        needs.add(place, action, workgroups(request));
    } else if request.field("DbUser").is_some() {
        let user = fill_short("redshift:dbuser:${ClusterIdentifier}/${DbUser}", request);
        let database = fill_short("redshift:dbname:${ClusterIdentifier}/${Database}", request);
        needs.add(place, "redshift:GetClusterCredentials", user);
        needs.add(place, "redshift:GetClusterCredentials", database);
    } else if request.field("ClusterIdentifier").is_some() {
        let database = fill_short("redshift:dbname:${ClusterIdentifier}/${Database}", request);
        needs.add(place, "redshift:GetClusterCredentialsWithIAM", database);
    }
}

/// The ARN of a workgroup has its id.
pub(super) fn workgroups(request: &Argument<'_>) -> Vec<NeededResource> {
    each(request, "WorkgroupName", |_| {
        let because = "the ARN of a workgroup has its id, and the request has its name";
        vec![Unknown::new(because, request).resource()]
    })
}
