//! The regions of AWS, to find a misspelt one.

use super::nearest::nearest;

/// From `partitions.json` of botocore 1.43.106. AWS adds regions, so another one is never refused.
const REGIONS: [&str; 46] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-isoe-west-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "us-west-1",
    "us-west-2",
];

/// The code of the warning about one that is not known.
pub const UNKNOWN_REGION: &str = "unknown-region";

/// What makes a region doubtful, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub struct DoubtfulRegion {
    pub message: String,
    pub hint: String,
}

/// `None` for a region that is known to exist.
pub fn doubtful_region(region: &str) -> Option<DoubtfulRegion> {
    if REGIONS.contains(&region) {
        return None;
    }
    Some(DoubtfulRegion {
        message: format!("`{region}` is not among the regions that txflow knows"),
        hint: match nearest(region, REGIONS) {
            Some(near) => {
                format!("did you mean `{near}`? If AWS has added this region since, go on")
            }
            None => "if AWS has added this region since, go on".to_owned(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_region_names_the_one_that_was_meant() {
        for region in REGIONS {
            assert_eq!(doubtful_region(region), None);
        }
        let hint = |region| doubtful_region(region).map(|doubt| doubt.hint);
        let near = hint("us-esat-1").unwrap_or_default();
        assert!(near.starts_with("did you mean `us-east-1`? If"), "{near}");
        let new = hint("qq-nowhere-9").unwrap_or_default();
        assert!(new.starts_with("if AWS has added"), "{new}");
    }
}
