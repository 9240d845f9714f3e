//! The conditions of jobs, as GitHub evaluates them: `==`, `!=`, `&&`, `||`, parentheses, literals and contexts.

/// Why a workflow runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Push,
    PullRequest,
    PullRequestOfFork,
}

/// What happens to a pull request.
const ACTIONS: [&str; 3] = ["opened", "synchronize", "closed"];

/// Whether a job with this condition may run. Every variable of the repository is set.
pub fn may_run(condition: &str, event: Event) -> bool {
    ACTIONS.iter().any(|action| runs(condition, event, action))
}

fn runs(condition: &str, event: Event, action: &'static str) -> bool {
    let words = words(condition);
    let mut reader = Reader {
        words: &words,
        event,
        action,
    };
    let value = reader.any();
    assert!(
        reader.words.is_empty(),
        "{condition}: cannot read {:?}",
        reader.words
    );
    truth(&value)
}

struct Reader<'a> {
    words: &'a [String],
    event: Event,
    action: &'static str,
}

impl Reader<'_> {
    fn any(&mut self) -> String {
        let mut value = self.all();
        while self.take("||") {
            let other = self.all();
            value = if truth(&value) { value } else { other };
        }
        value
    }

    fn all(&mut self) -> String {
        let mut value = self.comparison();
        while self.take("&&") {
            let other = self.comparison();
            value = if truth(&value) { other } else { value };
        }
        value
    }

    fn comparison(&mut self) -> String {
        let value = self.one();
        if self.take("==") {
            return (value == self.one()).to_string();
        }
        if self.take("!=") {
            return (value != self.one()).to_string();
        }
        value
    }

    fn one(&mut self) -> String {
        if self.take("(") {
            let value = self.any();
            assert!(self.take(")"), "a parenthesis is open");
            return value;
        }
        let (word, rest) = self.words.split_first().expect("a value");
        self.words = rest;
        match word.strip_prefix('\'') {
            Some(literal) => literal.to_owned(),
            None if word == "true" || word == "false" => word.clone(),
            None => context(word, self.event, self.action),
        }
    }

    fn take(&mut self, word: &str) -> bool {
        let taken = self.words.first().is_some_and(|next| next == word);
        if taken {
            self.words = &self.words[1..];
        }
        taken
    }
}

fn truth(value: &str) -> bool {
    !matches!(value, "" | "false")
}

fn context(name: &str, event: Event, action: &'static str) -> String {
    let value = match (name, event) {
        (name, _) if name.starts_with("vars.") => "set",
        ("github.repository", _) => "octo/shop",
        ("github.event_name", Event::Push) => "push",
        ("github.event_name", _) => "pull_request",
        ("github.event.action", Event::Push) => "",
        ("github.event.action", _) => action,
        ("github.event.pull_request.head.repo.full_name", Event::Push) => "",
        ("github.event.pull_request.head.repo.full_name", Event::PullRequest) => "octo/shop",
        ("github.event.pull_request.head.repo.full_name", Event::PullRequestOfFork) => {
            "mallory/shop"
        }
        (name, _) => panic!("add `{name}` to what this test knows of GitHub"),
    };
    value.to_owned()
}

/// Literals keep their first quote.
fn words(condition: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = condition.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' => rest[1..].find('\'').expect("the end of a literal") + 2,
            '(' | ')' => 1,
            '=' | '!' | '&' | '|' => 2,
            _ => rest
                .find(|c: char| !(c.is_alphanumeric() || "._-".contains(c)))
                .unwrap_or(rest.len()),
        };
        assert!(length > 0, "cannot read {rest:?}");
        let word = &rest[..length];
        words.push(word.strip_suffix('\'').unwrap_or(word).to_owned());
        rest = rest[length..].trim_start();
    }
    words
}
