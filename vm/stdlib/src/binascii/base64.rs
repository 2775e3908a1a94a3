//! Base 64 and uuencoding.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const NO_DIGIT: u8 = 0xFF;

const fn digits() -> [u8; 256] {
    let mut digits = [NO_DIGIT; 256];
    let mut i = 0;
    while i < 64 {
        digits[ALPHABET[i] as usize] = i as u8;
        i += 1;
    }
    digits
}

static DIGITS: [u8; 256] = digits();

/// Bytes in base 64.
pub fn encode(bytes: &[u8], newline: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len().div_ceil(3) * 4 + 1);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        let digit = |shift: u32| ALPHABET[(word >> shift & 63) as usize];
        out.extend([digit(18), digit(12)]);
        out.push(if chunk.len() > 1 { digit(6) } else { b'=' });
        out.push(if chunk.len() > 2 { digit(0) } else { b'=' });
    }
    if newline {
        out.push(b'\n');
    }
    out
}

/// The bytes that base 64 stands for; characters that do not belong are skipped unless `strict`.
pub fn decode(data: &[u8], strict: bool) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(data.len() / 4 * 3 + 3);
    if strict && data.first() == Some(&b'=') {
        return Err("Leading padding not allowed".into());
    }
    let mut quad = 0usize;
    let mut left = 0u8;
    let mut pads = 0usize;
    let mut padding_started = false;
    for (at, &c) in data.iter().enumerate() {
        if c == b'=' {
            padding_started = true;
            pads += 1;
            if quad >= 2 && quad + pads >= 4 {
                if strict && at + 1 < data.len() {
                    return Err("Excess data after padding".into());
                }
                return Ok(out);
            }
            continue;
        }
        let digit = DIGITS[usize::from(c)];
        if digit == NO_DIGIT {
            if strict {
                return Err("Only base64 data is allowed".into());
            }
            continue;
        }
        if strict && padding_started {
            return Err("Discontinuous padding not allowed".into());
        }
        pads = 0;
        match quad {
            0 => left = digit,
            1 => {
                out.push(left << 2 | digit >> 4);
                left = digit & 0x0F;
            }
            2 => {
                out.push(left << 4 | digit >> 2);
                left = digit & 0x03;
            }
            _ => out.push(left << 6 | digit),
        }
        quad = (quad + 1) % 4;
    }
    match quad {
        0 => Ok(out),
        1 => {
            let count = out.len() / 3 * 4 + 1;
            Err(format!(
                "Invalid base64-encoded string: number of data characters ({count}) cannot be 1 more than a multiple of 4"
            ))
        }
        _ => Err("Incorrect padding".into()),
    }
}

/// A line in uuencoding.
pub fn encode_uu(bytes: &[u8], backtick: bool) -> Vec<u8> {
    let show = |digit: u32| if digit == 0 && backtick { b'`' } else { digit as u8 + b' ' };
    let mut out = vec![show(bytes.len() as u32)];
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        out.extend([18, 12, 6, 0].map(|shift| show(word >> shift & 63)));
    }
    out.push(b'\n');
    out
}

/// The bytes of a line in uuencoding.
pub fn decode_uu(data: &[u8]) -> Result<Vec<u8>, &'static str> {
    // The end of the data counts as a character of its own.
    let Some((first, rest)) = data.split_first() else { return Ok(vec![0; 32]) };
    let wanted = usize::from(first.wrapping_sub(b' ') & 0x3F);
    let mut out = Vec::with_capacity(wanted);
    let (mut word, mut bits) = (0u32, 0);
    let mut rest = rest.iter();
    while out.len() < wanted {
        let digit = match rest.next() {
            // Spaces at the end of a line may have been cut off.
            None | Some(b'\n' | b'\r') => 0,
            Some(c @ b' '..=b'`') => c.wrapping_sub(b' ') & 0x3F,
            Some(_) => return Err("Illegal char"),
        };
        word = word << 6 | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((word >> bits) as u8);
            word &= (1 << bits) - 1;
        }
    }
    for c in rest {
        if !matches!(c, b' ' | b'`' | b'\n' | b'\r') {
            return Err("Trailing garbage");
        }
    }
    Ok(out)
}
