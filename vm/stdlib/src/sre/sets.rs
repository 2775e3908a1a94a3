//! Sets of characters: a table for the first 256, and `re`'s own code for the rest.

use super::program::Words;
use pvm_vm::text::unicode;

/// Opcodes that occur in the code of a set.
mod op {
    pub const FAILURE: u32 = 0;
    pub const CATEGORY: u32 = 8;
    pub const CHARSET: u32 = 9;
    pub const BIGCHARSET: u32 = 10;
    pub const LITERAL: u32 = 16;
    pub const NEGATE: u32 = 21;
    pub const RANGE: u32 = 22;
    pub const RANGE_UNI_IGNORE: u32 = 42;
}

/// A set of characters.
#[derive(Debug)]
pub struct Set {
    /// Whether it holds each character below 256.
    pub table: [bool; 256],
    code: Box<[u32]>,
    fold: Option<Words>,
    /// Whether it may hold characters from 256 on.
    pub wide: bool,
}

impl Set {
    /// From the code of a set, up to its end; `None` where that is malformed.
    pub fn new(code: &[u32], fold: Option<Words>) -> Option<Set> {
        check(code)?;
        let mut set = Set { table: [false; 256], code: code.into(), fold, wide: true };
        for c in 0..256 {
            set.table[c] = set.evaluate(c as u32);
        }
        // Sets of nothing but small characters are common.
        set.wide = !only_small(code) || fold.is_some();
        Some(set)
    }

    /// Whether it holds a character.
    #[inline(always)]
    pub fn contains(&self, c: u32) -> bool {
        match self.table.get(c as usize) {
            Some(member) => *member,
            None => self.wide && self.evaluate(c),
        }
    }

    fn evaluate(&self, c: u32) -> bool {
        match self.fold {
            None => in_charset(&self.code, c),
            Some(Words::Ascii) => in_charset(&self.code, lower(Words::Ascii, c)),
            Some(Words::Unicode) => in_charset(&self.code, lower(Words::Unicode, c)),
            Some(Words::Locale) => {
                let (low, up) = (lower(Words::Locale, c), upper_ascii(c));
                in_charset(&self.code, low) || (up != low && in_charset(&self.code, up))
            }
        }
    }
}

/// Lower case as a single character.
#[inline]
pub fn lower(words: Words, c: u32) -> u32 {
    match c {
        0x41..=0x5A => c + 0x20,
        0..0x80 => c,
        _ if words == Words::Unicode => unicode::to_simple_lower(c),
        _ => c,
    }
}

fn upper_ascii(c: u32) -> u32 {
    if matches!(c, 0x61..=0x7A) { c - 0x20 } else { c }
}

/// Whether a character belongs to words.
#[inline]
pub fn is_word(words: Words, c: u32) -> bool {
    match c {
        0x30..=0x39 | 0x41..=0x5A | 0x61..=0x7A | 0x5F => true,
        0..0x80 => false,
        _ => words == Words::Unicode && unicode::is_alnum(c),
    }
}

fn is_ascii_space(c: u32) -> bool {
    matches!(c, 9..=13 | 32)
}

/// Whether a character is of one of `re`'s categories.
pub fn in_category(category: u32, c: u32) -> bool {
    match category {
        0 => matches!(c, 0x30..=0x39),
        1 => !matches!(c, 0x30..=0x39),
        2 => is_ascii_space(c),
        3 => !is_ascii_space(c),
        4 => is_word(Words::Ascii, c),
        5 => !is_word(Words::Ascii, c),
        6 => c == 10,
        7 => c != 10,
        8 => is_word(Words::Locale, c),
        9 => !is_word(Words::Locale, c),
        10 => unicode::is_decimal(c),
        11 => !unicode::is_decimal(c),
        12 => unicode::is_space(c),
        13 => !unicode::is_space(c),
        14 => is_word(Words::Unicode, c),
        15 => !is_word(Words::Unicode, c),
        16 => unicode::is_line_break(c),
        17 => !unicode::is_line_break(c),
        _ => false,
    }
}

/// The length of one item of a set's code.
fn item_len(code: &[u32], at: usize) -> Option<usize> {
    Some(match *code.get(at)? {
        op::FAILURE | op::NEGATE => 1,
        op::CATEGORY | op::LITERAL => 2,
        op::RANGE | op::RANGE_UNI_IGNORE => 3,
        op::CHARSET => 1 + 8,
        op::BIGCHARSET => 2 + 64 + 8 * usize::try_from(*code.get(at + 1)?).ok()?.min(1 << 16),
        _ => return None,
    })
}

/// `None` unless the code is a sequence of items that ends with `FAILURE`.
fn check(code: &[u32]) -> Option<()> {
    let mut at = 0;
    loop {
        if *code.get(at)? == op::FAILURE {
            return Some(());
        }
        if code[at] == op::BIGCHARSET {
            let blocks = *code.get(at + 1)?;
            let numbers = code.get(at + 2..at + 66)?;
            if numbers.iter().flat_map(|word| word.to_le_bytes()).any(|block| u32::from(block) >= blocks) {
                return None;
            }
        }
        at += item_len(code, at)?;
    }
}

fn only_small(code: &[u32]) -> bool {
    let mut at = 0;
    while let Some(op) = code.get(at) {
        let small = match *op {
            op::FAILURE => return true,
            op::CHARSET => true,
            op::LITERAL => code.get(at + 1).is_some_and(|c| *c < 256),
            op::RANGE => code.get(at + 2).is_some_and(|c| *c < 256),
            op::CATEGORY => code.get(at + 1).is_some_and(|c| matches!(c, 0 | 2 | 4 | 6 | 8)),
            _ => false,
        };
        match item_len(code, at) {
            Some(len) if small => at += len,
            _ => return false,
        }
    }
    false
}

fn bit(words: &[u32], index: usize) -> bool {
    words.get(index / 32).is_some_and(|word| word >> (index % 32) & 1 != 0)
}

fn in_charset(code: &[u32], c: u32) -> bool {
    let mut found = true;
    let mut at = 0;
    while let Some(op) = code.get(at) {
        let operand = |i: usize| code.get(at + i).copied().unwrap_or(0);
        let hit = match *op {
            op::FAILURE => return !found,
            op::NEGATE => {
                found = !found;
                false
            }
            op::LITERAL => c == operand(1),
            op::CATEGORY => in_category(operand(1), c),
            op::CHARSET => c < 256 && bit(&code[at + 1..], c as usize),
            op::RANGE => (operand(1)..=operand(2)).contains(&c),
            op::RANGE_UNI_IGNORE => {
                let range = operand(1)..=operand(2);
                range.contains(&c) || range.contains(&unicode::to_simple_upper(c))
            }
            op::BIGCHARSET => {
                c < 0x1_0000 && {
                    let number = operand(2 + (c >> 10) as usize).to_le_bytes()[(c >> 8 & 3) as usize];
                    let block = at + 66 + 8 * usize::from(number);
                    code.get(block..).is_some_and(|words| bit(words, (c & 255) as usize))
                }
            }
            _ => return false,
        };
        if hit {
            return found;
        }
        at += item_len(code, at).unwrap_or(usize::MAX / 2);
    }
    false
}
