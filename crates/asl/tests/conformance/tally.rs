//! Counts, by category and in total, with the differences.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::compare::Difference;

/// One metric, such as the results of executions.
pub struct Tally {
    name: &'static str,
    categories: BTreeMap<String, Count>,
    differences: String,
    /// The rows that nobody here can play, with the reason. They count in no category.
    unscored: Vec<String>,
}

#[derive(Clone, Copy, Default)]
pub struct Count {
    pub agree: usize,
    pub rows: usize,
}

impl Tally {
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            categories: BTreeMap::new(),
            differences: String::new(),
            unscored: Vec::new(),
        }
    }

    pub fn unscored(&mut self, id: &str, why: &str) {
        self.unscored.push(format!("{id}: {why}"));
    }

    pub fn add(&mut self, category: &str, id: &str, compared: Result<(), Difference>) {
        let count = self.categories.entry(category.to_owned()).or_default();
        count.rows += 1;
        match compared {
            Ok(()) => count.agree += 1,
            Err(Difference {
                place,
                recorded,
                found,
            }) => {
                let name = self.name;
                let _ = writeln!(
                    self.differences,
                    "{name} | {id}\n  at       {place}\n  recorded {recorded}\n  found    {found}\n"
                );
            }
        }
    }

    pub fn print(&self) {
        println!("{}:", self.name);
        for (category, count) in &self.categories {
            println!("  {category}: {count}");
        }
        for row in &self.unscored {
            println!("  unscored: {row}");
        }
    }

    pub fn total(&self) -> Count {
        self.sum(|_| true)
    }

    pub fn sum(&self, of: impl Fn(&str) -> bool) -> Count {
        let counts = self.categories.iter().filter(|(category, _)| of(category));
        counts.fold(Count::default(), |sum, (_, count)| Count {
            agree: sum.agree + count.agree,
            rows: sum.rows + count.rows,
        })
    }

    pub fn differences(&self) -> &str {
        &self.differences
    }
}

impl Count {
    /// Whether at least this share of the rows matches.
    pub fn reaches(self, percent: usize) -> bool {
        self.agree * 100 >= self.rows * percent
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.agree, self.rows)
    }
}
