//! Constants as Python's `repr` writes them.

use std::fmt::Write;

use pvm_lexer::unicode::is_printable;
use rustpython_ast::Constant;

/// Appends the `repr` of a constant; `wtf8` is its exact value if it is a string with lone surrogates.
pub(crate) fn write_constant(out: &mut String, constant: &Constant, wtf8: Option<&[u8]>) {
    match constant {
        Constant::None => out.push_str("None"),
        Constant::Bool(true) => out.push_str("True"),
        Constant::Bool(false) => out.push_str("False"),
        Constant::Ellipsis => out.push_str("Ellipsis"),
        Constant::Str(text) => match wtf8 {
            Some(wtf8) => write_wtf8(out, wtf8),
            None => write_str(out, text),
        },
        Constant::Bytes(bytes) => write_bytes(out, bytes),
        Constant::Int(value) => {
            let _ = write!(out, "{value}");
        }
        Constant::Float(value) => write_float(out, *value, true),
        Constant::Complex { imag, .. } => {
            write_float(out, *imag, false);
            out.push('j');
        }
        Constant::Tuple(items) => {
            out.push('(');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_constant(out, item, None);
            }
            out.push_str(if items.len() == 1 { ",)" } else { ")" });
        }
    }
}

/// The quote that `repr` chooses: double ones only to save escapes of single ones.
fn quote_for(bytes: &[u8]) -> char {
    if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' }
}

/// Appends the `repr` of a string.
pub(crate) fn write_str(out: &mut String, text: &str) {
    let quote = quote_for(text.as_bytes());
    out.push(quote);
    for c in text.chars() {
        write_char(out, c, quote);
    }
    out.push(quote);
}

fn write_char(out: &mut String, c: char, quote: char) {
    match c {
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        _ if c == quote => {
            out.push('\\');
            out.push(c);
        }
        ' '..='~' => out.push(c),
        _ if !c.is_ascii() && is_printable(c) => out.push(c),
        _ => write_escape(out, u32::from(c)),
    }
}

fn write_escape(out: &mut String, code: u32) {
    let _ = match code {
        0..=0xFF => write!(out, "\\x{code:02x}"),
        0x100..=0xFFFF => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

fn write_wtf8(out: &mut String, wtf8: &[u8]) {
    write_code_points(out, &code_points(wtf8));
}

/// The code points of generalised UTF-8, in which surrogates are encoded as other characters are.
pub(crate) fn code_points(wtf8: &[u8]) -> Vec<u32> {
    let mut codes = Vec::with_capacity(wtf8.len());
    let mut rest = wtf8;
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) => {
                codes.extend(text.chars().map(u32::from));
                return codes;
            }
            Err(error) => {
                let (valid, surrogate) = rest.split_at(error.valid_up_to());
                codes.extend(std::str::from_utf8(valid).unwrap_or_default().chars().map(u32::from));
                // Only surrogates are not UTF-8 here, and they are three bytes long.
                let [a, b, c, after @ ..] = surrogate else { return codes };
                codes.push(u32::from(a & 0x0F) << 12 | u32::from(b & 0x3F) << 6 | u32::from(c & 0x3F));
                rest = after;
            }
        }
    }
}

/// Appends the `repr` of a string given by its code points.
pub(crate) fn write_code_points(out: &mut String, codes: &[u32]) {
    let has = |quote: char| codes.contains(&u32::from(quote));
    let quote = if has('\'') && !has('"') { '"' } else { '\'' };
    out.push(quote);
    for &code in codes {
        match char::from_u32(code) {
            Some(c) => write_char(out, c, quote),
            None => write_escape(out, code),
        }
    }
    out.push(quote);
}

/// Appends the escape sequence for a code point.
pub(crate) fn write_code_point_escape(out: &mut String, code: u32) {
    match char::from_u32(code) {
        Some('\\') => out.push_str("\\\\"),
        Some('\n') => out.push_str("\\n"),
        Some('\r') => out.push_str("\\r"),
        Some('\t') => out.push_str("\\t"),
        _ => write_escape(out, code),
    }
}

fn write_bytes(out: &mut String, bytes: &[u8]) {
    let quote = quote_for(bytes);
    out.push('b');
    out.push(quote);
    for &byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ if char::from(byte) == quote => {
                out.push('\\');
                out.push(quote);
            }
            b' '..=b'~' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out.push(quote);
}

/// Appends the shortest text that reads back as this number, laid out as Python does.
pub(crate) fn write_float(out: &mut String, value: f64, with_point: bool) {
    if !value.is_finite() {
        out.push_str(if value.is_nan() {
            "nan"
        } else if value > 0.0 {
            "inf"
        } else {
            "-inf"
        });
        return;
    }
    let scientific = shortest(value);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "{mantissa}e{sign}{:02}", exponent.abs());
        return;
    }
    out.extend(mantissa.starts_with('-').then_some('-'));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let point = exponent + 1;
    if point <= 0 {
        let _ = write!(out, "0.{:0>width$}", digits, width = digits.len() + point.unsigned_abs() as usize);
    } else if digits.len() > point as usize {
        let (whole, fraction) = digits.split_at(point as usize);
        let _ = write!(out, "{whole}.{fraction}");
    } else {
        let _ = write!(out, "{:0<width$}", digits, width = point as usize);
        out.push_str(if with_point { ".0" } else { "" });
    }
}

/// The shortest digits that read back as this number, as `d.ddde-5`.
fn shortest(value: f64) -> String {
    let text = format!("{value:e}");
    let n_digits = text.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    // Where two shortest texts are equally near, Python takes the one whose last digit is even, and Rust the greater.
    // There is no such pair with fewer digits.
    if n_digits >= 15 {
        let rounded = format!("{value:.*e}", n_digits - 1);
        if rounded.parse() == Ok(value) {
            return rounded;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::write_float;

    #[test]
    fn floats_are_laid_out_as_python_does() {
        for (value, expected) in [
            ("2001599834386887.25", "2001599834386887.2"),
            ("5e-324", "5e-324"),
            ("9007199254740993.0", "9007199254740992.0"),
            ("1e16", "1e+16"),
            ("-1.5", "-1.5"),
            ("123456789012345680.0", "1.2345678901234568e+17"),
            ("5e-5", "5e-05"),
            ("0.0001", "0.0001"),
            ("0.25", "0.25"),
            ("-0.0", "-0.0"),
            ("120.0", "120.0"),
        ] {
            let mut text = String::new();
            write_float(&mut text, value.parse().expect("a number"), true);
            assert_eq!(text, expected);
        }
    }
}
