use super::filter::{Filter, FilterOperand, FilterOperator};
use super::{JsonPath, Root, Segment, SyntaxError};

pub(super) fn parse(text: &str) -> Result<JsonPath, SyntaxError> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
    };
    let path = parser.root().and_then(|root| {
        let segments = parser.segments(false)?;
        Ok(JsonPath {
            text: text.to_owned(),
            root,
            segments,
        })
    });
    path.map_err(|message| SyntaxError {
        path: text.to_owned(),
        message,
        position: parser.at,
    })
}

/// Filters are parsed recursively. A path with deeper nesting is rejected.
const MAX_DEPTH: usize = 64;

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

type Parsed<T> = Result<T, String>;

impl<'t> Parser<'t> {
    fn root(&mut self) -> Parsed<Root> {
        if !self.eat("$") {
            return Err("a path starts with `$`".into());
        }
        if self.eat("$") {
            return Ok(Root::Context);
        }
        let name = self.take_while(|c| c.is_alphanumeric() || c == '_');
        match name.chars().next() {
            None => Ok(Root::Input),
            Some(c) if c.is_numeric() => Err("a variable's name starts with a letter".into()),
            Some(_) => Ok(Root::Variable(name.to_owned())),
        }
    }

    /// Parses segments up to the end of the text or, inside a filter, of the operand.
    fn segments(&mut self, inside_filter: bool) -> Parsed<Vec<Segment>> {
        let mut segments = Vec::new();
        loop {
            match self.peek() {
                Some('.') => self.dotted(&mut segments)?,
                Some('[') => segments.push(self.bracketed()?),
                None => return Ok(segments),
                Some(_) if inside_filter => return Ok(segments),
                Some(c) => return Err(format!("expected `.` or `[`, found `{c}`")),
            }
        }
    }

    fn dotted(&mut self, segments: &mut Vec<Segment>) -> Parsed<()> {
        if self.eat("..") {
            segments.push(Segment::Descend);
        } else {
            self.eat(".");
        }
        let segment = match self.peek() {
            None => return Err("a path must not end with `.`".into()),
            Some('[') => self.bracketed()?,
            Some('*') => {
                self.eat("*");
                Segment::Wildcard
            }
            Some(_) => {
                let name = self.take_while(|c| !".[]()'\",=<>!&|?@*:;~ \t\r\n".contains(c));
                if name.is_empty() {
                    return Err("expected a name".into());
                }
                if self.peek() == Some('(') {
                    return Err(format!(
                        "the function `{name}()` is not supported in a path"
                    ));
                }
                Segment::Name(name.to_owned())
            }
        };
        segments.push(segment);
        Ok(())
    }

    fn bracketed(&mut self) -> Parsed<Segment> {
        self.eat("[");
        self.skip_space();
        let segment = match self.peek() {
            Some('\'' | '"') => self.names()?,
            Some('*') => {
                self.eat("*");
                Segment::Wildcard
            }
            Some('?') => {
                self.eat("?");
                Segment::Filter(self.filter()?)
            }
            _ => self.indexes()?,
        };
        self.skip_space();
        if self.eat("]") {
            Ok(segment)
        } else {
            Err("expected `]`".into())
        }
    }

    fn names(&mut self) -> Parsed<Segment> {
        let mut names = vec![self.quoted()?];
        loop {
            self.skip_space();
            if !self.eat(",") {
                break;
            }
            self.skip_space();
            names.push(self.quoted()?);
        }
        Ok(match <[String; 1]>::try_from(names) {
            Ok([name]) => Segment::Name(name),
            Err(names) => Segment::Names(names),
        })
    }

    fn indexes(&mut self) -> Parsed<Segment> {
        let first = self.integer()?;
        self.skip_space();
        if self.eat(":") {
            self.skip_space();
            return Ok(Segment::Slice(first, self.integer()?));
        }
        let first = first.ok_or("expected a name, an index, a slice, `*` or a filter")?;
        let mut list = vec![first];
        while self.eat(",") {
            self.skip_space();
            list.push(self.integer()?.ok_or("expected an index")?);
            self.skip_space();
        }
        Ok(match list[..] {
            [index] => Segment::Index(index),
            _ => Segment::Indices(list),
        })
    }

    fn filter(&mut self) -> Parsed<Filter> {
        self.skip_space();
        if !self.eat("(") {
            return Err("expected `(` after `?`".into());
        }
        let filter = self.any_of()?;
        self.skip_space();
        if self.eat(")") {
            Ok(filter)
        } else {
            Err("expected `)`".into())
        }
    }

    fn any_of(&mut self) -> Parsed<Filter> {
        let mut list = vec![self.all_of()?];
        while self.eat_spaced("||") {
            list.push(self.all_of()?);
        }
        Ok(Filter::Any(list))
    }

    fn all_of(&mut self) -> Parsed<Filter> {
        let mut list = vec![self.term()?];
        while self.eat_spaced("&&") {
            list.push(self.term()?);
        }
        Ok(Filter::All(list))
    }

    fn term(&mut self) -> Parsed<Filter> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("the filter is nested too deeply".into());
        }
        let term = self.term_inner();
        self.depth -= 1;
        term
    }

    fn term_inner(&mut self) -> Parsed<Filter> {
        self.skip_space();
        if self.eat("!") {
            return Ok(Filter::Not(Box::new(self.term()?)));
        }
        if self.eat("(") {
            let inner = self.any_of()?;
            return if self.eat_spaced(")") {
                Ok(inner)
            } else {
                Err("expected `)`".into())
            };
        }
        let left = self.operand()?;
        self.skip_space();
        for (sign, comparison) in FilterOperator::BY_SYMBOL {
            if self.eat(sign) {
                self.skip_space();
                return Ok(Filter::Compare(left, comparison, self.operand()?));
            }
        }
        match left {
            FilterOperand::Path(path) => Ok(Filter::Exists(path)),
            FilterOperand::Literal(_) => Err("expected a comparison".into()),
        }
    }

    fn operand(&mut self) -> Parsed<FilterOperand> {
        if self.eat("@") {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err("the filter is nested too deeply".into());
            }
            let segments = self.segments(true)?;
            self.depth -= 1;
            return Ok(FilterOperand::Path(segments));
        }
        if matches!(self.peek(), Some('\'' | '"')) {
            return Ok(FilterOperand::Literal(self.quoted()?.into()));
        }
        let word = self.take_while(|c| c.is_alphanumeric() || "+-._".contains(c));
        serde_json::from_str(word)
            .map(FilterOperand::Literal)
            .map_err(|_| "expected `@`, a string, a number, `true`, `false` or `null`".into())
    }

    fn quoted(&mut self) -> Parsed<String> {
        let quote = match self.peek() {
            Some(c @ ('\'' | '"')) => c,
            _ => return Err("expected a quoted name".into()),
        };
        let rest = &self.text[self.at + 1..];
        let mut out = String::new();
        let mut chars = rest.char_indices();
        while let Some((i, c)) = chars.next() {
            if c == quote {
                self.at += 1 + i + 1;
                return Ok(out);
            }
            if c == '\\' {
                out.extend(chars.next().map(|(_, escaped)| escaped));
            } else {
                out.push(c);
            }
        }
        Err(format!("the quote {quote} is not closed"))
    }

    fn integer(&mut self) -> Parsed<Option<i64>> {
        let digits = self.take_while(|c| c.is_ascii_digit() || c == '-');
        if digits.is_empty() {
            return Ok(None);
        }
        match digits.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(format!("`{digits}` is not an index")),
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.text[self.at..].starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn eat_spaced(&mut self, token: &str) -> bool {
        self.skip_space();
        self.eat(token)
    }

    fn skip_space(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'t str {
        let rest = &self.text[self.at..];
        let end = rest.find(|c| !keep(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }
}
