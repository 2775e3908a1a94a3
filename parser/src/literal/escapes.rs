//! Backslash escapes in strings and bytes.

/// The value of a string or of a part of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DecodedText {
    /// The text, with U+FFFD in the place of lone surrogates.
    pub text: String,
    /// The exact value in generalised UTF-8, if there are lone surrogates.
    pub wtf8: Option<Vec<u8>>,
}

impl DecodedText {
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    fn push(&mut self, c: char) {
        self.text.push(c);
        if let Some(wtf8) = &mut self.wtf8 {
            wtf8.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    fn push_str(&mut self, text: &str) {
        self.text.push_str(text);
        if let Some(wtf8) = &mut self.wtf8 {
            wtf8.extend_from_slice(text.as_bytes());
        }
    }

    /// Adds a code point that may be a surrogate; false if there is no such code point.
    fn push_code_point(&mut self, code: u32) -> bool {
        if let Some(c) = char::from_u32(code) {
            self.push(c);
            return true;
        }
        if !(0xD800..0xE000).contains(&code) {
            return false;
        }
        let wtf8 = self.wtf8.get_or_insert_with(|| self.text.as_bytes().to_vec());
        wtf8.extend_from_slice(&[
            0xE0 | (code >> 12) as u8,
            0x80 | (code >> 6 & 0x3F) as u8,
            0x80 | (code & 0x3F) as u8,
        ]);
        self.text.push(char::REPLACEMENT_CHARACTER);
        true
    }
}

/// The first backslash of a literal that begins no escape sequence that Python knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InvalidEscape {
    /// What follows the backslash: a character, or the three digits of an octal number above 0o377.
    pub text: String,
}

impl InvalidEscape {
    /// Whether it is a backslash before a brace, of which the lexer has warned already where the text is that of an f-string.
    pub(crate) fn is_brace(&self) -> bool {
        matches!(self.text.as_str(), "{" | "}")
    }

    /// CPython's warning for it.
    pub(crate) fn message(&self) -> String {
        let is_octal = self.text.len() == 3 && self.text.is_ascii();
        format!("invalid {}escape sequence '\\{}'", if is_octal { "octal " } else { "" }, self.text)
    }
}

/// Why a literal has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EscapeError {
    /// In a string. CPython's message.
    Unicode(String),
    /// In a bytes literal. CPython's message.
    Value(String),
    /// A character above 127 in a bytes literal.
    NotAscii,
}

impl EscapeError {
    pub(crate) fn message(&self) -> String {
        match self {
            EscapeError::Unicode(message) => format!("(unicode error) {message}"),
            EscapeError::Value(message) => format!("(value error) {message}"),
            EscapeError::NotAscii => "bytes can only contain ASCII literal characters".to_owned(),
        }
    }
}

/// Decodes the escapes of a string's contents.
pub(crate) fn decode_text(text: &str) -> Result<(DecodedText, Option<InvalidEscape>), EscapeError> {
    let Some(first) = memchr::memchr(b'\\', text.as_bytes()) else {
        return Ok((DecodedText { text: text.to_owned(), wtf8: None }, None));
    };
    let mut out = DecodedText { text: String::with_capacity(text.len()), wtf8: None };
    let mut invalid = None;
    out.push_str(&text[..first]);
    let mut reader = Reader { text, pos: first, bytes_before_pos: first };
    while reader.pos < text.len() {
        let rest = &text[reader.pos..];
        let plain = memchr::memchr(b'\\', rest.as_bytes()).unwrap_or(rest.len());
        if plain > 0 {
            out.push_str(&rest[..plain]);
            reader.skip(plain);
            continue;
        }
        reader.escape(&mut out, &mut invalid)?;
    }
    Ok((out, invalid))
}

struct Reader<'a> {
    text: &'a str,
    pos: usize,
    /// The position in the text that CPython hands its decoder, which writes every character above ASCII
    /// (and every `\` before one) as ten bytes; messages count in it.
    bytes_before_pos: usize,
}

/// How long CPython's decoder input is for a piece of the source: see [`Reader::bytes_before_pos`].
fn recoded_len(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 10 }).sum()
}

impl Reader<'_> {
    fn skip(&mut self, len: usize) {
        let piece = &self.text[self.pos..self.pos + len];
        self.bytes_before_pos += if piece.is_ascii() { len } else { recoded_len(piece) };
        self.pos += len;
    }

    /// Reads one escape sequence, at its backslash.
    fn escape(
        &mut self,
        out: &mut DecodedText,
        invalid: &mut Option<InvalidEscape>,
    ) -> Result<(), EscapeError> {
        let mut after = self.text[self.pos + 1..].chars();
        // CPython spells a backslash that nothing or no ASCII character follows as an escape of itself.
        let Some(c) = after.next().filter(char::is_ascii) else {
            out.push('\\');
            self.skip(1);
            self.bytes_before_pos += 5;
            return Ok(());
        };
        let simple = match c {
            '\n' => {
                self.skip(2);
                return Ok(());
            }
            '\\' | '\'' | '"' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'v' => '\u{b}',
            'a' => '\u{7}',
            '0'..='7' => {
                let digits = octal_digits(&self.text.as_bytes()[self.pos + 1..]);
                let text = &self.text[self.pos + 1..self.pos + 1 + digits];
                let code = text.bytes().fold(0, |code, digit| code * 8 + u32::from(digit - b'0'));
                if code > 0o377 && invalid.is_none() {
                    *invalid = Some(InvalidEscape { text: text.to_owned() });
                }
                self.skip(1 + digits);
                out.push_code_point(code);
                return Ok(());
            }
            'x' => return self.hexadecimal(out, 2, "truncated \\xXX escape"),
            'u' => return self.hexadecimal(out, 4, "truncated \\uXXXX escape"),
            'U' => return self.hexadecimal(out, 8, "truncated \\UXXXXXXXX escape"),
            'N' => return self.named(out),
            other => {
                if invalid.is_none() {
                    *invalid = Some(InvalidEscape { text: other.to_string() });
                }
                out.push('\\');
                self.skip(1);
                return Ok(());
            }
        };
        self.skip(2);
        out.push(simple);
        Ok(())
    }

    fn hexadecimal(
        &mut self,
        out: &mut DecodedText,
        n_digits: usize,
        message: &str,
    ) -> Result<(), EscapeError> {
        let start = self.bytes_before_pos;
        let after = &self.text.as_bytes()[self.pos + 2..];
        let found = after.iter().take(n_digits).take_while(|byte| byte.is_ascii_hexdigit()).count();
        if found < n_digits {
            return Err(unicode_error(start, start + 1 + found, message));
        }
        let digits = &self.text[self.pos + 2..self.pos + 2 + n_digits];
        let code = u32::from_str_radix(digits, 16).unwrap_or(u32::MAX);
        self.skip(2 + n_digits);
        if out.push_code_point(code) {
            Ok(())
        } else {
            Err(unicode_error(start, start + 1 + n_digits, "illegal Unicode character"))
        }
    }

    /// `\N{NAME}`
    fn named(&mut self, out: &mut DecodedText) -> Result<(), EscapeError> {
        let start = self.bytes_before_pos;
        let after = &self.text[self.pos + 2..];
        let malformed = "malformed \\N character escape";
        let Some(inner) = after.strip_prefix('{') else {
            return Err(unicode_error(start, start + 1, malformed));
        };
        let Some(close) = inner.find('}') else {
            return Err(unicode_error(start, start + 2 + recoded_len(inner), malformed));
        };
        if close == 0 {
            return Err(unicode_error(start, start + 2, malformed));
        }
        let name = &inner[..close];
        let Some(c) = character_named(name) else {
            return Err(unicode_error(
                start,
                start + 3 + recoded_len(name),
                "unknown Unicode character name",
            ));
        };
        self.skip(4 + close);
        out.push(c);
        Ok(())
    }
}

/// The character with this name or alias in Unicode 15.0.
fn character_named(name: &str) -> Option<char> {
    // No name begins with a hyphen; at one the crate overflows.
    if !name.is_ascii() || name.starts_with('-') {
        return None;
    }
    let c = unicode_names2::character(name)?;
    // The crate's table is of a later Unicode, and it overlooks blanks and hyphens, which Python does not.
    if !pvm_lexer::unicode::is_printable(c) && !is_named_without_print(c) {
        return None;
    }
    let own_name = unicode_names2::name(c).map(|own| own.to_string()).unwrap_or_default();
    let letters = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
    };
    let is_alias = letters(&own_name) != letters(name);
    (is_alias || own_name.eq_ignore_ascii_case(name)).then_some(c)
}

/// Whether a character is one of those that have a name or alias but are not printable: controls, separators and
/// format characters.
fn is_named_without_print(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(u32::from(c),
            0xAD | 0x600..=0x605 | 0x61C | 0x6DD | 0x70F | 0x890..=0x891 | 0x8E2 | 0x180E | 0x200B..=0x200F
            | 0x202A..=0x202E | 0x2060..=0x2064 | 0x2066..=0x206F | 0xFEFF | 0xFFF9..=0xFFFB | 0x110BD | 0x110CD
            | 0x13430..=0x1343F | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0001 | 0xE0020..=0xE007F)
}

#[cold]
fn unicode_error(start: usize, end: usize, reason: &str) -> EscapeError {
    EscapeError::Unicode(if start == end {
        format!("'unicodeescape' codec can't decode byte 0x5c in position {start}: {reason}")
    } else {
        format!("'unicodeescape' codec can't decode bytes in position {start}-{end}: {reason}")
    })
}

fn octal_digits(bytes: &[u8]) -> usize {
    bytes.iter().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count()
}

/// Decodes the escapes of the contents of a bytes literal.
pub(crate) fn decode_bytes(text: &str) -> Result<(Vec<u8>, Option<InvalidEscape>), EscapeError> {
    if !text.is_ascii() {
        return Err(EscapeError::NotAscii);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut invalid = None;
    let mut rest = text.as_bytes();
    while let Some(backslash) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..backslash]);
        let at = text.len() - rest.len() + backslash;
        rest = &rest[backslash + 1..];
        let Some((&first, after)) = rest.split_first() else {
            return Err(EscapeError::Value("Trailing \\ in string".to_owned()));
        };
        rest = after;
        match first {
            b'\n' => {}
            b'\\' | b'\'' | b'"' => out.push(first),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b't' => out.push(b'\t'),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b'v' => out.push(11),
            b'a' => out.push(7),
            b'0'..=b'7' => {
                let digits = octal_digits(&text.as_bytes()[at + 1..]);
                let text = &text[at + 1..at + 1 + digits];
                let code = text.bytes().fold(0, |code, digit| code * 8 + u32::from(digit - b'0'));
                if code > 0o377 && invalid.is_none() {
                    invalid = Some(InvalidEscape { text: text.to_owned() });
                }
                out.push(code as u8);
                rest = &rest[digits - 1..];
            }
            b'x' => {
                let value = match rest {
                    [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                        u8::from_str_radix(&text[at + 2..at + 4], 16).ok()
                    }
                    _ => None,
                };
                let Some(value) = value else {
                    return Err(EscapeError::Value(format!("invalid \\x escape at position {at}")));
                };
                out.push(value);
                rest = &rest[2..];
            }
            other => {
                if invalid.is_none() {
                    invalid = Some(InvalidEscape { text: char::from(other).to_string() });
                }
                out.push(b'\\');
                out.push(other);
            }
        }
    }
    out.extend_from_slice(rest);
    Ok((out, invalid))
}

/// Checks the escapes of an f-string's text, piece by piece between doubled braces: those that Python does not know.
pub(crate) fn decode_fstring_text(text: &str) -> Result<Vec<InvalidEscape>, EscapeError> {
    let mut invalid = Vec::new();
    let bytes = text.as_bytes();
    let (mut piece_start, mut pos) = (0, 0);
    while let Some(found) = memchr::memchr2(b'{', b'}', &bytes[pos..]) {
        let brace = pos + found;
        pos = brace + 1;
        if bytes.get(brace + 1) == Some(&bytes[brace]) {
            invalid.extend(decode_text(&text[piece_start..=brace])?.1);
            pos = brace + 2;
            piece_start = pos;
        }
    }
    invalid.extend(decode_text(&text[piece_start..])?.1);
    invalid.retain(|escape| !escape.is_brace());
    Ok(invalid)
}
