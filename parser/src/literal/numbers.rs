//! Numeric literals.

use std::borrow::Cow;

use num_bigint::BigInt;
use num_traits::Num;

/// More decimal digits than this CPython refuses to convert, unless told otherwise.
const MAX_DECIMAL_DIGITS: usize = 4300;

fn without_underscores(text: &str) -> Cow<'_, str> {
    if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) }
}

/// The value of an integer literal, or CPython's message for one that has too many digits.
pub(crate) fn integer(text: &str) -> Result<BigInt, String> {
    // Most have one digit.
    if let [digit @ b'0'..=b'9'] = text.as_bytes() {
        return Ok(BigInt::from(digit - b'0'));
    }
    let text = without_underscores(text);
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', b'o' | b'O', ..] => (&text[2..], 8),
        [b'0', b'b' | b'B', ..] => (&text[2..], 2),
        _ => (&*text, 10),
    };
    if let Ok(small) = u64::from_str_radix(digits, radix) {
        return Ok(BigInt::from(small));
    }
    if radix == 10 && digits.len() > MAX_DECIMAL_DIGITS {
        return Err(format!(
            "Exceeds the limit ({MAX_DECIMAL_DIGITS} digits) for integer string conversion: value has {} digits; \
             use sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal for huge integer \
             literals to avoid decimal conversion limits.",
            digits.len()
        ));
    }
    BigInt::from_str_radix(digits, radix).map_err(|_| "invalid integer literal".to_owned())
}

/// The value of a floating-point literal.
pub(crate) fn float(text: &str) -> Option<f64> {
    without_underscores(text).parse().ok()
}

/// The value of a literal that ends in `j`.
pub(crate) fn imaginary(text: &str) -> Option<f64> {
    float(&text[..text.len() - 1])
}
