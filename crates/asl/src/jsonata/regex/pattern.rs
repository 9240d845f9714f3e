//! What a pattern is made of.

/// A part of a pattern.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Empty,
    Unit(u16),
    Any,
    Class(Class),
    Start,
    End,
    WordBoundary(bool),
    Group(Box<Part>, Option<usize>),
    BackReference(usize),
    NamedReference(String),
    Look {
        ahead: bool,
        negative: bool,
        part: Box<Part>,
    },
    Repeat {
        part: Box<Part>,
        least: u32,
        most: Option<u32>,
        greedy: bool,
        groups: (usize, usize),
    },
    Sequence(Vec<Part>),
    Choice(Vec<Part>),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Class {
    pub(super) ranges: Vec<(u16, u16)>,
    pub(super) negated: bool,
}

#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) part: Part,
    pub(super) groups: usize,
    pub(super) names: Vec<(String, usize)>,
}

impl Class {
    pub(super) fn add(&mut self, atom: Result<u16, Self>) {
        match atom {
            Ok(unit) => self.ranges.push((unit, unit)),
            Err(class) if !class.negated => self.ranges.extend(class.ranges),
            Err(mut class) => {
                class.ranges.sort_unstable();
                let mut next = 0;
                for (first, last) in class.ranges {
                    if first > next {
                        self.ranges.push((next, first - 1));
                    }
                    next = next.max(last.saturating_add(1));
                }
                self.ranges.push((next, u16::MAX));
            }
        }
    }

    pub(super) fn contains(&self, unit: u16) -> bool {
        self.ranges
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&unit))
            != self.negated
    }
}
