//! What a function's role must be and may do for Lambda to set the function up and to run it.

use super::function::Version;
use super::name::FunctionName;
use super::settings::Settings;
use super::{Lambda, invalid};
use crate::fault::Fault;
use crate::http::scope::Scope;
use crate::iam::assumed_role;

/// Lambda checks these when a function enters a VPC.
const VPC_ACTIONS: [&str; 3] = [
    "CreateNetworkInterface",
    "DescribeNetworkInterfaces",
    "DeleteNetworkInterface",
];

impl Lambda {
    /// Lets the role decrypt the environment variables, which are encrypted even without a key of the customer's.
    /// Returns the id of the role: the grant is worth nothing to another one with the same name.
    pub(super) fn grant(
        &self,
        settings: &Settings,
        name: &FunctionName,
    ) -> Result<Option<String>, Fault> {
        if settings.environment.is_empty() {
            return Ok(None);
        }
        if let Some(id) = self.iam.known_to("kms.amazonaws.com", &settings.role) {
            return Ok(Some(id));
        }
        let account = Scope::of_arn(&settings.role).account;
        let role = settings.role.rsplit('/').next().unwrap_or_default();
        Err(invalid(format!(
            "Lambda was unable to configure access to your environment variables because the KMS key is invalid for CreateGrant. \
             Please check your KMS key settings. KMS Exception: InvalidArnException KMS Message: ARN does not refer to a valid principal: \
             {}",
            assumed_role(&account, role, &name.name)
        )))
    }

    /// Refuses to run a version whose environment variables were granted to a role that no longer exists, although one
    /// with its name does.
    pub(super) fn check_grant(&self, version: &Version) -> Result<(), Fault> {
        let granted = version.granted_to.as_ref();
        let role = self.iam.id(&version.settings.role);
        match (granted, role) {
            (Some(granted), Some(role)) if *granted != role => Err(Fault::new(
                502,
                "KMSAccessDeniedException",
                "Lambda was unable to decrypt the environment variables because KMS access was denied. \
                 Please check the function's KMS key settings. KMS Exception: AccessDeniedException \
                 KMS Message: The ciphertext refers to a customer master key that does not exist, \
                 does not exist in this region, or you are not allowed to access.",
            )),
            _ => Ok(()),
        }
    }

    /// An action that Lambda needs in a VPC and that the role does not allow.
    fn forbidden_in_vpc(&self, settings: &Settings) -> Option<&'static str> {
        VPC_ACTIONS.into_iter().find(|action| {
            let ec2 = format!("ec2:{action}");
            let permitted = self.iam.permits(SERVICE, &settings.role, &ec2, "*");
            permitted.is_err()
        })
    }

    /// Refuses a function that enters a VPC if its role may not manage the network interfaces, or if EC2 is too busy.
    pub(super) fn check_vpc(&self, settings: &Settings, name: &FunctionName) -> Result<(), Fault> {
        if settings.vpc.is_none() {
            return Ok(());
        }
        if let Some(action) = self.forbidden_in_vpc(settings) {
            return Err(invalid(format!(
                "The provided execution role does not have permissions to call {action} on EC2"
            )));
        }
        let chance = self.conditions.weather().throttled_by_ec2;
        if self
            .conditions
            .happens("throttled by EC2", &name.arn, chance)
        {
            return Err(invalid(
                "Your request has been throttled by EC2, please make sure you have enough API rate limit. \
                 EC2 Error Code: RequestLimitExceeded. EC2 Error Message: Request limit exceeded.",
            ));
        }
        Ok(())
    }
}

/// The name of the service in trust policies.
pub(in crate::lambda) const SERVICE: &str = "lambda.amazonaws.com";
