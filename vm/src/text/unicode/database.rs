//! The properties that the module `unicodedata` gives, for Unicode 15.0 and for 3.2 (`ucd_3_2_0`).

use super::{entry, records};

static DATA_1: &[u8] = include_bytes!("data/data_1.bin");
static DATA_2: &[u8] = include_bytes!("data/data_2.bin");
static OLD_DATA_1: &[u8] = include_bytes!("data/old_data_1.bin");
static OLD_DATA_2: &[u8] = include_bytes!("data/old_data_2.bin");
static NUMERIC_1: &[u8] = include_bytes!("data/numeric_1.bin");
static NUMERIC_2: &[u8] = include_bytes!("data/numeric_2.bin");
static DECOMPOSITIONS: &[u8] = include_bytes!("data/decompositions.bin");
static DECOMPOSED: &[u8] = include_bytes!("data/decomposed.bin");
static COMPOSITIONS: &[u8] = include_bytes!("data/compositions.bin");

macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($name:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[allow(missing_docs, reason = "the names are those of the Unicode standard")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $type { $($name,)* }

        impl $type {
            /// The name as Python shows it.
            pub fn as_str(self) -> &'static str {
                match self { $($type::$name => $text,)* }
            }

            #[allow(dead_code, reason = "used for one of the two")]
            const ALL: &[$type] = &[$($type::$name,)*];
        }
    };
}

names! {
    /// The general category.
    Category {
        Cc = "Cc", Cf = "Cf", Cn = "Cn", Co = "Co", Cs = "Cs", Ll = "Ll", Lm = "Lm", Lo = "Lo", Lt = "Lt",
        Lu = "Lu", Mc = "Mc", Me = "Me", Mn = "Mn", Nd = "Nd", Nl = "Nl", No = "No", Pc = "Pc", Pd = "Pd",
        Pe = "Pe", Pf = "Pf", Pi = "Pi", Po = "Po", Ps = "Ps", Sc = "Sc", Sk = "Sk", Sm = "Sm", So = "So",
        Zl = "Zl", Zp = "Zp", Zs = "Zs",
    }
}

names! {
    /// The kind of a decomposition; all but `Canonical` are compatibility decompositions.
    DecompositionTag {
        Canonical = "", Circle = "<circle>", Compat = "<compat>", Final = "<final>", Font = "<font>",
        Fraction = "<fraction>", Initial = "<initial>", Isolated = "<isolated>", Medial = "<medial>",
        Narrow = "<narrow>", NoBreak = "<noBreak>", Small = "<small>", Square = "<square>", Sub = "<sub>",
        Super = "<super>", Vertical = "<vertical>", Wide = "<wide>",
    }
}

/// The properties of a code point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataRecord {
    /// General category.
    pub category: Category,
    /// Bidirectional class; empty if none is defined.
    pub bidirectional: &'static str,
    /// Canonical combining class.
    pub combining: u8,
    /// Whether the character is mirrored in right-to-left text.
    pub mirrored: bool,
    /// East Asian width.
    pub east_asian_width: &'static str,
}

/// What a character decomposes to in one step.
#[derive(Clone, Copy, Debug)]
pub struct Decomposition {
    /// Canonical, or which kind of compatibility.
    pub tag: DecompositionTag,
    chars: &'static [u8],
}

impl Decomposition {
    /// The characters.
    pub fn code_points(&self) -> impl DoubleEndedIterator<Item = u32> + use<> {
        self.chars.chunks_exact(3).map(read_three)
    }
}

fn read_three(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |code, &b| code << 8 | u32::from(b))
}

/// A version of the Unicode Character Database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// Unicode 15.0.
    Current,
    /// Unicode 3.2, which `stringprep` (and so IDNA) needs.
    Old,
}

impl Database {
    /// Category and other properties.
    #[inline]
    pub fn record(self, code: u32) -> &'static DataRecord {
        let (number, records) = match self {
            Database::Current => (DATA_2.get(entry(DATA_1, code)), records::DATA),
            Database::Old => (OLD_DATA_2.get(entry(OLD_DATA_1, code)), records::OLD_DATA),
        };
        let number = usize::from(number.copied().unwrap_or_default());
        records.get(number).unwrap_or(&records[0])
    }

    /// Whether the code point has been assigned to a character.
    pub fn is_assigned(self, code: u32) -> bool {
        self.record(code).category != Category::Cn
    }

    /// The numeric value.
    pub fn numeric(self, code: u32) -> Option<f64> {
        if self == Database::Old {
            if !self.is_assigned(code) {
                return None;
            }
            if let Some((_, value)) = records::OLD_NUMERIC.iter().find(|(c, _)| *c == code) {
                return *value;
            }
        }
        let number = usize::from(*NUMERIC_2.get(entry(NUMERIC_1, code))?);
        records::NUMERIC.get(number).copied().flatten()
    }

    /// The value of a decimal digit.
    pub fn decimal(self, code: u32) -> Option<u8> {
        match (self, code) {
            (Database::Current, _) => super::decimal(code),
            // Superscripts, subscripts and Ethiopic digits were still decimal.
            (_, 0xB2 | 0xB3 | 0xB9 | 0x1369..=0x1371 | 0x2070 | 0x2074..=0x2079 | 0x2080..=0x2089) => {
                super::digit(code)
            }
            _ => super::decimal(code).filter(|_| self.is_assigned(code)),
        }
    }

    /// The value of a digit. As in CPython this does not look at the version.
    pub fn digit(self, code: u32) -> Option<u8> {
        super::digit(code)
    }

    /// The decomposition in one step; Hangul syllables have none here.
    pub fn decomposition(self, code: u32) -> Option<Decomposition> {
        if code < 0xA0 || (self == Database::Old && !self.is_assigned(code)) {
            return None;
        }
        let (entries, _) = DECOMPOSITIONS.as_chunks::<7>();
        let at = entries.binary_search_by_key(&code, |e| read_three(&e[..3])).ok()?;
        let [_, _, _, tag, low, high, len] = *entries.get(at)?;
        let start = usize::from(u16::from_le_bytes([low, high])) * 3;
        Some(Decomposition {
            tag: *DecompositionTag::ALL.get(usize::from(tag))?,
            chars: DECOMPOSED.get(start..start + usize::from(len) * 3)?,
        })
    }
}

/// The character that two others compose to, Hangul excluded.
pub(super) fn compose_pair(first: u32, second: u32) -> Option<u32> {
    let (entries, _) = COMPOSITIONS.as_chunks::<9>();
    let at = entries
        .binary_search_by_key(&(first, second), |e| (read_three(&e[..3]), read_three(&e[3..6])))
        .ok()?;
    entries.get(at).map(|e| read_three(&e[6..]))
}
