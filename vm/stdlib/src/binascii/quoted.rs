//! Quoted-printable text.

/// How long a line may be.
const MAX_LINE: usize = 76;

fn hex(byte: u8) -> [u8; 3] {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    [b'=', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}

/// The bytes that quoted-printable text stands for.
pub fn decode(data: &[u8], header: bool) -> Vec<u8> {
    let digit = |at: usize| data.get(at).and_then(|b| char::from(*b).to_digit(16)).map(|d| d as u8);
    let mut out = Vec::with_capacity(data.len());
    let mut at = 0;
    while let Some(&c) = data.get(at) {
        match c {
            b'=' => {
                at += 1;
                match data.get(at) {
                    None => break,
                    Some(b'\n' | b'\r') => {
                        // A soft line break: skip to the end of the line.
                        while data.get(at).is_some_and(|c| *c != b'\n') {
                            at += 1;
                        }
                        at += 1;
                    }
                    Some(b'=') => {
                        out.push(b'=');
                        at += 1;
                    }
                    Some(_) => match (digit(at), digit(at + 1)) {
                        (Some(high), Some(low)) => {
                            out.push(high << 4 | low);
                            at += 2;
                        }
                        _ => out.push(b'='),
                    },
                }
            }
            b'_' if header => {
                out.push(b' ');
                at += 1;
            }
            _ => {
                out.push(c);
                at += 1;
            }
        }
    }
    out
}

/// Bytes as quoted-printable text.
pub fn encode(data: &[u8], quote_tabs: bool, is_text: bool, header: bool) -> Vec<u8> {
    // Lines end as the first one does.
    let crlf = memchr::memchr(b'\n', data).is_some_and(|at| at > 0 && data[at - 1] == b'\r');
    let mut out: Vec<u8> = Vec::with_capacity(data.len() + data.len() / 8);
    let mut line = 0usize;
    let mut at = 0;
    let soft_break = |out: &mut Vec<u8>| {
        out.push(b'=');
        if crlf {
            out.push(b'\r');
        }
        out.push(b'\n');
    };
    while let Some(&c) = data.get(at) {
        let next = data.get(at + 1).copied();
        let dot_alone = c == b'.' && line == 0 && (next.is_none() || matches!(next, Some(b'\n' | b'\r' | 0)));
        let must_quote = c > 126
            || c == b'='
            || (header && c == b'_')
            || dot_alone
            || (!is_text && matches!(c, b'\r' | b'\n'))
            || (matches!(c, b'\t' | b' ') && next.is_none())
            || (c < 33 && !matches!(c, b'\r' | b'\n' | b'\t' | b' '))
            || (c < 33 && !matches!(c, b'\r' | b'\n') && (quote_tabs || !matches!(c, b'\t' | b' ')));
        let must_quote = must_quote && !(header && c == b' ' && !quote_tabs && next.is_some());
        if must_quote {
            if line + 3 >= MAX_LINE {
                soft_break(&mut out);
                line = 0;
            }
            out.extend(hex(c));
            line += 3;
            at += 1;
            continue;
        }
        let line_end = is_text && (c == b'\n' || (c == b'\r' && next == Some(b'\n')));
        if line_end {
            line = 0;
            // White space at the end of a line is quoted.
            if let Some(last @ (b' ' | b'\t')) = out.last().copied() {
                out.pop();
                out.extend(hex(last));
            }
            if crlf {
                out.push(b'\r');
            }
            out.push(b'\n');
            at += if c == b'\r' { 2 } else { 1 };
            continue;
        }
        if next.is_some_and(|next| next != b'\n') && line + 1 >= MAX_LINE {
            soft_break(&mut out);
            line = 0;
        }
        line += 1;
        if header && c == b' ' {
            out.push(b'_');
        } else {
            out.push(c);
        }
        at += 1;
    }
    out
}
