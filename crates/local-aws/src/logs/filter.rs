//! CloudWatch Logs' filter patterns for unstructured text.

use crate::fault::Fault;

/// `ERROR timeout` requires both words, `?ERROR ?WARN` at least one, and `-DEBUG` excludes one. Quotes join words.
pub(super) struct Pattern {
    all: Vec<String>,
    any: Vec<String>,
    none: Vec<String>,
}

impl Pattern {
    /// Patterns over JSON members (`{ $.level = "ERROR" }`), columns (`[ip, user]`) and regular expressions (`%…%`) are
    /// refused, since silently matching something else would be misleading.
    pub(super) fn parse(text: &str) -> Result<Pattern, Fault> {
        let text = text.trim();
        if text.starts_with(['{', '[', '%']) {
            return Err(Fault::not_implemented(
                "logs",
                "FilterLogEvents with a JSON, column or regular expression filterPattern",
            ));
        }
        let mut pattern = Pattern {
            all: Vec::new(),
            any: Vec::new(),
            none: Vec::new(),
        };
        let mut rest = text;
        while !rest.is_empty() {
            let (list, term) = match rest.as_bytes()[0] {
                b'?' => (&mut pattern.any, &rest[1..]),
                b'-' => (&mut pattern.none, &rest[1..]),
                _ => (&mut pattern.all, rest),
            };
            let (term, after) = match term.strip_prefix('"') {
                Some(quoted) => quoted
                    .split_once('"')
                    .ok_or_else(|| super::invalid("Invalid filter pattern"))?,
                None => term.split_once(char::is_whitespace).unwrap_or((term, "")),
            };
            if !term.is_empty() {
                list.push(term.to_owned());
            }
            rest = after.trim_start();
        }
        Ok(pattern)
    }

    pub(super) fn matches(&self, message: &str) -> bool {
        let has = |term: &String| message.contains(term.as_str());
        self.all.iter().all(has)
            && (self.any.is_empty() || self.any.iter().any(has))
            && !self.none.iter().any(has)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn matches(pattern: &str, message: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(message)
    }

    #[test]
    fn terms_combine() {
        assert!(matches("", "anything"));
        assert!(matches("ERROR \"timed out\"", "ERROR: it timed out"));
        assert!(!matches("ERROR \"timed out\"", "ERROR: timed and out"));
        assert!(matches("?WARN ?ERROR", "WARN x"));
        assert!(!matches("WARN -retry", "WARN retry"));
    }

    #[test]
    fn what_cannot_be_evaluated_is_refused() {
        assert_eq!(
            Pattern::parse("{ $.level = \"ERROR\" }")
                .err()
                .unwrap()
                .status,
            501
        );
        assert_eq!(
            Pattern::parse("\"open").err().unwrap().code,
            "InvalidParameterException"
        );
    }
}
