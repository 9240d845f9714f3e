use super::case::folded;
use super::pattern::{Class, Parsed, Part};

#[derive(Debug)]
pub(super) struct Program {
    pub(super) code: Vec<Step>,
    /// How many groups capture, with the whole match.
    pub(super) groups: usize,
    pub(super) ignore_case: bool,
    pub(super) multiline: bool,
    /// How many loops remember where they started.
    pub(super) marks: usize,
}

#[derive(Debug)]
pub(super) enum Step {
    Unit(u16),
    Any,
    Class(Class),
    Start,
    End,
    WordBoundary(bool),
    /// Goes on at the first, and at the second if that fails.
    Split(usize, usize),
    Jump(usize),
    Save(usize),
    /// Forgets groups, at the start of each turn of a loop.
    Forget(usize, usize),
    BackReference(usize),
    /// Moves one unit back.
    Back,
    /// Remembers the position.
    Mark(usize),
    /// Fails if nothing was matched since the mark.
    Progress(usize),
    /// An assertion, which is the code up to `next`.
    Look {
        negative: bool,
        next: usize,
    },
    Done,
}

/// The most steps of a program. Repeats with a number are written out.
const MAX_STEPS: usize = 50_000;

pub(super) fn compile(
    parsed: &Parsed,
    ignore_case: bool,
    multiline: bool,
) -> Result<Program, &'static str> {
    let mut compiler = Compiler {
        parsed,
        code: Vec::new(),
        marks: 0,
        ignore_case,
        backward: false,
    };
    compiler.push(Step::Save(0))?;
    compiler.part(&parsed.part)?;
    compiler.push(Step::Save(1))?;
    compiler.push(Step::Done)?;
    Ok(Program {
        code: compiler.code,
        groups: parsed.groups + 1,
        ignore_case,
        multiline,
        marks: compiler.marks,
    })
}

struct Compiler<'p> {
    parsed: &'p Parsed,
    code: Vec<Step>,
    marks: usize,
    ignore_case: bool,
    /// Within an assertion about what comes before.
    backward: bool,
}

impl Compiler<'_> {
    fn push(&mut self, step: Step) -> Result<usize, &'static str> {
        if self.code.len() >= MAX_STEPS {
            return Err("Regular expression too large");
        }
        self.code.push(step);
        Ok(self.code.len() - 1)
    }

    fn part(&mut self, part: &Part) -> Result<(), &'static str> {
        match part {
            Part::Empty => {}
            Part::Unit(unit) => {
                let unit = if self.ignore_case {
                    folded(*unit)
                } else {
                    *unit
                };
                self.consuming(Step::Unit(unit))?;
            }
            Part::Any => self.consuming(Step::Any)?,
            Part::Class(class) => self.consuming(Step::Class(class.clone()))?,
            Part::Start => self.push(Step::Start).map(drop)?,
            Part::End => self.push(Step::End).map(drop)?,
            Part::WordBoundary(negated) => self.push(Step::WordBoundary(*negated)).map(drop)?,
            Part::Group(part, None) => self.part(part)?,
            Part::Group(part, Some(index)) => {
                let (first, last) = if self.backward { (1, 0) } else { (0, 1) };
                self.push(Step::Save(index * 2 + first))?;
                self.part(part)?;
                self.push(Step::Save(index * 2 + last))?;
            }
            Part::BackReference(group) => self.push(Step::BackReference(*group)).map(drop)?,
            Part::NamedReference(name) => {
                let group = self.parsed.names.iter().find(|(known, _)| known == name);
                let (_, group) = group.ok_or("Invalid named capture referenced")?;
                self.push(Step::BackReference(*group))?;
            }
            Part::Sequence(parts) if self.backward => {
                parts.iter().rev().try_for_each(|part| self.part(part))?
            }
            Part::Sequence(parts) => parts.iter().try_for_each(|part| self.part(part))?,
            Part::Choice(choices) => self.choice(choices)?,
            Part::Look {
                ahead,
                negative,
                part,
            } => {
                let look = self.push(Step::Look {
                    negative: *negative,
                    next: 0,
                })?;
                let outer = std::mem::replace(&mut self.backward, !ahead);
                self.part(part)?;
                self.backward = outer;
                self.push(Step::Done)?;
                self.code[look] = Step::Look {
                    negative: *negative,
                    next: self.code.len(),
                };
            }
            Part::Repeat {
                part,
                least,
                most,
                greedy,
                groups,
            } => {
                for _ in 0..*least {
                    self.forget(*groups)?;
                    self.part(part)?;
                }
                match most {
                    None => self.repeat(part, *greedy, *groups)?,
                    Some(most) => {
                        let mut splits = Vec::new();
                        for _ in *least..*most {
                            splits.push(self.push(Step::Split(0, 0))?);
                            self.turn(part, *groups)?;
                        }
                        let end = self.code.len();
                        for split in splits {
                            self.code[split] = branches(split + 1, end, *greedy);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// A unit is looked at before the position in an assertion about what comes before.
    fn consuming(&mut self, step: Step) -> Result<(), &'static str> {
        if self.backward {
            self.push(Step::Back)?;
            self.push(step)?;
            self.push(Step::Back)?;
        } else {
            self.push(step)?;
        }
        Ok(())
    }

    fn choice(&mut self, choices: &[Part]) -> Result<(), &'static str> {
        let mut jumps = Vec::new();
        for (at, choice) in choices.iter().enumerate() {
            if at + 1 == choices.len() {
                self.part(choice)?;
            } else {
                let split = self.push(Step::Split(0, 0))?;
                self.part(choice)?;
                jumps.push(self.push(Step::Jump(0))?);
                self.code[split] = Step::Split(split + 1, self.code.len());
            }
        }
        let end = self.code.len();
        for jump in jumps {
            self.code[jump] = Step::Jump(end);
        }
        Ok(())
    }

    fn repeat(
        &mut self,
        part: &Part,
        greedy: bool,
        groups: (usize, usize),
    ) -> Result<(), &'static str> {
        let split = self.push(Step::Split(0, 0))?;
        self.turn(part, groups)?;
        self.push(Step::Jump(split))?;
        self.code[split] = branches(split + 1, self.code.len(), greedy);
        Ok(())
    }

    /// One turn of a loop that may end: it must match something.
    fn turn(&mut self, part: &Part, groups: (usize, usize)) -> Result<(), &'static str> {
        if matches!(part, Part::Unit(_) | Part::Any | Part::Class(_)) {
            return self.part(part);
        }
        let mark = self.marks;
        self.marks += 1;
        self.push(Step::Mark(mark))?;
        self.forget(groups)?;
        self.part(part)?;
        self.push(Step::Progress(mark))?;
        Ok(())
    }

    fn forget(&mut self, (before, after): (usize, usize)) -> Result<(), &'static str> {
        if after > before {
            self.push(Step::Forget(before + 1, after))?;
        }
        Ok(())
    }
}

fn branches(turn: usize, end: usize, greedy: bool) -> Step {
    if greedy {
        Step::Split(turn, end)
    } else {
        Step::Split(end, turn)
    }
}
