//! What the matcher runs: instructions with absolute targets, sets as tables.

use super::sets::Set;

/// No limit of repetitions.
pub const MAXREPEAT: u32 = u32::MAX;

/// A test of one character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Single {
    /// This character.
    Char(u32),
    /// Any other character.
    NotChar(u32),
    /// Anything but a line feed.
    Any,
    /// Anything.
    AnyAll,
    /// A member of a set.
    Set(u32),
}

/// A position in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The beginning of the text.
    Beginning,
    /// The beginning of a line.
    BeginningLine,
    /// Between a word and something else.
    Boundary(Words, bool),
    /// The end, or before a line feed at the end.
    End,
    /// The end of a line.
    EndLine,
    /// The end of the text.
    EndText,
}

/// What a word is made of, and how case is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// ASCII
    Ascii,
    /// The locale, which is taken to be `C`.
    Locale,
    /// Unicode
    Unicode,
}

/// How a repetition chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greed {
    /// As many as possible first.
    Greedy,
    /// As few as possible first.
    Lazy,
    /// As many as possible, and never fewer.
    Possessive,
}

/// An index of [`Program::firsts`], or none.
pub const NO_FIRST: u32 = u32::MAX;

/// An instruction.
#[derive(Clone, Copy, Debug)]
pub enum Inst {
    /// Give up this way.
    Fail,
    /// The whole pattern has matched.
    Match,
    /// One character.
    One(Single),
    /// A run of characters, a range of [`Program::literals`].
    Literal(u32, u32),
    /// A position.
    At(Place),
    /// A group begins or ends.
    Mark(u32),
    /// Go on elsewhere.
    Jump(u32),
    /// Try one way, then the other; each may be known by its first characters.
    Split { first: u32, second: u32, can_first: u32, can_second: u32 },
    /// One character, several times.
    Repeat { single: Single, min: u32, max: u32, greed: Greed, next: u32 },
    /// Enters a general repetition, whose [`Inst::Until`] stands at the target.
    Enter { until: u32 },
    /// Decides whether to repeat `body` once more.
    Until { body: u32, min: u32, max: u32, lazy: bool },
    /// The text of a group, with its case ignored or not.
    Group { group: u32, fold: Option<Words> },
    /// Goes on at the target unless the group has matched.
    IfGroup { group: u32, otherwise: u32 },
    /// Begins a look-around or atomic part, `back` characters before.
    Begin { kind: Part, back: u32, after: u32 },
    /// Ends it.
    Finish(Part),
}

/// A part that, once it has matched, is not tried in another way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Must match here, without moving on.
    Assert,
    /// Must not match here.
    AssertNot,
    /// Matches in one way only.
    Atomic,
}

/// Which characters a way can begin with.
#[derive(Clone, Debug)]
pub struct First {
    /// Below 256.
    pub table: [bool; 256],
    /// Whether any other may.
    pub wide: bool,
}

impl First {
    /// No character.
    pub fn none() -> First {
        First { table: [false; 256], wide: false }
    }

    /// Whether it may begin with this character.
    #[inline(always)]
    pub fn allows(&self, code: u32) -> bool {
        match self.table.get(code as usize) {
            Some(allowed) => *allowed,
            None => self.wide,
        }
    }
}

/// How a search finds candidates.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one exists for each pattern")]
pub enum Search {
    /// Every position is one.
    Everywhere,
    /// Only the beginning of the text is one.
    Beginning,
    /// Where a text occurs, with its form for one-byte storage.
    Prefix { codes: Vec<u32>, finder: Option<Box<memchr::memmem::Finder<'static>>> },
    /// Where a character of a set occurs; up to three of one byte are found quickly.
    First { first: First, few: Vec<u8> },
}

/// A compiled pattern.
#[derive(Debug)]
pub struct Program {
    /// What to do.
    pub instructions: Vec<Inst>,
    /// The sets of characters.
    pub sets: Vec<Set>,
    /// The characters of literals.
    pub literals: Vec<u32>,
    /// First characters of ways.
    pub firsts: Vec<First>,
    /// How a search finds candidates.
    pub search: Search,
    /// The number of groups.
    pub groups: usize,
    /// The least length of a match.
    pub min_width: usize,
}
