//! Interned names: the compiler compares and hashes small numbers instead of strings.

use hashbrown::HashTable;
use pvm_pycfile::Text;
use pvm_pycfile::text::hash_bytes;

/// A name interned in a [`Names`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(u32);

/// The interner. Names keep their text, so code objects share one allocation for each name.
#[derive(Debug, Default)]
pub struct Names {
    table: HashTable<u32>,
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

/// The table takes its bits from both ends of a hash.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

impl Names {
    /// An interner that holds the well-known names.
    pub fn new() -> Self {
        let mut names = Names {
            table: HashTable::with_capacity(128),
            texts: Vec::with_capacity(128),
            private: Vec::with_capacity(128),
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
        let known = |id: &u32| {
            let known = &self.texts[*id as usize];
            known.hash_value() == hash && known.as_bytes() == bytes
        };
        if let Some(id) = self.table.find(spread(hash), known) {
            return NameId(*id);
        }
        self.add(text, hash)
    }

    fn add(&mut self, text: &str, hash: u32) -> NameId {
        let id = self.texts.len() as u32;
        self.texts.push(Text::identifier_with_hash(text, hash));
        self.private.push(text.starts_with("__") && !text.ends_with("__") && !text.contains('.'));
        let texts = &self.texts;
        self.table.insert_unique(spread(hash), id, |id| spread(texts[*id as usize].hash_value()));
        NameId(id)
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
