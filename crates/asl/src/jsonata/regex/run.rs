//! Runs a program by trying, and going back to the last choice when it fails.

use super::case::{folded, lower};
use super::compile::{Program, Step};
use super::pattern::Class;
use crate::budget::{Budget, Exhausted};

/// A match: its start and end, and those of its groups.
#[derive(Debug)]
pub(in super::super) struct Match {
    pub(in super::super) start: usize,
    pub(in super::super) end: usize,
    pub(in super::super) groups: Vec<Option<(usize, usize)>>,
}

/// The most choices and changes that a match can go back to.
const MAX_TRAIL: usize = 2_000_000;

/// How many steps are counted at once.
const BATCH: usize = 64;

pub(super) fn find(
    program: &Program,
    text: &[u16],
    from: usize,
    budget: &Budget,
) -> Result<Option<Match>, Exhausted> {
    let mut machine = Machine {
        program,
        text,
        budget,
        slots: vec![None; program.groups * 2],
        marks: vec![0; program.marks],
        trail: Vec::new(),
        most: 0,
        steps: 0,
    };
    for start in from..=text.len() {
        if machine.attempt(0, start)?.is_some() {
            let slot = |index: usize| machine.slots.get(index).copied().flatten();
            let group = |index: usize| Some((slot(index * 2)?, slot(index * 2 + 1)?));
            let (start, end) = group(0).unwrap_or((start, start));
            let groups = (1..program.groups).map(group).collect();
            return Ok(Some(Match { start, end, groups }));
        }
    }
    Ok(None)
}

/// What is undone on the way back.
enum Trace {
    Choice { step: usize, at: usize },
    Slot { index: usize, before: Option<usize> },
    Mark { index: usize, before: usize },
}

struct Machine<'p> {
    program: &'p Program,
    text: &'p [u16],
    budget: &'p Budget,
    slots: Vec<Option<usize>>,
    marks: Vec<usize>,
    trail: Vec<Trace>,
    /// The greatest length of the trail that the budget knows of.
    most: usize,
    steps: usize,
}

impl Machine<'_> {
    /// Runs from a step until the end of its code. Returns where that is, or nothing if it does not match.
    fn attempt(&mut self, mut step: usize, mut at: usize) -> Result<Option<usize>, Exhausted> {
        let base = self.trail.len();
        loop {
            self.steps += 1;
            if self.steps.is_multiple_of(BATCH) {
                self.budget.step(BATCH)?;
            }
            let next = match &self.program.code[step] {
                Step::Done => return Ok(Some(at)),
                Step::Jump(target) => Some((*target, at)),
                Step::Split(first, second) => {
                    self.push(Trace::Choice { step: *second, at })?;
                    Some((*first, at))
                }
                Step::Save(index) => {
                    self.save(*index, Some(at))?;
                    Some((step + 1, at))
                }
                Step::Forget(first, last) => {
                    for index in first * 2..=last * 2 + 1 {
                        self.save(index, None)?;
                    }
                    Some((step + 1, at))
                }
                Step::Mark(index) => {
                    let before = std::mem::replace(&mut self.marks[*index], at);
                    self.push(Trace::Mark {
                        index: *index,
                        before,
                    })?;
                    Some((step + 1, at))
                }
                Step::Progress(index) => (self.marks[*index] != at).then_some((step + 1, at)),
                Step::Look { negative, next } => {
                    let (negative, next) = (*negative, *next);
                    self.look(step + 1, at, negative)?.then_some((next, at))
                }
                Step::BackReference(group) => self.again(*group, at).map(|end| (step + 1, end)),
                Step::Back => at.checked_sub(1).map(|before| (step + 1, before)),
                other => self.matches(other, at).map(|end| (step + 1, end)),
            };
            (step, at) = match next {
                Some(next) => next,
                None => match self.back(base) {
                    Some(choice) => choice,
                    None => return Ok(None),
                },
            };
        }
    }

    /// Where a simple step ends.
    fn matches(&self, step: &Step, at: usize) -> Option<usize> {
        let current = self.text.get(at).copied();
        match step {
            Step::Unit(wanted) => {
                let unit = current?;
                let found = if self.program.ignore_case {
                    folded(unit)
                } else {
                    unit
                };
                (found == *wanted).then_some(at + 1)
            }
            Step::Any => (!is_line_end(current?)).then_some(at + 1),
            Step::Class(class) => self.in_class(class, current?).then_some(at + 1),
            Step::Start => {
                let line = self.program.multiline && at > 0 && is_line_end(self.text[at - 1]);
                (at == 0 || line).then_some(at)
            }
            Step::End => {
                let line = self.program.multiline && current.is_some_and(is_line_end);
                (current.is_none() || line).then_some(at)
            }
            Step::WordBoundary(negated) => {
                let before = at > 0 && is_word(self.text[at - 1]);
                let after = current.is_some_and(is_word);
                ((before != after) != *negated).then_some(at)
            }
            _ => None,
        }
    }

    fn in_class(&self, class: &Class, unit: u16) -> bool {
        if !self.program.ignore_case {
            return class.contains(unit);
        }
        let variants = [unit, folded(unit), lower(unit)];
        let inside = |unit: &u16| class.contains(*unit) != class.negated;
        variants.iter().any(inside) != class.negated
    }

    /// The end of what a group matched, if it stands here again.
    fn again(&self, group: usize, at: usize) -> Option<usize> {
        let (Some(start), Some(end)) = (self.slots[group * 2], self.slots[group * 2 + 1]) else {
            return Some(at);
        };
        let wanted = self.text.get(start..end)?;
        let found = self.text.get(at..at + wanted.len())?;
        let same =
            |(a, b): (&u16, &u16)| a == b || (self.program.ignore_case && folded(*a) == folded(*b));
        wanted
            .iter()
            .zip(found)
            .all(same)
            .then_some(at + wanted.len())
    }

    fn look(&mut self, step: usize, at: usize, negative: bool) -> Result<bool, Exhausted> {
        let base = self.trail.len();
        let found = self.attempt(step, at)?.is_some();
        if negative {
            while self.back(base).is_some() {}
        } else if found {
            // Its groups stay, but it is not tried in another way.
            let traces = self.trail.split_off(base);
            let changes = traces
                .into_iter()
                .filter(|trace| !matches!(trace, Trace::Choice { .. }));
            self.trail.extend(changes);
        }
        Ok(found != negative)
    }

    fn save(&mut self, index: usize, value: Option<usize>) -> Result<(), Exhausted> {
        let before = std::mem::replace(&mut self.slots[index], value);
        self.push(Trace::Slot { index, before })
    }

    fn push(&mut self, trace: Trace) -> Result<(), Exhausted> {
        if self.trail.len() >= MAX_TRAIL {
            return Err(Exhausted::Memory);
        }
        self.trail.push(trace);
        if self.trail.len() > self.most {
            self.most = self.trail.len() + BATCH;
            self.budget.take(BATCH * size_of::<Trace>())?;
        }
        Ok(())
    }

    /// Undoes everything up to the last choice.
    fn back(&mut self, base: usize) -> Option<(usize, usize)> {
        while self.trail.len() > base {
            match self.trail.pop()? {
                Trace::Choice { step, at } => return Some((step, at)),
                Trace::Slot { index, before } => self.slots[index] = before,
                Trace::Mark { index, before } => self.marks[index] = before,
            }
        }
        None
    }
}

fn is_line_end(unit: u16) -> bool {
    matches!(unit, 0x0a | 0x0d | 0x2028 | 0x2029)
}

fn is_word(unit: u16) -> bool {
    u8::try_from(unit).is_ok_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
