//! `import` and `from … import`.

use pvm_lexer::TokenKind;
use rustpython_ast as ast;

use super::{Failure, Outcome, Parser};

impl Parser<'_> {
    pub(super) fn import_statement(&mut self) -> Outcome<()> {
        let start = self.start();
        self.advance()?;
        let mut names = Vec::with_capacity(1);
        loop {
            let alias_start = self.start();
            let name = self.dotted_name()?;
            let asname = if self.eat(TokenKind::As)? { Some(self.identifier()?) } else { None };
            names.push(ast::Alias { range: self.range_from(alias_start), name, asname });
            if !self.eat(TokenKind::Comma)? {
                break;
            }
        }
        self.push(ast::StmtImport { range: self.range_from(start), names })
    }

    pub(super) fn import_from_statement(&mut self) -> Outcome<()> {
        let start = self.start();
        self.advance()?;
        let mut level = 0;
        loop {
            match self.token.kind {
                TokenKind::Dot => level += 1,
                TokenKind::Ellipsis => level += 3,
                _ => break,
            }
            self.advance()?;
        }
        let module = if level > 0 && self.at(TokenKind::Import) { None } else { Some(self.dotted_name()?) };
        self.expect(TokenKind::Import)?;
        let mut names = Vec::with_capacity(1);
        match self.token.kind {
            TokenKind::Star => {
                let alias_start = self.start();
                self.advance()?;
                let name = ast::Identifier::new("*");
                names.push(ast::Alias { range: self.range_from(alias_start), name, asname: None });
            }
            TokenKind::LeftParen => {
                self.advance()?;
                loop {
                    names.push(self.import_alias()?);
                    if !self.eat(TokenKind::Comma)? || self.at(TokenKind::RightParen) {
                        break;
                    }
                }
                self.expect(TokenKind::RightParen)?;
            }
            _ => loop {
                names.push(self.import_alias()?);
                if !self.eat(TokenKind::Comma)? {
                    break;
                }
            },
        }
        self.push(ast::StmtImportFrom {
            range: self.range_from(start),
            module,
            names,
            level: Some(ast::Int::new(level)),
        })
    }

    fn import_alias(&mut self) -> Outcome<ast::Alias> {
        let start = self.start();
        let name = self.identifier()?;
        let asname = if self.eat(TokenKind::As)? { Some(self.identifier()?) } else { None };
        Ok(ast::Alias { range: self.range_from(start), name, asname })
    }

    /// Names joined with dots, without the blanks that the source may have around them.
    fn dotted_name(&mut self) -> Outcome<ast::Identifier> {
        if !self.at(TokenKind::Name) {
            return Err(Failure);
        }
        let first = self.identifier()?;
        if !self.at(TokenKind::Dot) {
            return Ok(first);
        }
        let mut name = String::from(first);
        while self.eat(TokenKind::Dot)? {
            let part = self.identifier()?;
            name.push('.');
            name.push_str(&part);
        }
        Ok(name.into())
    }
}
