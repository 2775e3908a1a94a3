//! Integers as text, in any base from 2 to 36.

use super::{Int, Integer, decimal};
use crate::number::big::{self, BigInt, BigUint, Sign};
use crate::number::error::{NumberError, Result};

/// `sys.int_info.default_max_str_digits`.
pub const DEFAULT_MAX_STR_DIGITS: usize = 4300;
/// `sys.int_info.str_digits_check_threshold`: the lowest limit that can be set, and the length up to which none is checked.
pub const MIN_MAX_STR_DIGITS: usize = 640;

/// Why a text is not an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseIntError {
    /// The text is no literal in that base: the caller's message shows it.
    Invalid,
    /// More digits than `sys.get_int_max_str_digits()`.
    TooManyDigits {
        /// The digits in the text.
        digits: usize,
        /// The limit in force.
        limit: usize,
    },
}

impl ParseIntError {
    /// The exception for an excess of digits; `None` for an invalid text, whose message needs the object's `repr`.
    pub fn to_number_error(self) -> Option<NumberError> {
        match self {
            Self::Invalid => None,
            Self::TooManyDigits { digits, limit } => Some(NumberError::value(format!(
                "Exceeds the limit ({limit} digits) for integer string conversion: value has {digits} digits; \
                 use sys.set_int_max_str_digits() to increase the limit"
            ))),
        }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Reads an integer as `int(text, base)` does, in ASCII: the caller has replaced other decimal digits and spaces.
///
/// `base` is 0 or from 2 to 36. `limit` is `sys.get_int_max_str_digits()`; 0 means none.
pub fn parse(text: &[u8], base: u32, limit: usize) -> std::result::Result<Integer, ParseIntError> {
    let start = text.iter().position(|&byte| !is_space(byte)).ok_or(ParseIntError::Invalid)?;
    let mut rest = &text[start..];
    let negative = rest.first() == Some(&b'-');
    if let Some(b'+' | b'-') = rest.first() {
        rest = &rest[1..];
    }
    let marked_base = match rest {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        _ => 0,
    };
    let (base, only_zeros) = match base {
        0 if marked_base != 0 => (marked_base, false),
        // Without a base, a leading zero is allowed for zero alone.
        0 => (10, rest.first() == Some(&b'0')),
        base => (base, false),
    };
    if !(2..=36).contains(&base) {
        return Err(ParseIntError::Invalid);
    }
    if base == marked_base {
        rest = &rest[2..];
        if rest.first() == Some(&b'_') {
            rest = &rest[1..];
        }
    }
    let digits = take_digits(&mut rest, base)?;
    if !base.is_power_of_two() && limit > 0 && digits.len() > MIN_MAX_STR_DIGITS && digits.len() > limit {
        return Err(ParseIntError::TooManyDigits { digits: digits.len(), limit });
    }
    let sign = if negative { Sign::Negative } else { Sign::Positive };
    let value = digits_to_integer(digits, base, sign).ok_or(ParseIntError::Invalid)?;
    let valid = rest.iter().all(|&byte| is_space(byte)) && !(only_zeros && value != Integer::ZERO);
    if valid { Ok(value) } else { Err(ParseIntError::Invalid) }
}

/// Splits the digits off the text; single underscores may stand between them.
fn take_digits<'a>(
    rest: &mut &'a [u8],
    base: u32,
) -> std::result::Result<std::borrow::Cow<'a, [u8]>, ParseIntError> {
    let is_digit = |byte: u8| char::from(byte).is_digit(base);
    let end = rest.iter().position(|&byte| byte != b'_' && !is_digit(byte)).unwrap_or(rest.len());
    let (digits, tail) = rest.split_at(end);
    let misplaced = digits.first() == Some(&b'_')
        || digits.last() == Some(&b'_')
        || digits.windows(2).any(|pair| pair == b"__");
    if digits.is_empty() || misplaced {
        return Err(ParseIntError::Invalid);
    }
    *rest = tail;
    Ok(if digits.contains(&b'_') {
        digits.iter().copied().filter(|&byte| byte != b'_').collect::<Vec<u8>>().into()
    } else {
        digits.into()
    })
}

fn digits_to_integer(digits: std::borrow::Cow<'_, [u8]>, base: u32, sign: Sign) -> Option<Integer> {
    // 12 digits of base 36 fit 64 bits, as do 18 of base 10.
    let n_fast_digits = if base <= 10 { 18 } else { 12 };
    if digits.len() <= n_fast_digits {
        let value = digits.iter().try_fold(0i64, |value, &digit| {
            Some(value * i64::from(base) + i64::from(char::from(digit).to_digit(base)?))
        })?;
        return Some(Integer::Small(if sign == Sign::Negative { -value } else { value }));
    }
    let magnitude = BigUint::from_str_radix(std::str::from_utf8(&digits).ok()?, base).ok()?;
    Some(BigInt::from_parts(sign, magnitude).into())
}

impl Int<'_> {
    /// The digits in a base from 2 to 36, lower case, with a minus sign but without a prefix.
    ///
    /// A base outside that range is taken as 10.
    pub fn to_radix(self, base: u32) -> String {
        match (self, base) {
            (Self::Small(value), 2) => small_to_radix(value, |magnitude| format!("{magnitude:b}")),
            (Self::Small(value), 8) => small_to_radix(value, |magnitude| format!("{magnitude:o}")),
            (Self::Small(value), 16) => small_to_radix(value, |magnitude| format!("{magnitude:x}")),
            (Self::Small(value), 2..=9 | 11..=36) => BigInt::from(value).in_radix(base as u8).to_string(),
            (Self::Big(value), 10) => big_to_decimal(value),
            (Self::Big(value), 2..=36) => value.in_radix(base as u8).to_string(),
            (Self::Small(value), _) => value.to_string(),
            (Self::Big(value), _) => value.to_string(),
        }
    }

    /// `str(self)` under `sys.get_int_max_str_digits()`; a limit of 0 means none.
    ///
    /// # Errors
    /// `ValueError` when the value has more digits than that.
    pub fn to_decimal(self, limit: usize) -> Result<String> {
        let value = match self {
            Self::Small(value) => return Ok(value.to_string()),
            Self::Big(value) => value,
        };
        let too_long = || {
            NumberError::value(format!(
                "Exceeds the limit ({limit} digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit"
            ))
        };
        // A number of n bits has more than (n - 1) * log10(2) digits; seeing that first spares a long conversion.
        let least_digits = (self.bit_length() - 1) as f64 * std::f64::consts::LOG10_2;
        if limit > 0 && least_digits > limit.max(MIN_MAX_STR_DIGITS) as f64 + 1.0 {
            return Err(too_long());
        }
        let text = big_to_decimal(value);
        let n_digits = text.len() - usize::from(text.starts_with('-'));
        if limit > 0 && n_digits > MIN_MAX_STR_DIGITS && n_digits > limit {
            return Err(too_long());
        }
        Ok(text)
    }
}

fn big_to_decimal(value: &BigInt) -> String {
    if let Ok(value) = i128::try_from(value) {
        return value.to_string();
    }
    let (sign, words) = value.as_sign_words();
    if words.len() <= decimal::MAX_WORDS && dashu_int::Word::BITS == u64::BITS {
        let mut wide = [0u64; decimal::MAX_WORDS];
        wide.iter_mut().zip(words).for_each(|(wide, &word)| *wide = big::widen(word));
        return decimal::write(&wide[..words.len()], sign == Sign::Negative);
    }
    value.to_string()
}

fn small_to_radix(value: i64, digits: impl Fn(u64) -> String) -> String {
    let mut text = digits(value.unsigned_abs());
    if value < 0 {
        text.insert(0, '-');
    }
    text
}
