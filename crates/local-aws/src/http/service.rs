//! The services that are served.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Iam,
    Lambda,
    Logs,
    States,
    Sts,
}

impl Service {
    /// The prefix of the service's IAM actions, which is also its name in ARNs and in the call log.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Service::Iam => "iam",
            Service::Lambda => "lambda",
            Service::Logs => "logs",
            Service::States => "states",
            Service::Sts => "sts",
        }
    }
}
