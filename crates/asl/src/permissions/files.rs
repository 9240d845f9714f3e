//! Files in S3 that a service reads or writes with the permissions of its caller.

use super::NeededResource;
use super::argument::Argument;
use super::collector::Collector;
use super::s3;

/// The operation, the fields of a bucket and of a key or its beginning, and what is done there. Each is said in the
/// documentation of the operation.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

const WRITE: &[&str] = &["s3:PutObject"];
const READ: &[&str] = &["s3:GetObject"];
const EXPORT: &[&str] = &["s3:AbortMultipartUpload", "s3:PutObject", "s3:PutObjectAcl"];

#[rustfmt::skip]
const ROWS: &[Row] = &[
    (
        "dynamodb",
        "ExportTableToPointInTime",
        "S3Bucket",
        "S3Prefix",
        EXPORT,
    ),
    (
        "lambda",
        "CreateFunction",
        "Code.S3Bucket",
        "Code.S3Key",
        READ,
    ),
    ("lambda", "UpdateFunctionCode", "S3Bucket", "S3Key", READ),
    (
        "polly",
        "StartSpeechSynthesisTask",
        "OutputS3BucketName",
        "OutputS3KeyPrefix",
        WRITE,
    ),
    (
        "textract",
        "StartDocumentAnalysis",
        "OutputConfig.S3Bucket",
        "OutputConfig.S3Prefix",
        WRITE,
    ),
    (
        "textract",
        "StartDocumentTextDetection",
        "OutputConfig.S3Bucket",
        "OutputConfig.S3Prefix",
        WRITE,
    ),
    (
        "textract",
        "StartExpenseAnalysis",
        "OutputConfig.S3Bucket",
        "OutputConfig.S3Prefix",
        WRITE,
    ),
    (
        "textract",
        "StartLendingAnalysis",
        "OutputConfig.S3Bucket",
        "OutputConfig.S3Prefix",
        WRITE,
    ),
    (
        "transcribe",
        "StartTranscriptionJob",
        "OutputBucketName",
        "OutputKey",
        WRITE,
    ),
];

pub(super) fn of_call(
    needs: &mut Collector<'_>,
    place: &str,
    service: &str,
    operation: &str,
    request: &Argument<'_>,
) {
    if ["rekognition", "textract", "transcribe"].contains(&service) {
        needs.add(place, "s3:GetObject", s3::read_by_service(request));
    }
    let rows = ROWS
        .iter()
        .filter(|row| (row.0, row.1) == (service, operation));
    for (_, _, bucket, key, actions) in rows {
        if request.is_dynamic() {
            continue;
        }
        let Some(bucket) = request.path(bucket) else {
            continue;
        };
        let key = request.path(key);
        // A service writes below a prefix, and reads the object with a key.
        let objects: Vec<NeededResource> = match *actions == READ {
            true => s3::object(request, &bucket, key.as_ref()),
            false => s3::in_bucket(request, &bucket, key.as_ref()),
        };
        for action in *actions {
            needs.add(place, action, objects.clone());
        }
    }
}
