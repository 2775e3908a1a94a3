//! Interned names: the compiler compares and hashes small numbers instead of strings.

use pvm_pycfile::Text;
use pvm_pycfile::text::hash_bytes;

/// A name interned in a [`Names`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(u32);

impl NameId {
    /// The names of an interner are numbered from 0.
    #[inline]
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }

    /// One bit of 64, for a summary of the names in a small table: a name whose bit is not in it is not there.
    #[inline]
    pub(crate) fn bit(self) -> u64 {
        1 << (self.0 % 64)
    }
}

/// The interner. Names keep their text, so code objects share one allocation for each name.
#[derive(Debug, Default)]
pub struct Names {
    /// Open addressing. At most half of the slots are in use, and there is always a power of two of them.
    slots: Vec<Slot>,
    texts: Vec<Text>,
    /// By id: whether the name is private, that is mangled within a class.
    private: Vec<bool>,
}

/// A place for a name in the table. What it holds decides on names of up to 16 bytes, which nearly all have: they are
/// found without a look at their text.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    words: Words,
    len: u32,
    /// The name's id plus one; 0 in an empty slot.
    id: u32,
}

/// Both ends of a name, which with its length are all of it if it has up to 16 bytes. Of a longer one, a hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Words {
    first: u64,
    last: u64,
}

/// Names of up to so many bytes are equal if their lengths and their [`Words`] are.
const WORDS_BYTES: usize = 16;

impl Words {
    /// Of a name of any length.
    fn of(name: &[u8]) -> Words {
        if name.len() > WORDS_BYTES {
            return Words { first: hash_bytes(name).into(), last: 0 };
        }
        Words::of_short(name)
    }

    /// Of a name of up to 16 bytes.
    #[inline]
    fn of_short(name: &[u8]) -> Words {
        let (first, last) = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
            (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            _ => match (name.first_chunk::<4>(), name.last_chunk::<4>()) {
                (Some(first), Some(last)) => {
                    (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into())
                }
                // Up to three bytes: the first one, the one in the middle and the last one are all.
                _ => match name {
                    [] => (0, 0),
                    [first, ..] => {
                        let (middle, last) = (name[name.len() / 2], name[name.len() - 1]);
                        (u64::from(*first) | u64::from(middle) << 8 | u64::from(last) << 16, 0)
                    }
                },
            },
        };
        Words { first, last }
    }

    #[inline]
    fn hash(self, len: u32) -> usize {
        // Each bit of the upper half of a product depends on all bits of the factors.
        const KEYS: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xD1B5_4A32_D192_ED03];
        let factors = [self.first ^ KEYS[0], self.last ^ KEYS[1] ^ u64::from(len)];
        let product = u128::from(factors[0]) * u128::from(factors[1]);
        (product as u64 ^ (product >> 64) as u64) as usize
    }
}

macro_rules! well_known {
    ($($constant:ident = $text:literal,)*) => {
        /// The names that the compiler itself uses, with ids known at compile time.
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "indices only")]
        #[repr(u32)]
        enum WellKnown { $($constant),* }

        impl NameId {
            $(#[doc = concat!("`", $text, "`")]
            pub const $constant: NameId = NameId(WellKnown::$constant as u32);)*
        }

        const WELL_KNOWN: &[&str] = &[$($text),*];
    };
}

well_known! {
    TOP = "top",
    MODULE = "<module>",
    LAMBDA = "<lambda>",
    GENEXPR = "<genexpr>",
    LISTCOMP = "<listcomp>",
    SETCOMP = "<setcomp>",
    DICTCOMP = "<dictcomp>",
    LAMBDA_BLOCK = "lambda",
    GENEXPR_BLOCK = "genexpr",
    LISTCOMP_BLOCK = "listcomp",
    SETCOMP_BLOCK = "setcomp",
    DICTCOMP_BLOCK = "dictcomp",
    ANNOTATION_BLOCK = "_annotation",
    CLASS = "__class__",
    CLASSDICT = "__classdict__",
    CLASSCELL = "__classcell__",
    CLASSDICTCELL = "__classdictcell__",
    DUNDER_NAME = "__name__",
    DUNDER_MODULE = "__module__",
    QUALNAME = "__qualname__",
    DOC = "__doc__",
    ANNOTATIONS = "__annotations__",
    TYPE_PARAMS = "__type_params__",
    DOT_TYPE_PARAMS = ".type_params",
    DOT_GENERIC_BASE = ".generic_base",
    DOT_DEFAULTS = ".defaults",
    DOT_KWDEFAULTS = ".kwdefaults",
    DOT_ZERO = ".0",
    SUPER = "super",
    DEBUG = "__debug__",
    RETURN = "return",
    JOIN = "join",
    EMPTY = "",
}

/// So many names an interner has space for at first; a power of two.
const INITIAL_CAPACITY: usize = 256;

impl Names {
    /// An interner that holds the well-known names.
    pub fn new() -> Self {
        let mut names = Names {
            slots: vec![Slot::default(); 2 * INITIAL_CAPACITY],
            texts: Vec::with_capacity(INITIAL_CAPACITY),
            private: Vec::with_capacity(INITIAL_CAPACITY),
        };
        for text in WELL_KNOWN {
            names.intern(text);
        }
        names
    }

    /// The id of a name.
    pub fn intern(&mut self, text: &str) -> NameId {
        if text.len() > WORDS_BYTES {
            return self.intern_long(text);
        }
        let (words, len) = (Words::of_short(text.as_bytes()), text.len() as u32);
        let mask = self.slots.len() - 1;
        let mut at = words.hash(len) & mask;
        loop {
            let slot = &self.slots[at];
            if slot.id == 0 {
                return self.add(text, at);
            }
            if slot.words == words && slot.len == len {
                return NameId(slot.id - 1);
            }
            at = (at + 1) & mask;
        }
    }

    /// As [`Self::intern`], for a name that its words do not decide on.
    #[inline(never)]
    fn intern_long(&mut self, text: &str) -> NameId {
        let words = Words::of(text.as_bytes());
        let mask = self.slots.len() - 1;
        let mut at = words.hash(text.len() as u32) & mask;
        loop {
            let slot = &self.slots[at];
            if slot.id == 0 {
                return self.add(text, at);
            }
            let id = NameId(slot.id - 1);
            if slot.words == words && self.text(id).as_bytes() == text.as_bytes() {
                return id;
            }
            at = (at + 1) & mask;
        }
    }

    /// Adds a name that is not there, at an empty slot.
    #[inline(never)]
    fn add(&mut self, text: &str, slot: usize) -> NameId {
        let id = self.texts.len() as u32;
        self.texts.push(Text::numbered_identifier(text, id));
        self.private.push(text.starts_with("__") && !text.ends_with("__") && !text.contains('.'));
        self.slots[slot] = Slot { words: Words::of(text.as_bytes()), len: text.len() as u32, id: id + 1 };
        if 2 * self.texts.len() > self.slots.len() {
            self.grow();
        }
        NameId(id)
    }

    #[cold]
    fn grow(&mut self) {
        let old = std::mem::take(&mut self.slots);
        self.slots = vec![Slot::default(); 2 * old.len()];
        let mask = self.slots.len() - 1;
        for slot in old.into_iter().filter(|slot| slot.id != 0) {
            let mut at = slot.words.hash(slot.len) & mask;
            while self.slots[at].id != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = slot;
        }
    }

    /// How many names there are.
    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The texts of all names.
    pub(crate) fn into_texts(self) -> Vec<Text> {
        self.texts
    }

    /// The name's text.
    pub fn text(&self, name: NameId) -> &Text {
        &self.texts[name.0 as usize]
    }

    /// The name's text as `str`: names are interned from `str` alone.
    pub fn str(&self, name: NameId) -> &str {
        self.text(name).as_str().unwrap_or_default()
    }

    /// Whether a class would mangle the name.
    #[inline]
    pub(crate) fn is_private(&self, name: NameId) -> bool {
        self.private[name.0 as usize]
    }

    /// The name as written in a class called `class`: `__x` becomes `_C__x`.
    #[inline]
    pub fn mangle(&mut self, class: Option<NameId>, name: NameId) -> NameId {
        match class {
            Some(class) if self.private[name.0 as usize] => self.mangle_private(class, name),
            _ => name,
        }
    }

    #[cold]
    fn mangle_private(&mut self, class: NameId, name: NameId) -> NameId {
        let text = self.str(name);
        // A class called only underscores mangles nothing.
        let class = self.str(class).trim_start_matches('_');
        if class.is_empty() {
            return name;
        }
        let mangled = format!("_{class}{text}");
        self.intern(&mangled)
    }
}
