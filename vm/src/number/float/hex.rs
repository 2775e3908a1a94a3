//! `float.hex` and `float.fromhex`.

use super::super::error::{NumberError, Result};
use super::super::integer::ldexp;
use super::text::{self, is_space};

/// `float.hex()`.
pub fn to_hex(float: f64) -> String {
    if !float.is_finite() {
        return text::repr(float);
    }
    let sign = if float.is_sign_negative() { "-" } else { "" };
    let bits = float.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    match (bits >> 52 & 0x7ff) as i32 {
        0 if fraction == 0 => format!("{sign}0x0.0p+0"),
        0 => format!("{sign}0x0.{fraction:013x}p-1022"),
        exponent => format!("{sign}0x1.{fraction:013x}p{:+}", exponent - 1023),
    }
}

#[cold]
fn invalid() -> NumberError {
    NumberError::value("invalid hexadecimal floating-point string")
}

#[cold]
fn too_large() -> NumberError {
    NumberError::overflow("hexadecimal value too large to represent as a float")
}

/// `float.fromhex(text)`.
///
/// # Errors
/// `ValueError` for a text that is no hexadecimal float, `OverflowError` for one beyond the range of floats.
pub fn from_hex(text: &[u8]) -> Result<f64> {
    let start = text.iter().position(|&byte| !is_space(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|&byte| !is_space(byte)).map_or(start, |last| last + 1);
    let mut rest = &text[start..end];
    if let Some((value, b"")) = text::take_special(rest) {
        return Ok(value);
    }
    let negative = rest.first() == Some(&b'-');
    if let Some(b'+' | b'-') = rest.first() {
        rest = &rest[1..];
    }
    if let [b'0', b'x' | b'X', tail @ ..] = rest {
        rest = tail;
    }
    let (mantissa, mut exponent) = take_mantissa(&mut rest)?;
    if let [b'p' | b'P', tail @ ..] = rest {
        rest = tail;
        exponent = exponent.saturating_add(take_exponent(&mut rest)?);
    }
    // As in CPython, a value out of range is noticed before what follows it.
    let magnitude = scale(mantissa, exponent)?;
    if !rest.is_empty() {
        return Err(invalid());
    }
    Ok(if negative { -magnitude } else { magnitude })
}

/// Reads hexadecimal digits with at most one point: 64 bits of them, the lowest set when any later digit is not zero, and
/// the power of two that they are to be multiplied with.
fn take_mantissa(rest: &mut &[u8]) -> Result<(u64, i64)> {
    let (mut mantissa, mut exponent) = (0u64, 0i64);
    let (mut n_digits, mut seen_point) = (0usize, false);
    while let Some(&byte) = rest.first() {
        if byte == b'.' && !seen_point {
            seen_point = true;
        } else if let Some(digit) = char::from(byte).to_digit(16) {
            n_digits += 1;
            if mantissa >> 60 == 0 {
                mantissa = mantissa << 4 | u64::from(digit);
                exponent -= if seen_point { 4 } else { 0 };
            } else {
                mantissa |= u64::from(digit != 0);
                exponent += if seen_point { 0 } else { 4 };
            }
        } else {
            break;
        }
        *rest = &rest[1..];
    }
    if n_digits == 0 { Err(invalid()) } else { Ok((mantissa, exponent)) }
}

fn take_exponent(rest: &mut &[u8]) -> Result<i64> {
    let negative = rest.first() == Some(&b'-');
    if let Some(b'+' | b'-') = rest.first() {
        *rest = &rest[1..];
    }
    if !rest.first().is_some_and(u8::is_ascii_digit) {
        return Err(invalid());
    }
    let mut exponent = 0i64;
    while let Some(byte @ b'0'..=b'9') = rest.first() {
        exponent = exponent.saturating_mul(10).saturating_add(i64::from(byte - b'0'));
        *rest = &rest[1..];
    }
    // Within what the digits' own exponent can be added to.
    let exponent = exponent.min(i64::MAX / 4);
    Ok(if negative { -exponent } else { exponent })
}

/// `mantissa * 2**exponent`, rounded once, half to even.
fn scale(mantissa: u64, exponent: i64) -> Result<f64> {
    if mantissa == 0 {
        return Ok(0.0);
    }
    let n_bits = i64::from(u64::BITS - mantissa.leading_zeros());
    let top = exponent.saturating_add(n_bits);
    if top > 1024 {
        return Err(too_large());
    }
    if top < -1080 {
        return Ok(0.0);
    }
    // Drop what does not fit 53 bits, or what is below the smallest subnormal.
    let n_dropped = (n_bits - 53).max(-1074 - exponent).max(0);
    let kept = if n_dropped == 0 {
        mantissa
    } else if n_dropped > 64 {
        0
    } else {
        let wide = u128::from(mantissa);
        let half = 1u128 << (n_dropped - 1);
        let up = wide & half != 0 && wide & (3 * half - 1) != 0;
        ((wide + if up { half } else { 0 }) >> n_dropped) as u64
    };
    let value = ldexp(kept as f64, exponent + n_dropped);
    if value.is_infinite() { Err(too_large()) } else { Ok(value) }
}
