//! Answers of AWS as bytes on the wire: the shapes in which the three protocols carry an error.

/// A whole HTTP answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Reply {
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json".into())],
            body: body.into(),
        }
    }

    pub fn xml(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: vec![("content-type", "text/xml".into())],
            body: body.into(),
        }
    }

    /// Lambda puts the code into a header and the text into a JSON body.
    pub fn lambda_error(status: u16, code: &str, message: &str) -> Self {
        let body = serde_json::json!({ "Type": "User", "message": message });
        let mut reply = Self::json(status, body.to_string());
        reply.headers.push(("x-amzn-errortype", code.into()));
        reply
    }

    /// Step Functions and CloudWatch Logs put both into a JSON body.
    pub fn json_rpc_error(code: &str, message: &str) -> Self {
        let body = serde_json::json!({ "__type": code, "message": message });
        let mut reply = Self::json(400, body.to_string());
        reply.headers[0].1 = "application/x-amz-json-1.0".into();
        reply
    }

    /// IAM and STS answer in XML.
    pub fn query_error(status: u16, code: &str, message: &str) -> Self {
        Self::xml(
            status,
            format!(
                "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type>\
                 <Code>{code}</Code><Message>{message}</Message></Error>\
                 <RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
            ),
        )
    }

    /// An error of the service that `operation` belongs to.
    pub fn error(operation: &str, status: u16, code: &str, message: &str) -> Self {
        match operation.split('.').next() {
            Some("lambda") => Self::lambda_error(status, code, message),
            Some("iam" | "sts") => Self::query_error(status, code, message),
            _ => Self::json_rpc_error(code, message),
        }
    }
}
