//! Interned names: the compiler compares and hashes small numbers instead of strings.

use pvm_pycfile::Text;
use pvm_pycfile::text::hash_bytes;

/// A name interned in a [`Names`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(u32);

/// The interner. Names keep their text, so code objects share one allocation for each name.
#[derive(Debug, Default)]
pub struct Names {
    /// Open addressing: a name's hash and its id plus one, or zeros. At most half of the slots are in use, and there is
    /// always a power of two of them.
    slots: Vec<(u32, u32)>,
    texts: Vec<Text>,
    /// By id: whether the name is private, that is mangled within a class.
    private: Vec<bool>,
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
            slots: vec![(0, 0); 2 * INITIAL_CAPACITY],
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
        let bytes = text.as_bytes();
        let hash = hash_bytes(bytes);
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            match self.slots[at & mask] {
                (_, 0) => return self.add(text, hash, at & mask),
                (found, id) if found == hash && self.texts[id as usize - 1].as_bytes() == bytes => {
                    return NameId(id - 1);
                }
                _ => at += 1,
            }
        }
    }

    /// Adds a name that is not there, at an empty slot.
    fn add(&mut self, text: &str, hash: u32, slot: usize) -> NameId {
        let id = self.texts.len() as u32;
        self.texts.push(Text::identifier_with_hash(text, hash));
        self.private.push(text.starts_with("__") && !text.ends_with("__") && !text.contains('.'));
        self.slots[slot] = (hash, id + 1);
        if 2 * self.texts.len() > self.slots.len() {
            self.grow();
        }
        NameId(id)
    }

    #[cold]
    fn grow(&mut self) {
        let old = std::mem::take(&mut self.slots);
        self.slots = vec![(0, 0); 4 * old.len()];
        let mask = self.slots.len() - 1;
        for slot in old.into_iter().filter(|slot| slot.1 != 0) {
            let mut at = slot.0 as usize & mask;
            while self.slots[at].1 != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = slot;
        }
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
