//! `name=value&…`: the body of the query protocol, and query strings.

/// The decoded pairs, in order.
#[derive(Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn parse(text: &[u8]) -> Form {
        Form(form_urlencoded::parse(text).into_owned().collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// All names and values.
    pub(crate) fn pairs_in_order(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// All values of a repeated name, such as `tagKeys`.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        self.0
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
            .collect()
    }

    /// The query protocol's lists of scalars: `TagKeys.member.1=a&TagKeys.member.2=b`.
    pub(crate) fn members(&self, name: &str) -> Vec<String> {
        (1..)
            .map_while(|index| {
                self.get(&format!("{name}.member.{index}"))
                    .map(str::to_owned)
            })
            .collect()
    }

    /// The query protocol's lists of key and value: `Tags.member.1.Key=a&Tags.member.1.Value=b`.
    pub(crate) fn pairs(&self, name: &str) -> Vec<(String, String)> {
        (1..)
            .map_while(|index| {
                let key = self.get(&format!("{name}.member.{index}.Key"))?;
                let value = self
                    .get(&format!("{name}.member.{index}.Value"))
                    .unwrap_or_default();
                Some((key.to_owned(), value.to_owned()))
            })
            .collect()
    }
}
