//! `repr` of constants, exactly as Python's.

mod printable;
mod set_order;

use crate::code::{CodeObject, Constant};
use crate::text::Text;
use std::fmt::Write;

/// Whether `repr` shows the character as it is (`str.isprintable`).
pub fn is_printable(point: u32) -> bool {
    if point < 0x7F {
        return point >= 0x20;
    }
    let ranges = printable::NOT_PRINTABLE;
    let after = ranges.partition_point(|(first, _)| *first <= point);
    after == 0 || ranges[after - 1].1 < point
}

/// `repr` of a constant. A code object shows its address as `0x…` of zeros.
pub fn constant(value: &Constant) -> String {
    let mut out = String::new();
    write_constant(&mut out, value);
    out
}

/// Appends `repr` of a constant.
pub fn write_constant(out: &mut String, value: &Constant) {
    match value {
        Constant::None => out.push_str("None"),
        Constant::Bool(true) => out.push_str("True"),
        Constant::Bool(false) => out.push_str("False"),
        Constant::Ellipsis => out.push_str("Ellipsis"),
        Constant::Int(value) => write_display(out, value),
        Constant::BigInt(value) => write_display(out, value),
        Constant::Float(value) => out.push_str(&float(*value)),
        Constant::Complex(real, imag) => out.push_str(&complex(*real, *imag)),
        Constant::Str(text) => write_str(out, text),
        Constant::Bytes(bytes) => write_bytes(out, bytes),
        Constant::Tuple(items) => {
            out.push('(');
            write_items(out, items.iter());
            out.push_str(if items.len() == 1 { ",)" } else { ")" });
        }
        Constant::FrozenSet(items) if items.is_empty() => out.push_str("frozenset()"),
        Constant::FrozenSet(items) => {
            out.push_str("frozenset({");
            match set_order::iteration_order(items) {
                Some(order) => write_items(out, order.into_iter().map(|i| &items[i])),
                None => write_items(out, items.iter()),
            }
            out.push_str("})");
        }
        Constant::Code(value) => out.push_str(&code(value)),
    }
}

fn write_display(out: &mut String, value: impl std::fmt::Display) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{value}");
}

fn write_items<'a>(out: &mut String, items: impl Iterator<Item = &'a Constant>) {
    for (i, item) in items.enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        write_constant(out, item);
    }
}

/// `repr` of a code object, with zeros for its address.
pub fn code(code: &CodeObject) -> String {
    format!(
        "<code object {} at 0x000000000000, file \"{}\", line {}>",
        code.name, code.filename, code.firstlineno
    )
}

/// `repr` of a string.
pub fn str(text: &Text) -> String {
    let mut out = String::new();
    write_str(&mut out, text);
    out
}

fn write_str(out: &mut String, text: &Text) {
    let bytes = text.as_bytes();
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    out.push(quote);
    for point in text.code_points() {
        match char::from_u32(point) {
            Some('\\') => out.push_str("\\\\"),
            Some('\t') => out.push_str("\\t"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some(c) if c == quote => {
                out.push('\\');
                out.push(c);
            }
            Some(c) if is_printable(point) => out.push(c),
            _ if point <= 0xFF => write_display(out, format_args!("\\x{point:02x}")),
            _ if point <= 0xFFFF => write_display(out, format_args!("\\u{point:04x}")),
            _ => write_display(out, format_args!("\\U{point:08x}")),
        }
    }
    out.push(quote);
}

/// `repr` of bytes.
pub fn bytes(bytes: &[u8]) -> String {
    let mut out = String::new();
    write_bytes(&mut out, bytes);
    out
}

fn write_bytes(out: &mut String, bytes: &[u8]) {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    out.push('b');
    out.push(quote);
    for byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b if char::from(*b) == quote => {
                out.push('\\');
                out.push(quote);
            }
            0x20..0x7F => out.push(char::from(*byte)),
            _ => write_display(out, format_args!("\\x{byte:02x}")),
        }
    }
    out.push(quote);
}

/// `repr` of a float: the shortest digits that read back as it.
pub fn float(value: f64) -> String {
    let text = float_shortest(value);
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'-') { text + ".0" } else { text }
}

/// `repr` of a complex number.
pub fn complex(real: f64, imag: f64) -> String {
    let imag_text = float_shortest(imag);
    if real == 0.0 && real.is_sign_positive() {
        return imag_text + "j";
    }
    let sign = if imag_text.starts_with('-') { "" } else { "+" };
    format!("({}{sign}{imag_text}j)", float_shortest(real))
}

/// The shortest digits, without `.0` for a whole number.
fn float_shortest(value: f64) -> String {
    match special(value) {
        Some(text) => text.to_owned(),
        None => {
            let mut text = format!("{value:e}");
            // Where two shortest texts are equally near, Python takes the one whose last digit is even.
            let digits = text
                .split('e')
                .next()
                .map_or(0, |mantissa| mantissa.bytes().filter(u8::is_ascii_digit).count());
            if digits >= 15 {
                let rounded = format!("{value:.*e}", digits - 1);
                if rounded != text && rounded.parse() == Ok(value) {
                    text = rounded;
                }
            }
            layout(&text, 16)
        }
    }
}

/// The float in C's `%.<precision>g`.
pub fn float_general(value: f64, precision: usize) -> String {
    let precision = precision.max(1);
    match special(value) {
        Some(text) => text.to_owned(),
        None => layout(&format!("{value:.*e}", precision - 1), precision as i32),
    }
}

fn special(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("nan")
    } else if value.is_infinite() {
        Some(if value > 0.0 { "inf" } else { "-inf" })
    } else {
        None
    }
}

/// From Rust's `d.ddde-5` to C's: positional for exponents from -4 to below `limit`.
fn layout(scientific: &str, limit: i32) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let digits = match digits.trim_end_matches('0') {
        "" => "0",
        digits => digits,
    };
    let mut out = String::from(sign);
    if !(-4..limit).contains(&exponent) {
        out.push_str(&digits[..1]);
        if digits.len() > 1 {
            out.push('.');
            out.push_str(&digits[1..]);
        }
        write_display(
            &mut out,
            format_args!("e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs()),
        );
    } else if exponent < 0 {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', (-exponent - 1) as usize));
        out.push_str(digits);
    } else {
        let whole = exponent as usize + 1;
        if digits.len() <= whole {
            out.push_str(digits);
            out.extend(std::iter::repeat_n('0', whole - digits.len()));
        } else {
            out.push_str(&digits[..whole]);
            out.push('.');
            out.push_str(&digits[whole..]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_laid_out_as_python_does() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.5, "1.5"),
            (f64::INFINITY, "inf"),
            (1.234e300, "1.234e+300"),
            (2.980_232_238_769_531_2e-8, "2.9802322387695312e-08"),
        ] {
            assert_eq!(float(value), text);
        }
        assert_eq!(float_general(0.1, 17), "0.10000000000000001");
        assert_eq!(complex(-0.0, 1.0), "(-0+1j)");
    }
}
