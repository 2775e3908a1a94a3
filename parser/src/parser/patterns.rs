//! `match` statements and their patterns.

use pvm_lexer::TokenKind;
use rustpython_ast as ast;

use super::{Failure, Node, Outcome, Parser, node, range};

impl Parser<'_> {
    /// Whether the name `match` at hand begins a match statement.
    ///
    /// Its line then ends in a colon that no other statement ends in: an annotation, a lambda or a slice
    /// always goes on after its colon. So the rest of the line is scanned if the next token leaves doubt.
    pub(super) fn is_match_statement(&self) -> bool {
        let after = self.source[self.token.span.end as usize..].trim_start_matches([' ', '\t', '\x0c']);
        if after.starts_with(['=', '.', ',', ')', ':', ';', '\n']) && !after.starts_with("...") {
            return false;
        }
        let mut lexer = self.lexer.clone();
        let mut last = TokenKind::Name;
        let mut is_first = true;
        loop {
            let Ok(token) = lexer.next_token() else { return false };
            match token.kind {
                TokenKind::Comment | TokenKind::NonLogicalNewline => continue,
                TokenKind::Newline | TokenKind::EndOfFile => return last == TokenKind::Colon && !is_first,
                kind => {
                    if is_first && !super::expressions::starts_expression(kind) {
                        return false;
                    }
                    is_first = false;
                    last = kind;
                }
            }
        }
    }

    pub(super) fn match_statement(&mut self) -> Outcome<()> {
        self.enter()?;
        let start = self.start();
        self.advance()?;
        self.note_unusual();
        let subject = self.match_subject()?;
        self.expect(TokenKind::Colon)?;
        self.expect_newline()?;
        if !self.at(TokenKind::Indent) {
            return Err(Failure);
        }
        self.bump()?;
        let mut cases = Vec::new();
        while self.at_soft_keyword("case") {
            cases.push(self.match_case()?);
        }
        if cases.is_empty() || !self.at(TokenKind::Dedent) {
            return Err(Failure);
        }
        self.bump()?;
        self.leave();
        self.push(ast::StmtMatch { range: self.range_from(start), subject, cases })
    }

    fn match_subject(&mut self) -> Outcome<Node> {
        let start = self.start();
        let first = self.star_named_expression()?;
        if self.at(TokenKind::Comma) {
            return self.tuple_tail(start, first, Parser::star_named_expression);
        }
        // `match *a:` lacks the comma that makes a tuple.
        if matches!(*first, ast::Expr::Starred(_)) { Err(Failure) } else { Ok(first) }
    }

    fn match_case(&mut self) -> Outcome<ast::MatchCase> {
        self.advance()?;
        let pattern = self.patterns()?;
        let guard = if self.eat(TokenKind::If)? { Some(self.named_expression()?) } else { None };
        self.expect(TokenKind::Colon)?;
        let body = self.block()?;
        Ok(ast::MatchCase { range: Default::default(), pattern, guard, body })
    }

    /// `patterns`: a pattern, or several that make a sequence without brackets.
    fn patterns(&mut self) -> Outcome<ast::Pattern> {
        let start = self.start();
        let first = self.maybe_star_pattern()?;
        if !self.at(TokenKind::Comma) {
            return if matches!(first, ast::Pattern::MatchStar(_)) { Err(Failure) } else { Ok(first) };
        }
        let mut patterns = vec![first];
        while self.eat(TokenKind::Comma)? {
            if matches!(self.token.kind, TokenKind::Colon | TokenKind::If) {
                break;
            }
            patterns.push(self.maybe_star_pattern()?);
        }
        Ok(ast::PatternMatchSequence { range: self.range_from(start), patterns }.into())
    }

    fn maybe_star_pattern(&mut self) -> Outcome<ast::Pattern> {
        if !self.at(TokenKind::Star) {
            return self.pattern();
        }
        let start = self.start();
        self.advance()?;
        let name = if self.at_soft_keyword("_") {
            self.advance()?;
            None
        } else {
            Some(self.identifier()?)
        };
        Ok(ast::PatternMatchStar { range: self.range_from(start), name }.into())
    }

    /// `pattern`: alternatives, perhaps with `as`.
    fn pattern(&mut self) -> Outcome<ast::Pattern> {
        self.enter()?;
        let start = self.start();
        let first = self.closed_pattern()?;
        let mut pattern = first;
        if self.at(TokenKind::VerticalBar) {
            let mut patterns = vec![pattern];
            while self.eat(TokenKind::VerticalBar)? {
                patterns.push(self.closed_pattern()?);
            }
            pattern = ast::PatternMatchOr { range: self.range_from(start), patterns }.into();
        }
        if self.eat(TokenKind::As)? {
            let name = Some(self.capture_name()?);
            let range = self.range_from(start);
            pattern = ast::PatternMatchAs { range, pattern: Some(Box::new(pattern)), name }.into();
        }
        self.leave();
        Ok(pattern)
    }

    /// A name that captures: not `_`.
    fn capture_name(&mut self) -> Outcome<ast::Identifier> {
        if self.at_soft_keyword("_") {
            return Err(Failure);
        }
        let name = self.identifier()?;
        match self.token.kind {
            TokenKind::Dot | TokenKind::LeftParen | TokenKind::Equal => Err(Failure),
            _ => Ok(name),
        }
    }

    fn closed_pattern(&mut self) -> Outcome<ast::Pattern> {
        let start = self.start();
        match self.token.kind {
            TokenKind::None => self.singleton_pattern(ast::Constant::None),
            TokenKind::True => self.singleton_pattern(ast::Constant::Bool(true)),
            TokenKind::False => self.singleton_pattern(ast::Constant::Bool(false)),
            TokenKind::Minus | TokenKind::Int | TokenKind::Float | TokenKind::Imaginary => {
                let value = self.pattern_number()?;
                Ok(ast::PatternMatchValue { range: self.range_from(start), value }.into())
            }
            TokenKind::String | TokenKind::FStringStart => {
                let value = self.strings()?;
                Ok(ast::PatternMatchValue { range: self.range_from(start), value }.into())
            }
            TokenKind::LeftParen => self.group_pattern(),
            TokenKind::LeftBracket => {
                self.advance()?;
                let patterns = self.pattern_list(TokenKind::RightBracket)?;
                Ok(ast::PatternMatchSequence { range: self.range_from(start), patterns }.into())
            }
            TokenKind::LeftBrace => self.mapping_pattern(),
            TokenKind::Name => self.name_pattern(),
            _ => Err(Failure),
        }
    }

    fn singleton_pattern(&mut self, value: ast::Constant) -> Outcome<ast::Pattern> {
        let start = self.start();
        self.advance()?;
        Ok(ast::PatternMatchSingleton { range: self.range_from(start), value }.into())
    }

    /// A wildcard, capture, dotted value or class pattern.
    fn name_pattern(&mut self) -> Outcome<ast::Pattern> {
        let start = self.start();
        let is_wildcard = self.at_soft_keyword("_");
        let id = self.identifier()?;
        if !matches!(self.token.kind, TokenKind::Dot | TokenKind::LeftParen) {
            let range = self.range_from(start);
            let name = if is_wildcard { None } else { Some(id) };
            return Ok(ast::PatternMatchAs { range, pattern: None, name }.into());
        }
        let value = self.dotted_value(start, id)?;
        if self.at(TokenKind::LeftParen) {
            return self.class_pattern(start, value);
        }
        Ok(ast::PatternMatchValue { range: self.range_from(start), value }.into())
    }

    fn dotted_value(&mut self, start: u32, id: ast::Identifier) -> Outcome<Node> {
        let ctx = ast::ExprContext::Load;
        let mut value = node(ast::ExprName { range: self.range_from(start), id, ctx });
        let mut links = 0;
        while self.eat(TokenKind::Dot)? {
            let attr = self.identifier()?;
            value = node(ast::ExprAttribute { range: self.range_from(start), value, attr, ctx });
            links += 1;
            self.note_chain(links)?;
        }
        Ok(value)
    }

    fn group_pattern(&mut self) -> Outcome<ast::Pattern> {
        let start = self.start();
        self.advance()?;
        if self.eat(TokenKind::RightParen)? {
            return Ok(
                ast::PatternMatchSequence { range: self.range_from(start), patterns: Vec::new() }.into()
            );
        }
        let first = self.maybe_star_pattern()?;
        if self.at(TokenKind::RightParen) && !matches!(first, ast::Pattern::MatchStar(_)) {
            self.advance()?;
            return Ok(first);
        }
        let mut patterns = vec![first];
        self.expect(TokenKind::Comma)?;
        patterns.append(&mut self.pattern_list(TokenKind::RightParen)?);
        Ok(ast::PatternMatchSequence { range: self.range_from(start), patterns }.into())
    }

    /// Patterns separated by commas, and the closing bracket.
    fn pattern_list(&mut self, close: TokenKind) -> Outcome<Vec<ast::Pattern>> {
        let mut patterns = Vec::new();
        while !self.at(close) {
            patterns.push(self.maybe_star_pattern()?);
            if !self.eat(TokenKind::Comma)? {
                break;
            }
        }
        self.expect(close)?;
        Ok(patterns)
    }

    fn mapping_pattern(&mut self) -> Outcome<ast::Pattern> {
        let start = self.start();
        self.advance()?;
        let height = self.exprs.len();
        let mut patterns = Vec::new();
        let mut rest = None;
        while !self.at(TokenKind::RightBrace) {
            if self.eat(TokenKind::DoubleStar)? {
                rest = Some(self.capture_name()?);
                self.eat(TokenKind::Comma)?;
                break;
            }
            let key = self.mapping_key()?;
            self.exprs.push(*key);
            self.expect(TokenKind::Colon)?;
            patterns.push(self.pattern()?);
            if !self.eat(TokenKind::Comma)? {
                break;
            }
        }
        self.expect(TokenKind::RightBrace)?;
        let keys = self.take_exprs(height);
        Ok(ast::PatternMatchMapping { range: self.range_from(start), keys, patterns, rest }.into())
    }

    fn mapping_key(&mut self) -> Outcome<Node> {
        match self.token.kind {
            TokenKind::None | TokenKind::True | TokenKind::False => self.atom(),
            TokenKind::Minus | TokenKind::Int | TokenKind::Float | TokenKind::Imaginary => {
                self.pattern_number()
            }
            TokenKind::String | TokenKind::FStringStart => self.strings(),
            TokenKind::Name => {
                let start = self.start();
                let id = self.identifier()?;
                if !self.at(TokenKind::Dot) {
                    return Err(Failure);
                }
                self.dotted_value(start, id)
            }
            _ => Err(Failure),
        }
    }

    fn class_pattern(&mut self, start: u32, cls: Node) -> Outcome<ast::Pattern> {
        self.expect(TokenKind::LeftParen)?;
        let mut patterns = Vec::new();
        let mut kwd_attrs = Vec::new();
        let mut kwd_patterns = Vec::new();
        while !self.at(TokenKind::RightParen) {
            if self.at(TokenKind::Name) && self.next_kind() == TokenKind::Equal {
                kwd_attrs.push(self.identifier()?);
                self.expect(TokenKind::Equal)?;
                kwd_patterns.push(self.pattern()?);
            } else if kwd_attrs.is_empty() {
                patterns.push(self.pattern()?);
            } else {
                return Err(Failure);
            }
            if !self.eat(TokenKind::Comma)? {
                break;
            }
        }
        self.expect(TokenKind::RightParen)?;
        Ok(ast::PatternMatchClass { range: self.range_from(start), cls, patterns, kwd_attrs, kwd_patterns }
            .into())
    }

    /// The kind of the token after the one at hand.
    fn next_kind(&self) -> TokenKind {
        let mut lexer = self.lexer.clone();
        loop {
            match lexer.next_token() {
                Ok(token) if matches!(token.kind, TokenKind::Comment | TokenKind::NonLogicalNewline) => {}
                Ok(token) => return token.kind,
                Err(_) => return TokenKind::EndOfFile,
            }
        }
    }

    /// A number, perhaps negative, perhaps complex: `-1`, `2 + 3j`.
    fn pattern_number(&mut self) -> Outcome<Node> {
        let start = self.start();
        let left = self.signed_number()?;
        let op = match self.token.kind {
            TokenKind::Plus => ast::Operator::Add,
            TokenKind::Minus => ast::Operator::Sub,
            _ => return Ok(left),
        };
        let is_real = |expr: &ast::Expr| {
            let number = match expr {
                ast::Expr::UnaryOp(unary) => &*unary.operand,
                other => other,
            };
            matches!(number, ast::Expr::Constant(constant) if !matches!(constant.value, ast::Constant::Complex { .. }))
        };
        if !is_real(&left) {
            return Err(Failure);
        }
        self.advance()?;
        if !self.at(TokenKind::Imaginary) {
            return Err(Failure);
        }
        let right = self.atom()?;
        Ok(node(ast::ExprBinOp { range: self.range_from(start), left, op, right }))
    }

    fn signed_number(&mut self) -> Outcome<Node> {
        let start = self.start();
        let is_negative = self.eat(TokenKind::Minus)?;
        if !matches!(self.token.kind, TokenKind::Int | TokenKind::Float | TokenKind::Imaginary) {
            return Err(Failure);
        }
        let number = self.atom()?;
        if !is_negative {
            return Ok(number);
        }
        let range = range(start, self.prev_end);
        Ok(node(ast::ExprUnaryOp { range, op: ast::UnaryOp::USub, operand: number }))
    }
}
