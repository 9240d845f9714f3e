use serde_json::Value;

use super::{Argument, Function, Intrinsic, SyntaxError};
use crate::jsonpath::JsonPath;

/// Step Functions' limit on nested calls.
const MAX_DEPTH: usize = 10;

pub(super) fn parse(text: &str) -> Result<Intrinsic, SyntaxError> {
    let mut parser = Parser { text, at: 0 };
    let call = parser.call(1).and_then(|call| {
        parser.skip_space();
        if parser.rest().is_empty() {
            Ok(call)
        } else {
            Err("expected the end of the call".to_owned())
        }
    });
    call.map_err(|message| SyntaxError {
        call: text.to_owned(),
        message,
        position: parser.at,
    })
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

type Parsed<T> = Result<T, String>;

impl<'t> Parser<'t> {
    fn call(&mut self, depth: usize) -> Parsed<Intrinsic> {
        if depth > MAX_DEPTH {
            return Err(format!("calls are nested more than {MAX_DEPTH} deep"));
        }
        self.skip_space();
        let start = self.at;
        let name = self.take_while(|c| c.is_alphanumeric() || c == '.' || c == '_');
        let Some(function) = Function::named(name) else {
            self.at = start;
            return Err(format!("there is no intrinsic function `{name}`"));
        };
        if !self.eat("(") {
            return Err(format!("expected `(` after `{name}`"));
        }
        let arguments = self.arguments(function, depth)?;
        let (least, most) = function.arity();
        if !(least..=most).contains(&arguments.len()) {
            return Err(wrong_count(name, least, most, arguments.len()));
        }
        Ok(Intrinsic {
            text: self.text[start..self.at].to_owned(),
            function,
            arguments,
        })
    }

    /// The arguments and the closing parenthesis.
    fn arguments(&mut self, function: Function, depth: usize) -> Parsed<Vec<Argument>> {
        let mut arguments = Vec::new();
        self.skip_space();
        if self.eat(")") {
            return Ok(arguments);
        }
        loop {
            self.skip_space();
            arguments.push(self.argument(function, depth)?);
            self.skip_space();
            if self.eat(")") {
                return Ok(arguments);
            }
            if !self.eat(",") {
                return Err("expected `,` or `)`".into());
            }
        }
    }

    fn argument(&mut self, function: Function, depth: usize) -> Parsed<Argument> {
        let rest = self.rest();
        if rest.starts_with('$') {
            let path = self.take_path();
            return JsonPath::parse(path)
                .map(Argument::Path)
                .map_err(|error| error.to_string());
        }
        if rest.starts_with('\'') {
            let text = self.quoted(function == Function::Format)?;
            return Ok(Argument::Literal(text.into()));
        }
        if rest.starts_with("States.") {
            return Ok(Argument::Call(Box::new(self.call(depth + 1)?)));
        }
        let word = self.take_while(|c| c.is_alphanumeric() || "+-.".contains(c));
        match serde_json::from_str::<Value>(word) {
            Ok(value) => Ok(Argument::Literal(value)),
            Err(_) => Err("expected a path, a string in single quotes, a number, `true`, `false`, `null` or a call".into()),
        }
    }

    /// Takes everything up to the `,` or `)` that ends the argument. Those inside brackets belong to the path.
    fn take_path(&mut self) -> &'t str {
        let mut quote = None;
        let mut brackets = 0_usize;
        let rest = self.rest();
        let end = rest.find(|c: char| {
            match (quote, c) {
                (Some(q), c) if c == q => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => quote = Some(c),
                (None, '[' | '(') => brackets += 1,
                (None, ')' | ',') if brackets == 0 => return true,
                (None, ']' | ')') => brackets = brackets.saturating_sub(1),
                _ => {}
            }
            false
        });
        let path = rest[..end.unwrap_or(rest.len())].trim_end();
        self.at += path.len();
        path
    }

    /// A string in single quotes. The template of `States.Format` keeps the escapes of braces, because they tell text
    /// from slots.
    fn quoted(&mut self, keep_braces: bool) -> Parsed<String> {
        let mut out = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((i, c)) = chars.next() {
            match c {
                '\'' => {
                    self.at += i + 1;
                    return Ok(out);
                }
                '\\' => match chars.next() {
                    Some((_, c @ ('{' | '}' | '\\'))) if keep_braces => out.extend(['\\', c]),
                    Some((_, c @ ('\'' | '{' | '}' | '\\'))) => out.push(c),
                    Some((_, c)) => out.extend(['\\', c]),
                    None => break,
                },
                c => out.push(c),
            }
        }
        Err("the string is not closed with a `'`".into())
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn skip_space(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c| !keep(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }
}

fn wrong_count(name: &str, least: usize, most: usize, given: usize) -> String {
    let takes = match (least, most) {
        (0, 0) => "no arguments".to_owned(),
        (1, 1) => "1 argument".to_owned(),
        (least, most) if least == most => format!("{least} arguments"),
        (least, usize::MAX) => format!("at least {least}"),
        (least, most) => format!("{least} to {most} arguments"),
    };
    format!("`{name}` takes {takes}, but {given} were given")
}
