//! Objects of S3, and the tables of statements.

use super::*;

const OBJECT: &str = "arn:aws:s3:::b/k";

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>
#[test]
fn a_field_of_an_object_may_need_a_right_of_its_own() {
    for (operation, field, right) in [
        ("putObject", "Tagging", "s3:PutObjectTagging"),
        ("createMultipartUpload", "Tagging", "s3:PutObjectTagging"),
        ("putObject", "Acl", "s3:PutObjectAcl"),
        ("putObject", "GrantRead", "s3:PutObjectAcl"),
        ("putObject", "ObjectLockMode", "s3:PutObjectRetention"),
        (
            "putObject",
            "ObjectLockLegalHoldStatus",
            "s3:PutObjectLegalHold",
        ),
        (
            "deleteObject",
            "BypassGovernanceRetention",
            "s3:BypassGovernanceRetention",
        ),
        ("getObject", "VersionId", "s3:GetObjectVersion"),
        ("headObject", "VersionId", "s3:GetObjectVersion"),
        ("deleteObject", "VersionId", "s3:DeleteObjectVersion"),
        (
            "getObjectTagging",
            "VersionId",
            "s3:GetObjectVersionTagging",
        ),
        (
            "putObjectTagging",
            "VersionId",
            "s3:PutObjectVersionTagging",
        ),
    ] {
        let call = |field: &str| {
            let request = json!({ "Bucket": "b", "Key": "k", field: "x" });
            jsonpath(&format!("aws-sdk:s3:{operation}"), request)
        };
        assert_eq!(on(&call(field), right), [OBJECT], "{operation} {field}");
        assert!(on(&call("RequestPayer"), right).is_empty(), "{operation}");
    }
    let objects = json!([{ "Key": "k", "VersionId": "1" }]);
    let delete = jsonpath(
        "aws-sdk:s3:deleteObjects",
        json!({ "Bucket": "b", "Delete": { "Objects": objects } }),
    );
    assert_eq!(on(&delete, "s3:DeleteObjectVersion"), [OBJECT]);
    let copy = jsonpath(
        "aws-sdk:s3:copyObject",
        json!({ "Bucket": "b", "Key": "k", "CopySource": "a/k?versionId=1" }),
    );
    assert_eq!(on(&copy, "s3:GetObjectVersion"), ["arn:aws:s3:::a/k"]);
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html>
#[test]
fn an_object_behind_an_access_point_has_an_arn_of_its_own() {
    let point = "arn:aws:s3:eu-west-1:123456789012:accesspoint/p";
    let get = jsonpath(
        "aws-sdk:s3:getObject",
        json!({ "Bucket": point, "Key": "a/k" }),
    );
    assert_eq!(on(&get, "s3:GetObject"), [format!("{point}/object/a/k")]);
    let list = jsonpath("aws-sdk:s3:listObjectsV2", json!({ "Bucket": point }));
    assert_eq!(on(&list, "s3:ListBucket"), [point]);
    let source = format!("{point}/object/k");
    let copy = jsonpath(
        "aws-sdk:s3:copyObject",
        json!({ "Bucket": "b", "Key": "k", "CopySource": source }),
    );
    assert_eq!(on(&copy, "s3:GetObject"), [source]);
}

#[test]
fn a_file_that_a_service_reads_is_one_object() {
    let media = jsonpath(
        "aws-sdk:transcribe:startTranscriptionJob",
        json!({ "TranscriptionJobName": "j", "Media": { "MediaFileUri": "s3://b/k" } }),
    );
    assert_eq!(on(&media, "s3:GetObject"), [OBJECT]);
    let started = jsonpath(
        "aws-sdk:transcribe:startTranscriptionJob",
        json!({ "Media": { "MediaFileUri.$": "States.Format('s3://b/k{}', $.x)" } }),
    );
    assert_eq!(on(&started, "s3:GetObject"), ["arn:aws:s3:::b/k*"]);
    let code = jsonpath(
        "aws-sdk:lambda:createFunction",
        json!({ "FunctionName": "f", "Code": { "S3Bucket": "b", "S3Key": "k" } }),
    );
    assert_eq!(on(&code, "s3:GetObject"), [OBJECT]);
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html>
#[test]
fn a_statement_in_partiql_needs_what_it_does() {
    let table = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";
    let rights = |found: &[Need]| -> Vec<(String, String)> {
        let arns = arns(found).into_iter().map(str::to_owned);
        let actions = found.iter().map(|need| need.action.clone());
        actions.zip(arns).collect()
    };
    let right = |name: &str, on: String| (format!("dynamodb:PartiQL{name}"), on);
    let run = |statement: &str| {
        let request = json!({ "Statement": statement });
        rights(&jsonpath("aws-sdk:dynamodb:executeStatement", request))
    };
    assert_eq!(
        run("SELECT * FROM \"orders\" WHERE id = ?"),
        [right("Select", table.to_owned())]
    );
    assert_eq!(
        run("SELECT * FROM \"orders\".\"by-day\""),
        [right("Select", format!("{table}/index/by-day"))]
    );
    let several = json!({ "TransactStatements": [
        { "Statement": "UPDATE orders SET a=1 WHERE id='1'" },
        { "Statement": "INSERT INTO orders VALUE {'id':'2'}" },
    ] });
    assert_eq!(
        rights(&jsonpath("aws-sdk:dynamodb:executeTransaction", several)),
        [
            right("Insert", table.to_owned()),
            right("Update", table.to_owned())
        ]
    );
    let started = json!({ "Statement.$": "States.Format('DELETE FROM orders WHERE id={}', $.id)" });
    assert_eq!(
        rights(&jsonpath("aws-sdk:dynamodb:executeStatement", started)),
        [right("Delete", table.to_owned())]
    );
    let open = json!({ "Statement.$": "$.statement" });
    let found = jsonpath("aws-sdk:dynamodb:executeStatement", open);
    assert_eq!(arns(&found), ["unknown"; 4]);
}
