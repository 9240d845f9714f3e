//! From tokens to a tree, by operator precedence.

use std::sync::Arc;

use super::super::fault::Fault;
use super::super::stack::grown;
use super::node::Literal;
use super::signature::Signature;
use super::token::{Lexer, Placed, Token};
use super::tree::{Branch, Tree, TreeKind};

/// How deep expressions may be inside each other. One that is evaluated may have a depth of 100.
const MAX_DEPTH: usize = 250;

pub(super) fn parse(source: &str) -> Result<Tree, Fault> {
    let mut lexer = Lexer::new(source);
    let current = lexer.next(false)?;
    let mut parser = Parser {
        lexer,
        current,
        depth: 0,
    };
    parser.known()?;
    let tree = parser.expression(0)?;
    if !matches!(parser.current.token, Token::End) {
        return Err(Fault::new("S0201")
            .at(parser.current.position)
            .part("token", parser.shown()));
    }
    Ok(tree)
}

/// How strong an operator binds what comes before it.
fn binding(token: &Token) -> usize {
    let Token::Operator(operator) = token else {
        return 0;
    };
    match *operator {
        "(" | "[" | "@" | "#" => 80,
        "." => 75,
        "{" => 70,
        "*" | "/" | "%" => 60,
        "+" | "-" | "&" => 50,
        "=" | "!=" | "<" | ">" | "<=" | ">=" | "^" | "~>" | "in" => 40,
        "and" => 30,
        "or" => 25,
        "?" => 20,
        ":=" => 10,
        _ => 0,
    }
}

struct Parser {
    lexer: Lexer,
    current: Placed,
    depth: usize,
}

impl Parser {
    fn is(&self, operator: &str) -> bool {
        matches!(self.current.token, Token::Operator(found) if found == operator)
    }

    /// The value of the current token, as messages show it.
    fn shown(&self) -> String {
        shown(&self.current.token)
    }

    /// Moves on, and returns the token that was the current one.
    fn advance(&mut self, infix: bool) -> Result<Placed, Fault> {
        let next = self.lexer.next(infix)?;
        let current = std::mem::replace(&mut self.current, next);
        self.known()?;
        Ok(current)
    }

    fn known(&self) -> Result<(), Fault> {
        if self.is("!") || self.is("~") {
            return Err(Fault::new("S0204")
                .at(self.current.position)
                .part("token", self.shown()));
        }
        Ok(())
    }

    fn expect(&mut self, operator: &str, infix: bool) -> Result<(), Fault> {
        if !self.is(operator) {
            let end = matches!(self.current.token, Token::End);
            let fault = Fault::new(if end { "S0203" } else { "S0202" });
            let fault = fault.at(self.current.position).text("value", operator);
            return Err(fault.part("token", self.shown()));
        }
        self.advance(infix)?;
        Ok(())
    }

    /// Moves on if the current token is the operator.
    fn accept(&mut self, operator: &str) -> Result<bool, Fault> {
        let found = self.is(operator);
        if found {
            self.advance(false)?;
        }
        Ok(found)
    }

    /// An expression up to an operator that binds no stronger than `limit`.
    fn expression(&mut self, limit: usize) -> Result<Tree, Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep());
        }
        let expression = grown(|| self.shallow(limit))?;
        self.depth -= 1;
        Ok(expression)
    }

    fn shallow(&mut self, limit: usize) -> Result<Tree, Fault> {
        let first = self.advance(true)?;
        let mut left = self.start(first)?;
        while limit < binding(&self.current.token) {
            let operator = self.advance(false)?;
            left = self.continued(left, operator)?;
            if left.depth > MAX_DEPTH {
                return Err(too_deep());
            }
        }
        Ok(left)
    }

    fn branch(&mut self, limit: usize) -> Result<Branch, Fault> {
        self.expression(limit).map(Box::new)
    }

    /// What starts with a token.
    fn start(&mut self, first: Placed) -> Result<Tree, Fault> {
        let kind = match first.token {
            Token::String(text) => TreeKind::Literal(Literal::String(text)),
            Token::Number(number) => TreeKind::Literal(Literal::Number(number)),
            Token::True => TreeKind::Literal(Literal::Bool(true)),
            Token::False => TreeKind::Literal(Literal::Bool(false)),
            Token::Null => TreeKind::Literal(Literal::Null),
            Token::Name(name) => TreeKind::Name(name),
            Token::Variable(name) => TreeKind::Variable(name),
            Token::Regex(regex) => TreeKind::Regex(regex),
            Token::End => TreeKind::End,
            Token::Operator(operator) => match operator {
                "and" | "or" | "in" => TreeKind::Keyword(operator),
                "-" => TreeKind::Negation(self.branch(70)?),
                "*" => TreeKind::Wildcard,
                "**" => TreeKind::Descendant,
                "%" => TreeKind::Parent,
                "(" => self.block()?,
                "[" => self.array()?,
                "{" => TreeKind::Object(self.pairs()?),
                "|" => self.transform()?,
                _ => {
                    return Err(Fault::new("S0211").at(first.position).token(operator));
                }
            },
        };
        Ok(Tree::new(kind, first.position))
    }

    /// What an operator makes of the expression before it.
    fn continued(&mut self, mut left: Tree, operator: Placed) -> Result<Tree, Fault> {
        let power = binding(&operator.token);
        let Token::Operator(symbol) = operator.token else {
            return Ok(left);
        };
        let position = operator.position;
        let kind = match symbol {
            "(" => return self.call(left, position),
            "[" if self.is("]") => {
                keep_array(&mut left);
                self.advance(false)?;
                return Ok(left);
            }
            "[" => {
                let condition = self.branch(0)?;
                self.expect("]", true)?;
                TreeKind::Binary("[", Box::new(left), condition)
            }
            "{" => TreeKind::Group(Box::new(left), self.pairs()?),
            "^" => TreeKind::Sort(Box::new(left), self.terms()?),
            ":=" => {
                if !matches!(left.kind, TreeKind::Variable(_)) {
                    let token = left.shown();
                    return Err(Fault::new("S0212").at(left.position).part("token", token));
                }
                TreeKind::Binary(symbol, Box::new(left), self.branch(power - 1)?)
            }
            "@" | "#" => {
                let variable = self.branch(power)?;
                if !matches!(variable.kind, TreeKind::Variable(_)) {
                    return Err(Fault::new("S0214").at(variable.position).token(symbol));
                }
                TreeKind::Binary(symbol, Box::new(left), variable)
            }
            "?" => {
                let then = self.branch(0)?;
                let otherwise = match self.accept(":")? {
                    true => Some(self.branch(0)?),
                    false => None,
                };
                TreeKind::Condition {
                    condition: Box::new(left),
                    then,
                    otherwise,
                }
            }
            _ => TreeKind::Binary(symbol, Box::new(left), self.branch(power)?),
        };
        Ok(Tree::new(kind, position))
    }

    fn block(&mut self) -> Result<TreeKind, Fault> {
        let mut expressions = Vec::new();
        while !self.is(")") {
            expressions.push(self.expression(0)?);
            if !self.accept(";")? {
                break;
            }
        }
        self.expect(")", true)?;
        Ok(TreeKind::Block(expressions))
    }

    fn array(&mut self) -> Result<TreeKind, Fault> {
        let mut items = Vec::new();
        if !self.is("]") {
            loop {
                let mut item = self.expression(0)?;
                if self.is("..") {
                    let position = self.current.position;
                    self.advance(false)?;
                    let last = self.branch(0)?;
                    item = Tree::new(TreeKind::Binary("..", Box::new(item), last), position);
                }
                items.push(item);
                if !self.accept(",")? {
                    break;
                }
            }
        }
        self.expect("]", true)?;
        Ok(TreeKind::Array(items))
    }

    fn pairs(&mut self) -> Result<Vec<(Tree, Tree)>, Fault> {
        let mut pairs = Vec::new();
        if !self.is("}") {
            loop {
                let key = self.expression(0)?;
                self.expect(":", false)?;
                pairs.push((key, self.expression(0)?));
                if !self.accept(",")? {
                    break;
                }
            }
        }
        self.expect("}", true)?;
        Ok(pairs)
    }

    fn terms(&mut self) -> Result<Vec<(bool, Tree)>, Fault> {
        self.expect("(", false)?;
        let mut terms = Vec::new();
        loop {
            let descending = !self.accept("<")? && self.accept(">")?;
            terms.push((descending, self.expression(0)?));
            if !self.accept(",")? {
                break;
            }
        }
        self.expect(")", false)?;
        Ok(terms)
    }

    fn transform(&mut self) -> Result<TreeKind, Fault> {
        let pattern = self.branch(0)?;
        self.expect("|", false)?;
        let update = self.branch(0)?;
        let delete = match self.accept(",")? {
            true => Some(self.branch(0)?),
            false => None,
        };
        self.expect("|", false)?;
        Ok(TreeKind::Transform {
            pattern,
            update,
            delete,
        })
    }

    fn call(&mut self, procedure: Tree, position: usize) -> Result<Tree, Fault> {
        let mut arguments = Vec::new();
        let mut partial = false;
        if !self.is(")") {
            loop {
                if self.is("?") {
                    partial = true;
                    arguments.push(Tree::new(TreeKind::Placeholder, self.current.position));
                    self.advance(false)?;
                } else {
                    arguments.push(self.expression(0)?);
                }
                if !self.accept(",")? {
                    break;
                }
            }
        }
        self.expect(")", true)?;
        let is_lambda =
            matches!(&procedure.kind, TreeKind::Name(name) if matches!(&**name, "function" | "λ"));
        let kind = if is_lambda {
            self.lambda(arguments)?
        } else {
            TreeKind::Call {
                procedure: Box::new(procedure),
                arguments,
                partial,
            }
        };
        Ok(Tree::new(kind, position))
    }

    fn lambda(&mut self, arguments: Vec<Tree>) -> Result<TreeKind, Fault> {
        let parameters = arguments
            .into_iter()
            .enumerate()
            .map(|(index, argument)| match argument.kind {
                TreeKind::Variable(name) => Ok(name),
                _ => Err(Fault::new("S0208")
                    .at(argument.position)
                    .part("value", (index + 1).to_string())),
            });
        let parameters = parameters.collect::<Result<Vec<_>, _>>()?;
        let signature = match self.is("<") {
            true => Some(Arc::new(self.signature()?)),
            false => None,
        };
        self.expect("{", false)?;
        let body = self.branch(0)?;
        self.expect("}", false)?;
        Ok(TreeKind::Lambda {
            parameters,
            signature,
            body,
        })
    }

    fn signature(&mut self) -> Result<Signature, Fault> {
        let position = self.current.position;
        let mut depth = 1;
        let mut text = "<".to_owned();
        while depth > 0 && !self.is("{") && !matches!(self.current.token, Token::End) {
            self.advance(false)?;
            if self.is(">") {
                depth -= 1;
            } else if self.is("<") {
                depth += 1;
            }
            text.push_str(&bare(&self.current.token));
        }
        self.expect(">", false)?;
        Signature::parse(&text).map_err(|fault| fault.at(position))
    }
}

fn too_deep() -> Fault {
    Fault::internal("The expression is nested too deeply")
}

/// `[]` belongs to the step before all of its filters.
fn keep_array(tree: &mut Tree) {
    match &mut tree.kind {
        TreeKind::Binary("[", left, _) => keep_array(left),
        _ => tree.keep_array = true,
    }
}

/// A token as text, as in a signature.
fn bare(token: &Token) -> String {
    match token {
        Token::Operator(operator) => (*operator).to_owned(),
        Token::String(text) | Token::Name(text) | Token::Variable(text) => text.to_string(),
        Token::Number(number) => super::super::number::text(*number),
        Token::True => "true".to_owned(),
        Token::False => "false".to_owned(),
        Token::Null => "null".to_owned(),
        Token::Regex(regex) => regex.to_string(),
        Token::End => "(end)".to_owned(),
    }
}

/// A token's value as JSON.
fn shown(token: &Token) -> String {
    match token {
        Token::Regex(_) => "{}".to_owned(),
        Token::Number(_) | Token::True | Token::False | Token::Null => bare(token),
        token => super::super::quote::quoted(&bare(token)),
    }
}

impl Tree {
    /// The value of the token that it was made of, as JSON.
    fn shown(&self) -> String {
        let token = match &self.kind {
            TreeKind::Name(name) => Token::Name(Arc::clone(name)),
            TreeKind::Variable(name) => Token::Variable(Arc::clone(name)),
            TreeKind::Literal(Literal::String(text)) => Token::String(Arc::clone(text)),
            TreeKind::Literal(Literal::Number(number)) => Token::Number(*number),
            TreeKind::Literal(Literal::Bool(true)) => Token::True,
            TreeKind::Literal(Literal::Bool(false)) => Token::False,
            TreeKind::Literal(Literal::Null) => Token::Null,
            TreeKind::Regex(regex) => Token::Regex(Arc::clone(regex)),
            TreeKind::End => Token::End,
            TreeKind::Keyword(operator) | TreeKind::Binary(operator, ..) => {
                Token::Operator(operator)
            }
            TreeKind::Wildcard => Token::Operator("*"),
            TreeKind::Descendant => Token::Operator("**"),
            TreeKind::Parent => Token::Operator("%"),
            TreeKind::Placeholder | TreeKind::Condition { .. } => Token::Operator("?"),
            TreeKind::Negation(_) => Token::Operator("-"),
            TreeKind::Array(_) => Token::Operator("["),
            TreeKind::Object(_) | TreeKind::Group(..) => Token::Operator("{"),
            TreeKind::Sort(..) => Token::Operator("^"),
            TreeKind::Block(_) | TreeKind::Call { .. } | TreeKind::Lambda { .. } => {
                Token::Operator("(")
            }
            TreeKind::Transform { .. } => Token::Operator("|"),
        };
        shown(&token)
    }
}
