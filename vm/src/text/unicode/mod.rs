//! What CPython 3.12 knows about a single code point: Unicode 15.0.
//!
//! Own tables rather than crates, because those follow newer versions of Unicode, in which code
//! points are assigned that must look unassigned here. `examples/unicode_tables.rs` writes them.

mod database;
mod names;
mod normalize;
mod records;

pub use database::{Category, DataRecord, Database, Decomposition, DecompositionTag};
pub use names::{lookup, lookup_sequence, name};
pub use normalize::Form;
pub use records::UNICODE_VERSION;

/// What the methods of `str` need to know about a code point.
struct TypeRecord {
    flags: u16,
    decimal: i8,
    digit: i8,
    /// Upper, lower, title, fold: differences to the code point, or [`EXPANSION_BASE`] plus the number of
    /// an expansion to several characters.
    full: [i32; 4],
    /// Upper, lower, title as single characters: differences to the code point.
    simple: [i32; 3],
}

const EXPANSION_BASE: i32 = 0x20_0000;
const BLOCK_BITS: u32 = 7;

static TYPE_1: &[u8] = include_bytes!("data/type_1.bin");
static TYPE_2: &[u8] = include_bytes!("data/type_2.bin");

/// The number of a code point's block of 128 in the second stage of a table.
#[inline]
fn block(first: &[u8], code: u32) -> usize {
    let at = (code >> BLOCK_BITS) as usize * 2;
    match first.get(at..at + 2) {
        Some(&[low, high]) => usize::from(u16::from_le_bytes([low, high])),
        // Beyond Unicode: the block of the last code points, which are unassigned.
        _ => first.last_chunk().map_or(0, |bytes| usize::from(u16::from_le_bytes(*bytes))),
    }
}

#[inline]
fn entry(first: &[u8], code: u32) -> usize {
    block(first, code) << BLOCK_BITS | (code & ((1 << BLOCK_BITS) - 1)) as usize
}

#[inline]
fn type_record(code: u32) -> &'static TypeRecord {
    let at = entry(TYPE_1, code) * 2;
    let number = match TYPE_2.get(at..at + 2) {
        Some(&[low, high]) => usize::from(u16::from_le_bytes([low, high])),
        _ => 0,
    };
    records::TYPES.get(number).unwrap_or(&records::TYPES[0])
}

macro_rules! predicates {
    ($($(#[$doc:meta])* $name:ident = $bit:literal;)*) => {
        $($(#[$doc])*
        #[inline]
        pub fn $name(code: u32) -> bool {
            type_record(code).flags & (1 << $bit) != 0
        })*
    };
}

predicates! {
    /// A letter (categories `L*`).
    is_alpha = 0;
    /// Can form numbers in base 10.
    is_decimal = 1;
    /// A digit, among them superscripts.
    is_digit = 2;
    /// Has a numeric value.
    is_numeric = 3;
    /// Lowercase.
    is_lower = 4;
    /// Uppercase.
    is_upper = 5;
    /// Titlecase (category `Lt`).
    is_title = 6;
    /// White space in the sense of `str.isspace`.
    is_space = 7;
    /// Shown as it is by `repr`.
    is_printable = 8;
    /// May start an identifier.
    is_identifier_start = 9;
    /// May continue an identifier.
    is_identifier_continue = 10;
    /// Has case.
    is_cased = 11;
    /// Does not separate words where case is concerned.
    is_case_ignorable = 12;
    /// Ends a line in the sense of `str.splitlines`.
    is_line_break = 13;
}

/// Letters, decimals, digits and numerics (`str.isalnum`).
#[inline]
pub fn is_alnum(code: u32) -> bool {
    type_record(code).flags & 0b1111 != 0
}

/// The value of a decimal digit of any script, 0 to 9.
#[inline]
pub fn decimal(code: u32) -> Option<u8> {
    u8::try_from(type_record(code).decimal).ok()
}

/// The value of a digit, 0 to 9.
#[inline]
pub fn digit(code: u32) -> Option<u8> {
    u8::try_from(type_record(code).digit).ok()
}

/// One to three code points that another is mapped to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping([u32; 3]);

impl Mapping {
    /// The code points.
    #[inline]
    pub fn as_slice(&self) -> &[u32] {
        let len = if self.0[1] == 0 {
            1
        } else if self.0[2] == 0 {
            2
        } else {
            3
        };
        &self.0[..len]
    }
}

#[inline]
fn full(code: u32, which: usize) -> Mapping {
    let difference = type_record(code).full[which];
    match usize::try_from(difference - EXPANSION_BASE).ok().and_then(|i| records::EXPANSIONS.get(i)) {
        Some(expansion) => Mapping(*expansion),
        None => Mapping([code.wrapping_add_signed(difference), 0, 0]),
    }
}

#[inline]
fn simple(code: u32, which: usize) -> u32 {
    code.wrapping_add_signed(type_record(code).simple[which])
}

/// Uppercase, perhaps several characters.
#[inline]
pub fn to_upper(code: u32) -> Mapping {
    full(code, 0)
}

/// Lowercase, perhaps several characters. The final sigma is the caller's business.
#[inline]
pub fn to_lower(code: u32) -> Mapping {
    full(code, 1)
}

/// Titlecase, perhaps several characters.
#[inline]
pub fn to_title(code: u32) -> Mapping {
    full(code, 2)
}

/// The form for caseless comparison, perhaps several characters.
#[inline]
pub fn to_folded(code: u32) -> Mapping {
    full(code, 3)
}

/// Uppercase as a single character, as regular expressions use it.
#[inline]
pub fn to_simple_upper(code: u32) -> u32 {
    simple(code, 0)
}

/// Lowercase as a single character, as regular expressions use it.
#[inline]
pub fn to_simple_lower(code: u32) -> u32 {
    simple(code, 1)
}

/// Titlecase as a single character.
#[inline]
pub fn to_simple_title(code: u32) -> u32 {
    simple(code, 2)
}
