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
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let fixed = value.to_string();
        out.push_str(&fixed);
        if with_point && !fixed.contains('.') {
            out.push_str(".0");
        }
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "{mantissa}e{sign}{:02}", exponent.abs());
    }
}
