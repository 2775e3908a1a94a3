//! Interned names: the compiler compares and hashes small numbers instead of strings.

use pvm_parser::Literals;
use pvm_parser::names::NameTable;
use pvm_pycfile::{ModuleNames, NameList, Text};
use rustpython_ast::text_size::TextSize;

/// A name interned in a [`Names`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(u32);

impl NameId {
    /// No name.
    pub(crate) const NONE: NameId = NameId(u32::MAX);

    /// The names of an interner are numbered from 0.
    #[inline]
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }

    /// As [`NameId::index`].
    #[inline]
    pub(crate) fn number(self) -> u32 {
        self.0
    }

    /// The name with a number that the parser gave it.
    #[inline]
    pub(crate) fn numbered(number: u16) -> NameId {
        NameId(number.into())
    }

    /// One bit of 64, for a summary of the names in a small table: a name whose bit is not in it is not there.
    #[inline]
    pub(crate) fn bit(self) -> u64 {
        1 << (self.0 % 64)
    }
}

/// The text of a name in an expression, as [`Names::id_of`].
pub(crate) fn text_of<'a>(literals: &'a Literals, text: &'a str, end: TextSize) -> &'a str {
    match literals.names() {
        Some(names) if text.is_empty() => names.table.text(names.ending_at(end)),
        _ => text,
    }
}

/// Whether a name in an expression is this well-known one.
#[inline]
pub(crate) fn is(literals: &Literals, text: &str, end: TextSize, name: NameId) -> bool {
    match literals.names() {
        Some(names) if text.is_empty() => names.ending_at(end) == name.0,
        _ => text == WELL_KNOWN[name.index()],
    }
}

/// The interner. Names keep their text, so code objects share one allocation for each name.
#[derive(Debug)]
pub struct Names {
    table: NameTable,
    /// By id.
    texts: Vec<Text>,
    /// What the texts become once there are no more.
    module: ModuleNames,
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

        /// The texts of these names in the order of their ids, for [`pvm_parser::Options::first_names`].
        pub const WELL_KNOWN: &[&str] = &[$($text),*];
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

impl Names {
    /// The names of a source that a parser has numbered, or else the well-known names.
    pub fn new(literals: &Literals) -> Self {
        let table = match literals.names() {
            Some(names) => names.table.clone(),
            None => NameTable::new(WELL_KNOWN),
        };
        let capacity = 2 * table.len();
        let (texts, private) = (Vec::with_capacity(capacity), Vec::with_capacity(capacity));
        let mut names = Names { table, texts, module: ModuleNames::default(), private };
        for number in 0..names.table.len() as u32 {
            names.add(number);
        }
        names
    }

    /// The id of a name.
    #[inline]
    pub fn intern(&mut self, text: &str) -> NameId {
        let number = self.table.number(text);
        if number as usize == self.texts.len() {
            self.add(number);
        }
        NameId(number)
    }

    /// The id of a name in an expression, given its text in the tree and where it ends in the source.
    #[inline]
    pub(crate) fn id_of(&mut self, literals: &Literals, text: &str, end: TextSize) -> NameId {
        match Names::known_id_of(literals, text, end) {
            Some(name) => name,
            None => self.intern(text),
        }
    }

    /// The same, of a name that the parser has numbered.
    #[inline]
    pub(crate) fn known_id_of(literals: &Literals, text: &str, end: TextSize) -> Option<NameId> {
        literals.names().filter(|_| text.is_empty()).map(|names| NameId(names.ending_at(end)))
    }

    /// Gives a name its text.
    #[inline(never)]
    fn add(&mut self, number: u32) {
        let text = self.table.bytes(number);
        self.texts.push(match self.table.short(number) {
            Some((bytes, len)) => Text::short_numbered_identifier(bytes, len, number),
            None => Text::numbered_identifier(text, number),
        });
        let is_private = text.starts_with(b"__") && !text.ends_with(b"__") && !text.contains(&b'.');
        self.private.push(is_private);
    }

    /// All names so far.
    pub(crate) fn all(&self) -> impl Iterator<Item = NameId> {
        (0..self.texts.len() as u32).map(NameId)
    }

    /// How many names there are.
    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    /// Names for a code object, by their numbers.
    #[inline]
    pub(crate) fn list(&self, numbers: Vec<u32>) -> NameList {
        NameList::numbered(numbers, &self.module)
    }

    /// All names, which there are no more of: the lists of names have their texts from here on.
    pub(crate) fn complete(self) -> ModuleNames {
        self.module.complete(self.texts);
        self.module
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

    /// The same of all names.
    pub(crate) fn are_private(&self) -> &[bool] {
        &self.private
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
