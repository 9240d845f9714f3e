//! What was used last, and no more than that.

/// How much is remembered of a kind.
const REMEMBERED: usize = 16;

/// Values by their keys.
pub(super) struct Recent<T>(Vec<(String, T)>);

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Clone> Recent<T> {
    /// Is a use of it.
    pub fn get(&mut self, key: &str) -> Option<T> {
        let at = self.0.iter().position(|(known, _)| known == key)?;
        let found = self.0.remove(at);
        self.0.push(found);
        self.0.last().map(|(_, value)| value.clone())
    }

    pub fn put(&mut self, key: &str, value: T) {
        self.0.retain(|(known, _)| known != key);
        if self.0.len() == REMEMBERED {
            self.0.remove(0);
        }
        self.0.push((key.to_owned(), value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_are_asked_for_only_the_last_ones_stay() {
        let mut recent = Recent::default();
        for number in 0..100 {
            recent.put(&number.to_string(), number);
            assert_eq!(recent.get("0"), Some(0), "it is used");
        }
        assert_eq!(recent.0.len(), REMEMBERED);
        assert_eq!((recent.get("99"), recent.get("50")), (Some(99), None));
    }
}
