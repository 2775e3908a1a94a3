//! Expressions with operators, from `lambda` and `:=` down to calls and attributes.

use pvm_lexer::{Span, TokenKind};
use rustpython_ast as ast;

use super::{Failure, Node, Outcome, Parser, node, node_with, range};
use crate::uses::is_display;

/// The binary operators between comparisons and unary operators, and how strongly they bind.
const BINARY_OPERATORS: [(TokenKind, u8, ast::Operator); 12] = [
    (TokenKind::VerticalBar, 1, ast::Operator::BitOr),
    (TokenKind::Caret, 2, ast::Operator::BitXor),
    (TokenKind::Ampersand, 3, ast::Operator::BitAnd),
    (TokenKind::LeftShift, 4, ast::Operator::LShift),
    (TokenKind::RightShift, 4, ast::Operator::RShift),
    (TokenKind::Plus, 5, ast::Operator::Add),
    (TokenKind::Minus, 5, ast::Operator::Sub),
    (TokenKind::Star, 6, ast::Operator::Mult),
    (TokenKind::Slash, 6, ast::Operator::Div),
    (TokenKind::Percent, 6, ast::Operator::Mod),
    (TokenKind::DoubleSlash, 6, ast::Operator::FloorDiv),
    (TokenKind::At, 6, ast::Operator::MatMult),
];

/// The strength and the operator, if it is one of [`BINARY_OPERATORS`].
#[inline]
fn binary_operator(kind: TokenKind) -> Option<(u8, ast::Operator)> {
    /// By token.
    static TABLE: [Option<(u8, ast::Operator)>; 256] = {
        let mut table = [None; 256];
        let mut at = 0;
        while at < BINARY_OPERATORS.len() {
            let (kind, strength, operator) = BINARY_OPERATORS[at];
            table[kind as usize] = Some((strength, operator));
            at += 1;
        }
        table
    };
    TABLE[kind as usize]
}

impl Parser<'_> {
    /// `star_expressions`: expressions, perhaps starred, that a comma makes a tuple.
    pub(super) fn star_expressions(&mut self) -> Outcome<Node> {
        let start = self.start();
        let first = self.star_expression()?;
        if !self.at(TokenKind::Comma) {
            return Ok(first);
        }
        self.tuple_tail(start, first, Parser::star_expression)
    }

    /// `expressions`: as [`Parser::star_expressions`], but nothing starred.
    pub(super) fn expression_list(&mut self) -> Outcome<Node> {
        let start = self.start();
        let first = self.expression()?;
        if !self.at(TokenKind::Comma) {
            return Ok(first);
        }
        self.tuple_tail(start, first, Parser::expression)
    }

    /// The rest of a tuple without parentheses, from the first comma on.
    pub(super) fn tuple_tail(
        &mut self,
        start: u32,
        first: Node,
        element: fn(&mut Self) -> Outcome<Node>,
    ) -> Outcome<Node> {
        let height = self.exprs.len();
        self.exprs.push(*first);
        while self.eat(TokenKind::Comma)? {
            if !starts_expression(self.token.kind) {
                break;
            }
            let next = element(self)?;
            self.exprs.push(*next);
        }
        let elts = self.take_exprs(height);
        Ok(self.tuple(start, elts))
    }

    /// A tuple that begins at an offset and ends with the last token.
    pub(super) fn tuple(&mut self, start: u32, elts: Vec<ast::Expr>) -> Node {
        // Folding makes a constant of one that holds only constants.
        self.contents.is_foldable |= elts.first().is_none_or(ast::Expr::is_constant_expr);
        node(ast::ExprTuple { range: self.range_from(start), elts, ctx: ast::ExprContext::Load })
    }

    pub(super) fn star_expression(&mut self) -> Outcome<Node> {
        if self.at(TokenKind::Star) { self.starred() } else { self.expression() }
    }

    /// `'*' bitwise_or`
    pub(super) fn starred(&mut self) -> Outcome<Node> {
        let start = self.start();
        self.expect(TokenKind::Star)?;
        let value = self.bitwise_or()?;
        Ok(node(ast::ExprStarred { range: self.range_from(start), value, ctx: ast::ExprContext::Load }))
    }

    /// `star_named_expression`
    pub(super) fn star_named_expression(&mut self) -> Outcome<Node> {
        if self.at(TokenKind::Star) { self.starred() } else { self.named_expression() }
    }

    /// `named_expression`: an expression, or a name bound with `:=`.
    pub(super) fn named_expression(&mut self) -> Outcome<Node> {
        let name = self.name_span();
        let expr = self.expression()?;
        if !self.at(TokenKind::ColonEqual) {
            return Ok(expr);
        }
        self.walrus(name, expr)
    }

    /// The rest of a named expression whose target has been read as an expression beginning with the token that had this
    /// [`Parser::name_span`].
    pub(super) fn walrus(&mut self, name: Span, mut target: Node) -> Outcome<Node> {
        if self.prev_end != name.end {
            return Err(Failure);
        }
        self.expect(TokenKind::ColonEqual)?;
        self.contents.is_unusual = true;
        if let ast::Expr::Name(name) = &mut *target {
            name.ctx = ast::ExprContext::Store;
        }
        let value = self.expression()?;
        let range = self.range_from(name.start);
        Ok(node(ast::ExprNamedExpr { range, target, value }))
    }

    /// `expression`
    pub(super) fn expression(&mut self) -> Outcome<Node> {
        self.enter()?;
        let start = self.start();
        use TokenKind::{Await, Lambda, Minus, Name, Not, Plus, Tilde};
        // A name, which every other expression begins with, is made here, and most go no further than to `continues_atom`:
        // moving a node from function to function takes longer than what they do.
        let atom = match self.token.kind {
            Name => self.name()?,
            Lambda | Not | Minus | Plus | Tilde | Await => return self.prefixed_expression(start),
            _ => self.atom()?,
        };
        if !continues_atom(self.token.kind) {
            self.leave();
            return Ok(atom);
        }
        let base = self.trailers(start, atom)?;
        let operand = if self.at(TokenKind::DoubleStar) { self.raise_to(start, base)? } else { base };
        let body = if continues_operand(self.token.kind) { self.operators(start, operand)? } else { operand };
        let expr = if self.at(TokenKind::If) { self.conditional(start, body)? } else { body };
        self.leave();
        Ok(expr)
    }

    /// The rest of [`Parser::expression`] where it begins with an operator or a keyword.
    #[inline(never)]
    fn prefixed_expression(&mut self, start: u32) -> Outcome<Node> {
        let expr = if self.at(TokenKind::Lambda) {
            self.lambda()?
        } else {
            let body = self.disjunction()?;
            if self.at(TokenKind::If) { self.conditional(start, body)? } else { body }
        };
        self.leave();
        Ok(expr)
    }

    fn conditional(&mut self, start: u32, body: Node) -> Outcome<Node> {
        self.expect(TokenKind::If)?;
        let test = self.disjunction()?;
        self.expect(TokenKind::Else)?;
        let orelse = self.expression()?;
        let range = self.range_from(start);
        Ok(node(ast::ExprIfExp { range, test, body, orelse }))
    }

    fn lambda(&mut self) -> Outcome<Node> {
        // CPython's parser, too, is two levels deeper in the body.
        self.enter()?;
        self.contents.is_unusual = true;
        let start = self.start();
        self.expect(TokenKind::Lambda)?;
        let args = Box::new(self.parameters(TokenKind::Colon)?);
        // In an f-string the colon may begin a format specification.
        if self.lexer.is_in_fstring_text() {
            return Err(Failure);
        }
        self.expect(TokenKind::Colon)?;
        let body = self.expression()?;
        self.leave();
        Ok(node(ast::ExprLambda { range: self.range_from(start), args, body }))
    }

    /// `disjunction`. Most operands are followed by no operator at all, and are done after one look at the token.
    #[inline]
    pub(super) fn disjunction(&mut self) -> Outcome<Node> {
        let start = self.start();
        let first = if self.at(TokenKind::Not) { self.inversion()? } else { self.unary()? };
        if !continues_operand(self.token.kind) {
            return Ok(first);
        }
        self.operators(start, first)
    }

    /// Operators of any strength after their first operand, from the strongest to the weakest.
    fn operators(&mut self, start: u32, first: Node) -> Outcome<Node> {
        let mut left = first;
        if binary_operator(self.token.kind).is_some() {
            left = self.binary(start, left, 0)?;
        }
        if is_comparison(self.token.kind) {
            left = self.comparisons(start, left)?;
        }
        if self.at(TokenKind::And) {
            left = self.boolean(start, left, TokenKind::And, ast::BoolOp::And, Parser::inversion)?;
        }
        if self.at(TokenKind::Or) {
            left = self.boolean(start, left, TokenKind::Or, ast::BoolOp::Or, Parser::conjunction)?;
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Outcome<Node> {
        let start = self.start();
        let first = self.inversion()?;
        if !self.at(TokenKind::And) {
            return Ok(first);
        }
        self.boolean(start, first, TokenKind::And, ast::BoolOp::And, Parser::inversion)
    }

    fn boolean(
        &mut self,
        start: u32,
        first: Node,
        keyword: TokenKind,
        op: ast::BoolOp,
        operand: fn(&mut Self) -> Outcome<Node>,
    ) -> Outcome<Node> {
        let height = self.exprs.len();
        self.exprs.push(*first);
        while self.eat(keyword)? {
            let next = operand(self)?;
            self.exprs.push(*next);
        }
        let values = self.take_exprs(height);
        Ok(node(ast::ExprBoolOp { range: self.range_from(start), op, values }))
    }

    fn inversion(&mut self) -> Outcome<Node> {
        if !self.at(TokenKind::Not) {
            return self.comparison();
        }
        self.enter()?;
        let start = self.start();
        self.advance()?;
        let operand = self.inversion()?;
        self.leave();
        Ok(self.unary_operation(start, ast::UnaryOp::Not, operand))
    }

    #[inline]
    fn comparison(&mut self) -> Outcome<Node> {
        let start = self.start();
        let left = self.bitwise_or()?;
        if is_comparison(self.token.kind) { self.comparisons(start, left) } else { Ok(left) }
    }

    fn comparisons(&mut self, start: u32, left: Node) -> Outcome<Node> {
        // Nearly always there is one.
        let mut ops = vec![self.comparison_operator()?.ok_or(Failure)?];
        let mut comparators = vec![*self.bitwise_or()?];
        while let Some(op) = self.comparison_operator()? {
            ops.push(op);
            comparators.push(*self.bitwise_or()?);
        }
        self.contents.is_foldable |= comparators.last().is_some_and(is_display);
        Ok(node(ast::ExprCompare { range: self.range_from(start), left, ops, comparators }))
    }

    fn comparison_operator(&mut self) -> Outcome<Option<ast::CmpOp>> {
        use ast::CmpOp;
        let op = match self.token.kind {
            TokenKind::EqualEqual => CmpOp::Eq,
            TokenKind::NotEqual => {
                // `<>` is a spelling of this token that only the option makes valid, and then the only one.
                if (self.text(self.token) == "<>") != self.options.barry_as_flufl {
                    return Err(Failure);
                }
                CmpOp::NotEq
            }
            TokenKind::Less => CmpOp::Lt,
            TokenKind::LessEqual => CmpOp::LtE,
            TokenKind::Greater => CmpOp::Gt,
            TokenKind::GreaterEqual => CmpOp::GtE,
            TokenKind::In => CmpOp::In,
            TokenKind::Is => {
                self.advance()?;
                let op = if self.eat(TokenKind::Not)? { CmpOp::IsNot } else { CmpOp::Is };
                return Ok(Some(op));
            }
            TokenKind::Not => {
                self.advance()?;
                self.expect(TokenKind::In)?;
                return Ok(Some(CmpOp::NotIn));
            }
            _ => return Ok(None),
        };
        self.advance()?;
        Ok(Some(op))
    }

    /// `bitwise_or`: binary operators down to the unary ones.
    #[inline]
    pub(super) fn bitwise_or(&mut self) -> Outcome<Node> {
        let start = self.start();
        let left = self.unary()?;
        if binary_operator(self.token.kind).is_none() {
            return Ok(left);
        }
        self.binary(start, left, 0)
    }

    /// Operators that bind stronger than `floor`, after their first operand.
    fn binary(&mut self, start: u32, mut left: Node, floor: u8) -> Outcome<Node> {
        let mut links = 0;
        while let Some((strength, op)) = binary_operator(self.token.kind) {
            if strength <= floor {
                break;
            }
            self.advance()?;
            let right_start = self.start();
            let mut right = self.unary()?;
            if binary_operator(self.token.kind).is_some_and(|(next, _)| next > strength) {
                right = self.binary(right_start, right, strength)?;
            }
            left = self.binary_operation(start, left, op, right);
            links += 1;
            self.note_chain(links)?;
        }
        Ok(left)
    }

    #[inline]
    fn binary_operation(&mut self, start: u32, left: Node, op: ast::Operator, right: Node) -> Node {
        self.contents.is_foldable |= left.is_constant_expr();
        node(ast::ExprBinOp { range: self.range_from(start), left, op, right })
    }

    /// `factor`
    fn unary(&mut self) -> Outcome<Node> {
        let op = match self.token.kind {
            TokenKind::Minus => ast::UnaryOp::USub,
            TokenKind::Plus => ast::UnaryOp::UAdd,
            TokenKind::Tilde => ast::UnaryOp::Invert,
            _ => return self.power(),
        };
        self.enter()?;
        let start = self.start();
        self.advance()?;
        let operand = self.unary()?;
        self.leave();
        Ok(self.unary_operation(start, op, operand))
    }

    fn unary_operation(&mut self, start: u32, op: ast::UnaryOp, operand: Node) -> Node {
        // Folding makes one comparison of `not a in b`.
        self.contents.is_foldable |= matches!(*operand, ast::Expr::Constant(_) | ast::Expr::Compare(_));
        node(ast::ExprUnaryOp { range: self.range_from(start), op, operand })
    }

    #[inline]
    fn power(&mut self) -> Outcome<Node> {
        let start = self.start();
        let base = if self.at(TokenKind::Await) { self.await_primary()? } else { self.primary()? };
        if !self.at(TokenKind::DoubleStar) {
            return Ok(base);
        }
        self.raise_to(start, base)
    }

    fn raise_to(&mut self, start: u32, base: Node) -> Outcome<Node> {
        self.enter()?;
        self.enter()?;
        self.advance()?;
        let right = self.unary()?;
        self.leave();
        self.leave();
        Ok(self.binary_operation(start, base, ast::Operator::Pow, right))
    }

    fn await_primary(&mut self) -> Outcome<Node> {
        let start = self.start();
        self.expect(TokenKind::Await)?;
        self.contents.is_unusual = true;
        let value = self.primary()?;
        Ok(node(ast::ExprAwait { range: self.range_from(start), value }))
    }

    /// `primary`: an atom with its attributes, calls and subscripts.
    pub(super) fn primary(&mut self) -> Outcome<Node> {
        let start = self.start();
        let atom = self.atom()?;
        self.trailers(start, atom)
    }

    /// The attributes, calls and subscripts of an atom.
    #[inline]
    fn trailers(&mut self, start: u32, atom: Node) -> Outcome<Node> {
        let mut expr = atom;
        let mut links = 0;
        loop {
            expr = match self.token.kind {
                TokenKind::Dot => {
                    self.advance()?;
                    if !self.at(TokenKind::Name) {
                        return Err(Failure);
                    }
                    let (range, ctx) = (range(start, self.token.span.end), ast::ExprContext::Load);
                    let attribute =
                        self.named(false, |attr| ast::ExprAttribute { range, value: expr, attr, ctx });
                    self.advance()?;
                    attribute
                }
                TokenKind::LeftParen => {
                    let (args, keywords) = self.call_arguments()?;
                    let range = range(start, self.prev_end);
                    node_with(|| ast::ExprCall { range, func: expr, args, keywords })
                }
                TokenKind::LeftBracket => {
                    self.advance()?;
                    let slice = self.slices()?;
                    self.expect(TokenKind::RightBracket)?;
                    let range = range(start, self.prev_end);
                    self.contents.is_foldable |= expr.is_constant_expr();
                    node(ast::ExprSubscript { range, value: expr, slice, ctx: ast::ExprContext::Load })
                }
                _ => return Ok(expr),
            };
            links += 1;
            self.note_chain(links)?;
        }
    }

    /// `slices`: what stands between the brackets of a subscript.
    fn slices(&mut self) -> Outcome<Node> {
        let start = self.start();
        let first = self.slice()?;
        if !self.at(TokenKind::Comma) && !matches!(*first, ast::Expr::Starred(_)) {
            return Ok(first);
        }
        let height = self.exprs.len();
        self.exprs.push(*first);
        while self.eat(TokenKind::Comma)? {
            if self.at(TokenKind::RightBracket) {
                break;
            }
            let next = self.slice()?;
            self.exprs.push(*next);
        }
        let elts = self.take_exprs(height);
        Ok(self.tuple(start, elts))
    }

    fn slice(&mut self) -> Outcome<Node> {
        let name = self.name_span();
        let lower = match self.token.kind {
            TokenKind::Star => return self.starred(),
            TokenKind::Colon => None,
            _ => {
                let expr = self.expression()?;
                match self.token.kind {
                    TokenKind::ColonEqual => return self.walrus(name, expr),
                    TokenKind::Colon => Some(expr),
                    _ => return Ok(expr),
                }
            }
        };
        self.expect(TokenKind::Colon)?;
        let upper = self.slice_bound()?;
        let step = if self.eat(TokenKind::Colon)? { self.slice_bound()? } else { None };
        Ok(node(ast::ExprSlice { range: self.range_from(name.start), lower, upper, step }))
    }

    fn slice_bound(&mut self) -> Outcome<Option<Box<ast::Expr>>> {
        Ok(match self.token.kind {
            TokenKind::Colon | TokenKind::Comma | TokenKind::RightBracket => None,
            _ => Some(self.expression()?),
        })
    }

    /// `yield_expr`
    pub(super) fn yield_expression(&mut self) -> Outcome<Node> {
        let start = self.start();
        self.expect(TokenKind::Yield)?;
        self.contents.is_unusual = true;
        if self.eat(TokenKind::From)? {
            let value = self.expression()?;
            return Ok(node(ast::ExprYieldFrom { range: self.range_from(start), value }));
        }
        let value = if starts_expression(self.token.kind) { Some(self.star_expressions()?) } else { None };
        Ok(node(ast::ExprYield { range: self.range_from(start), value }))
    }

    /// `annotated_rhs`: what may stand to the right of `=`.
    pub(super) fn yield_or_star_expressions(&mut self) -> Outcome<Node> {
        if self.at(TokenKind::Yield) { self.yield_expression() } else { self.star_expressions() }
    }

    /// Comprehension clauses, from the first `for` or `async`.
    pub(super) fn comprehensions(&mut self) -> Outcome<Vec<ast::Comprehension>> {
        self.contents.is_unusual = true;
        let mut generators = Vec::with_capacity(1);
        loop {
            let is_async = match self.token.kind {
                TokenKind::Async => {
                    self.advance()?;
                    true
                }
                TokenKind::For => false,
                _ => break,
            };
            self.expect(TokenKind::For)?;
            let target = *self.star_targets()?;
            self.expect(TokenKind::In)?;
            let iter = *self.disjunction()?;
            let height = self.exprs.len();
            while self.eat(TokenKind::If)? {
                let condition = self.disjunction()?;
                self.exprs.push(*condition);
            }
            let ifs = self.take_exprs(height);
            generators.push(ast::Comprehension { range: Default::default(), target, iter, ifs, is_async });
        }
        if generators.is_empty() { Err(Failure) } else { Ok(generators) }
    }
}

#[inline]
fn is_comparison(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::EqualEqual
            | TokenKind::NotEqual
            | TokenKind::Less
            | TokenKind::LessEqual
            | TokenKind::Greater
            | TokenKind::GreaterEqual
            | TokenKind::In
            | TokenKind::Is
            | TokenKind::Not
    )
}

/// Whether a token after an operand is an operator that belongs to a `disjunction`.
#[inline]
fn continues_operand(kind: TokenKind) -> bool {
    CONTINUATIONS[kind as usize] == Continuation::Operand
}

/// Whether a token after an atom may belong to the same `expression`.
#[inline]
fn continues_atom(kind: TokenKind) -> bool {
    CONTINUATIONS[kind as usize] != Continuation::Nothing
}

/// What a token goes on with.
#[derive(Clone, Copy, PartialEq)]
enum Continuation {
    Nothing,
    Atom,
    Operand,
}

/// By token: what is asked after each operand is one look.
static CONTINUATIONS: [Continuation; 256] = {
    use TokenKind::{And, EqualEqual, Greater, GreaterEqual, In, Is, Less, LessEqual, Not, NotEqual, Or};
    use TokenKind::{Dot, DoubleStar, If, LeftBracket, LeftParen};
    const ATOM: [TokenKind; 5] = [Dot, LeftParen, LeftBracket, DoubleStar, If];
    const OPERAND: [TokenKind; 11] =
        [EqualEqual, NotEqual, Less, LessEqual, Greater, GreaterEqual, In, Is, Not, And, Or];
    let mut table = [Continuation::Nothing; 256];
    let mut at = 0;
    while at < ATOM.len() {
        table[ATOM[at] as usize] = Continuation::Atom;
        at += 1;
    }
    at = 0;
    while at < OPERAND.len() {
        table[OPERAND[at] as usize] = Continuation::Operand;
        at += 1;
    }
    at = 0;
    while at < BINARY_OPERATORS.len() {
        table[BINARY_OPERATORS[at].0 as usize] = Continuation::Operand;
        at += 1;
    }
    table
};

/// Whether an expression, perhaps a starred one, can begin with this token.
#[inline]
pub(super) fn starts_expression(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Name
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Imaginary
            | TokenKind::String
            | TokenKind::FStringStart
            | TokenKind::LeftParen
            | TokenKind::LeftBracket
            | TokenKind::LeftBrace
            | TokenKind::Ellipsis
            | TokenKind::Plus
            | TokenKind::Minus
            | TokenKind::Star
            | TokenKind::Tilde
            | TokenKind::Await
            | TokenKind::False
            | TokenKind::Lambda
            | TokenKind::None
            | TokenKind::Not
            | TokenKind::True
    )
}
