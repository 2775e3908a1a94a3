//! Parameters of functions and lambdas, and type parameters.

use pvm_lexer::TokenKind;
use rustpython_ast as ast;

use super::{Failure, Outcome, Parser};

impl Parser<'_> {
    /// Parameters up to, and without, the token `close`: `)` for functions, `:` for lambdas, which have no
    /// annotations.
    pub(super) fn parameters(&mut self, close: TokenKind) -> Outcome<ast::Arguments> {
        let mut arguments = ast::Arguments {
            range: Default::default(),
            posonlyargs: Vec::new(),
            // Most have some, and few of them.
            args: if self.at(close) { Vec::new() } else { Vec::with_capacity(4) },
            vararg: None,
            kwonlyargs: Vec::new(),
            kwarg: None,
        };
        let mut seen_slash = false;
        let mut seen_star = false;
        let mut seen_default = false;
        while !self.at(close) {
            match self.token.kind {
                TokenKind::Slash => {
                    if seen_slash || seen_star || arguments.args.is_empty() {
                        return Err(Failure);
                    }
                    seen_slash = true;
                    self.advance()?;
                    arguments.posonlyargs = std::mem::take(&mut arguments.args);
                }
                TokenKind::Star => {
                    if seen_star {
                        return Err(Failure);
                    }
                    seen_star = true;
                    self.advance()?;
                    if self.at(TokenKind::Comma) {
                        self.advance()?;
                        // A bare `*` must be followed by a keyword-only parameter.
                        if !self.at(TokenKind::Name) {
                            return Err(Failure);
                        }
                        continue;
                    }
                    arguments.vararg = Some(Box::new(self.parameter(close, true)?));
                }
                TokenKind::DoubleStar => {
                    self.advance()?;
                    arguments.kwarg = Some(Box::new(self.parameter(close, false)?));
                    self.eat(TokenKind::Comma)?;
                    self.parameter_type_comment(&mut arguments, seen_star)?;
                    break;
                }
                _ => {
                    let def = self.parameter(close, false)?;
                    let default = if self.eat(TokenKind::Equal)? {
                        seen_default = true;
                        Some(self.expression()?)
                    } else {
                        if seen_default && !seen_star {
                            return Err(Failure);
                        }
                        None
                    };
                    let parameter = ast::ArgWithDefault { range: Default::default(), def, default };
                    if seen_star {
                        arguments.kwonlyargs.push(parameter);
                    } else {
                        arguments.args.push(parameter);
                    }
                }
            }
            let has_comma = self.eat(TokenKind::Comma)?;
            self.parameter_type_comment(&mut arguments, seen_star)?;
            if !has_comma {
                break;
            }
        }
        if self.at(close) { Ok(arguments) } else { Err(Failure) }
    }

    /// A type comment belongs to the parameter before it.
    fn parameter_type_comment(&mut self, arguments: &mut ast::Arguments, seen_star: bool) -> Outcome<()> {
        if !self.at(TokenKind::Comment) {
            return Ok(());
        }
        let comment = self.type_comment()?;
        let parameter = if let Some(parameter) = &mut arguments.kwarg {
            parameter
        } else if let Some(parameter) = arguments.kwonlyargs.last_mut() {
            &mut parameter.def
        } else if seen_star {
            arguments.vararg.as_mut().ok_or(Failure)?
        } else {
            &mut arguments.args.last_mut().ok_or(Failure)?.def
        };
        parameter.type_comment = comment;
        Ok(())
    }

    #[inline(always)]
    fn parameter(&mut self, close: TokenKind, is_variadic: bool) -> Outcome<ast::Arg> {
        let start = self.start();
        let arg = self.identifier()?;
        let mut annotation = None;
        if close == TokenKind::RightParen && self.eat(TokenKind::Colon)? {
            let expr = if is_variadic { self.star_expression()? } else { self.expression()? };
            annotation = Some(expr);
        }
        Ok(ast::Arg { range: self.range_from(start), arg, annotation, type_comment: None })
    }

    /// `[T: bound, *Ts, **P]`, if it is there.
    #[inline(always)]
    pub(super) fn type_params(&mut self) -> Outcome<Vec<ast::TypeParam>> {
        if self.at(TokenKind::LeftBracket) { self.read_type_params() } else { Ok(Vec::new()) }
    }

    #[cold]
    fn read_type_params(&mut self) -> Outcome<Vec<ast::TypeParam>> {
        self.advance()?;
        let mut params: Vec<ast::TypeParam> = Vec::new();
        loop {
            let start = self.start();
            let param = match self.token.kind {
                TokenKind::Star => {
                    self.advance()?;
                    let name = self.identifier()?;
                    ast::TypeParamTypeVarTuple { range: self.range_from(start), name }.into()
                }
                TokenKind::DoubleStar => {
                    self.advance()?;
                    let name = self.identifier()?;
                    ast::TypeParamParamSpec { range: self.range_from(start), name }.into()
                }
                _ => {
                    let name = self.identifier()?;
                    let bound = if self.eat(TokenKind::Colon)? { Some(self.expression()?) } else { None };
                    ast::TypeParamTypeVar { range: self.range_from(start), name, bound }.into()
                }
            };
            params.push(param);
            if !self.eat(TokenKind::Comma)? || self.at(TokenKind::RightBracket) {
                break;
            }
        }
        self.expect(TokenKind::RightBracket)?;
        Ok(params)
    }
}
