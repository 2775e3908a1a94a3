//! Names: where they end, which of them are keywords, which characters they may have.

use crate::token::TokenKind;
use crate::unicode::{is_identifier_continue, is_identifier_start};

/// Bytes that a name can have; those beyond ASCII are judged later, by character.
const NAME_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let ascii = byte as u8;
        table[byte] = ascii.is_ascii_alphanumeric() || ascii == b'_' || byte >= 0x80;
        byte += 1;
    }
    table
};

/// Whether names can have this byte.
pub(crate) fn is_name_byte(byte: u8) -> bool {
    NAME_BYTES[byte as usize]
}

/// Where the name that begins at an offset ends, and whether it is ASCII.
#[inline(always)]
pub(crate) fn scan(bytes: &[u8], start: usize) -> (usize, bool) {
    let mut end = start;
    let mut union = 0;
    while let Some(&byte) = bytes.get(end) {
        if !NAME_BYTES[byte as usize] {
            break;
        }
        union |= byte;
        end += 1;
    }
    (end, union < 0x80)
}

/// The first character that may not stand where it stands in this name, with its offset.
#[cold]
pub(crate) fn first_invalid(text: &str) -> Option<(usize, char)> {
    text.char_indices()
        .find(|&(at, c)| !if at == 0 { is_identifier_start(c) } else { is_identifier_continue(c) })
}

/// The kind of an ASCII name: a keyword's or `Name`.
#[inline]
pub(crate) fn keyword(text: &[u8]) -> TokenKind {
    match text {
        b"as" => TokenKind::As,
        b"if" => TokenKind::If,
        b"in" => TokenKind::In,
        b"is" => TokenKind::Is,
        b"or" => TokenKind::Or,
        b"and" => TokenKind::And,
        b"def" => TokenKind::Def,
        b"del" => TokenKind::Del,
        b"for" => TokenKind::For,
        b"not" => TokenKind::Not,
        b"try" => TokenKind::Try,
        b"None" => TokenKind::None,
        b"True" => TokenKind::True,
        b"elif" => TokenKind::Elif,
        b"else" => TokenKind::Else,
        b"from" => TokenKind::From,
        b"pass" => TokenKind::Pass,
        b"with" => TokenKind::With,
        b"False" => TokenKind::False,
        b"async" => TokenKind::Async,
        b"await" => TokenKind::Await,
        b"break" => TokenKind::Break,
        b"class" => TokenKind::Class,
        b"raise" => TokenKind::Raise,
        b"while" => TokenKind::While,
        b"yield" => TokenKind::Yield,
        b"assert" => TokenKind::Assert,
        b"except" => TokenKind::Except,
        b"global" => TokenKind::Global,
        b"import" => TokenKind::Import,
        b"lambda" => TokenKind::Lambda,
        b"return" => TokenKind::Return,
        b"finally" => TokenKind::Finally,
        b"continue" => TokenKind::Continue,
        b"nonlocal" => TokenKind::Nonlocal,
        _ => TokenKind::Name,
    }
}
