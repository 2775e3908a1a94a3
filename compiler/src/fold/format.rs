//! `'%s' % (x,)` to an f-string.

use super::Folder;
use pvm_pycfile::{Constant, Text};
use rustpython_ast::text_size::TextRange;
use rustpython_ast::{self as ast, ConversionFlag, Expr, Ranged};

/// Widths and precisions have fewer digits than this.
const MAX_DIGITS: usize = 3;

/// A conversion of a template: `%-5.3s` is the conversion `s` and the format `5.3`.
struct Conversion {
    flag: ConversionFlag,
    format: String,
}

impl Folder<'_> {
    /// The f-string with the same value as the template filled in with the items, if they match one to one and
    /// all conversions are `%s`, `%r` or `%a` without flags but `-` and the like. Takes the items then.
    pub(super) fn format(
        &mut self,
        range: TextRange,
        template: &Text,
        items: &mut Vec<Expr>,
    ) -> Option<Expr> {
        if items.iter().any(|item| matches!(item, Expr::Starred(_))) {
            return None;
        }
        let template: Vec<u32> = template.code_points().collect();
        let mut rest = template.as_slice();
        let mut parts = Vec::new();
        loop {
            let literal = take_literal(&mut rest);
            if !literal.is_empty() {
                parts.push(Part::Literal(literal));
            }
            if rest.is_empty() {
                break;
            }
            parts.push(Part::Value(take_conversion(&mut rest)?));
        }
        let conversions = parts.iter().filter(|part| matches!(part, Part::Value(_))).count();
        if conversions != items.len() {
            return None;
        }
        let mut items = std::mem::take(items).into_iter();
        let mut values = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Part::Literal(points) => {
                    let range = self.synthetic_range();
                    values.push(self.constants.make(range, Constant::Str(Text::from_code_points(points))));
                }
                Part::Value(Conversion { flag, format }) => {
                    let format_spec = (!format.is_empty()).then(|| {
                        let range = self.synthetic_range();
                        Box::new(self.constants.make(range, Constant::Str(Text::from(format.as_str()))))
                    });
                    let value = Box::new(items.next()?);
                    let range = value.range();
                    let node = ast::ExprFormattedValue { range, value, conversion: flag, format_spec };
                    values.push(Expr::FormattedValue(node));
                }
            }
        }
        Some(Expr::JoinedStr(ast::ExprJoinedStr { range, values }))
    }
}

enum Part {
    Literal(Vec<u32>),
    Value(Conversion),
}

/// The text up to the next conversion, with `%%` as `%`.
fn take_literal(rest: &mut &[u32]) -> Vec<u32> {
    const PERCENT: u32 = '%' as u32;
    let mut literal = Vec::new();
    loop {
        match **rest {
            [PERCENT, PERCENT, ref after @ ..] => {
                literal.push(PERCENT);
                *rest = after;
            }
            [PERCENT, ..] | [] => return literal,
            [point, ref after @ ..] => {
                literal.push(point);
                *rest = after;
            }
        }
    }
}

/// The conversion at the start; `None` for one that f-strings cannot do.
fn take_conversion(rest: &mut &[u32]) -> Option<Conversion> {
    let mut cursor = Cursor { rest };
    // The `%` itself.
    cursor.next()?;
    let mut point = cursor.next()?;
    let mut left = false;
    while let '-' | '+' | ' ' | '#' | '0' = point {
        left |= point == '-';
        point = cursor.next()?;
    }
    let width = cursor.number(&mut point)?;
    let mut precision = None;
    if point == '.' {
        point = cursor.next()?;
        precision = Some(cursor.number(&mut point)?.unwrap_or(0));
    }
    let flag = match point {
        's' => ConversionFlag::Str,
        'r' => ConversionFlag::Repr,
        'a' => ConversionFlag::Ascii,
        _ => return None,
    };
    let mut format = String::new();
    if let Some(width) = width {
        if !left && width > 0 {
            format.push('>');
        }
        format += &width.to_string();
    }
    if let Some(precision) = precision {
        format.push('.');
        format += &precision.to_string();
    }
    *rest = cursor.rest;
    Some(Conversion { flag, format })
}

struct Cursor<'a> {
    rest: &'a [u32],
}

impl Cursor<'_> {
    /// The next character; `None` at the end.
    fn next(&mut self) -> Option<char> {
        let (&point, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// The number that starts at `point`, which becomes the character after it. `Some(None)` where there is none,
    /// `None` where it is too long or the template ends.
    fn number(&mut self, point: &mut char) -> Option<Option<u32>> {
        let mut number = None;
        for digits in 1.. {
            let Some(digit) = point.to_digit(10) else { break };
            number = Some(number.unwrap_or(0) * 10 + digit);
            *point = self.next()?;
            if digits >= MAX_DIGITS {
                return None;
            }
        }
        Some(number)
    }
}
