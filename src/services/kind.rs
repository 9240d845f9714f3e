//! The kinds of things that services hold.

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServiceKind {
    Table,
    Queue,
    Topic,
    Bucket,
    Bus,
    Secret,
    Parameter,
}

impl ServiceKind {
    pub const ALL: [Self; 7] = [
        Self::Table,
        Self::Queue,
        Self::Topic,
        Self::Bucket,
        Self::Bus,
        Self::Secret,
        Self::Parameter,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Queue => "queue",
            Self::Topic => "topic",
            Self::Bucket => "bucket",
            Self::Bus => "event bus",
            Self::Secret => "secret",
            Self::Parameter => "parameter",
        }
    }

    /// As a heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Table => "Tables",
            Self::Queue => "Queues",
            Self::Topic => "Topics",
            Self::Bucket => "Buckets",
            Self::Bus => "Event buses",
            Self::Secret => "Secrets",
            Self::Parameter => "Parameters",
        }
    }

    /// In an address.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Table => "tables",
            Self::Queue => "queues",
            Self::Topic => "topics",
            Self::Bucket => "buckets",
            Self::Bus => "buses",
            Self::Secret => "secrets",
            Self::Parameter => "parameters",
        }
    }

    pub fn of_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.slug() == slug)
    }

    /// Whether there is something in one that a page of its own shows.
    pub fn has_contents(self) -> bool {
        !matches!(self, Self::Secret | Self::Parameter)
    }
}
