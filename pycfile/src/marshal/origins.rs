//! Which string constants CPython's compiler finds interned already.
//!
//! The parser interns names. When a code object is made, its string constants that look like names are interned too: a
//! constant that came from a literal is then replaced by the interned string, if there is one already.

use super::code_writer::is_name_like;
use crate::code::{CodeObject, Constant};
use crate::text::Text;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::OnceLock;

/// Answers questions about the strings of a tree of code objects. What it takes is collected at the first one.
#[derive(Default)]
pub(super) struct Origins<'a> {
    root: Option<&'a CodeObject>,
    /// The names of the source, if they are known.
    identifiers: Option<&'a [Text]>,
    found: Option<Found<'a>>,
}

struct Found<'a> {
    names: FxHashSet<&'a [u8]>,
    /// By string, whether its first use as a constant was as a name.
    first: FxHashMap<&'a [u8], bool>,
}

impl<'a> Origins<'a> {
    pub(super) fn new(root: &'a CodeObject, identifiers: Option<&'a [Text]>) -> Origins<'a> {
        Origins { root: Some(root), identifiers, found: None }
    }

    /// Whether interning this constant, a member of a set, replaces it by another object.
    pub(super) fn is_replaced(&mut self, text: &Text) -> bool {
        let bytes = text.as_bytes();
        // Single characters exist once, so interning them is idle, but for those that are names of the interpreter.
        let own =
            matches!(bytes, [b'_' | b'a' | b'b' | b'c' | b'd' | b'e' | b'n' | b'p' | b'r' | b's' | b'x']);
        if !is_name_like(bytes) || bytes.len() < 2 && !own {
            return false;
        }
        let known = self.identifiers.is_some();
        let found = self.found();
        if known && found.is_first_a_name(bytes) {
            return false;
        }
        own || found.names.contains(bytes) || interned_at_start().contains(bytes)
    }

    fn found(&mut self) -> &Found<'a> {
        let (root, identifiers) = (self.root, self.identifiers);
        self.found.get_or_insert_with(|| {
            let mut found = Found { names: FxHashSet::default(), first: FxHashMap::default() };
            found.names.extend(identifiers.into_iter().flatten().map(Text::as_bytes));
            if let Some(root) = root {
                found.collect(root);
            }
            found
        })
    }
}

impl<'a> Found<'a> {
    fn is_first_a_name(&self, bytes: &[u8]) -> bool {
        self.first.get(bytes).is_some_and(|is_name| *is_name)
    }

    /// Visits all code objects and their constants, in the order in which the compiler comes upon them.
    fn collect(&mut self, root: &'a CodeObject) {
        self.code(root);
        let mut rest: Vec<&'a Constant> = root.consts.iter().rev().collect();
        while let Some(constant) = rest.pop() {
            match constant {
                Constant::Str(text) => {
                    self.first.entry(text.as_bytes()).or_insert_with(|| text.is_identifier());
                }
                Constant::Tuple(items) | Constant::FrozenSet(items) => rest.extend(items.iter().rev()),
                Constant::Code(code) => {
                    self.code(code);
                    rest.extend(code.consts.iter().rev());
                }
                _ => {}
            }
        }
    }

    fn code(&mut self, code: &'a CodeObject) {
        self.names.extend(code.names.iter().chain(&code.localsplusnames).map(Text::as_bytes));
        self.names.insert(code.name.as_bytes());
    }
}

/// What CPython 3.12.1 has interned when `compileall` begins: names of the interpreter, of the modules that it has
/// imported, and of what these define.
fn interned_at_start() -> &'static FxHashSet<&'static [u8]> {
    static INTERNED: OnceLock<FxHashSet<&'static [u8]>> = OnceLock::new();
    INTERNED.get_or_init(|| include_str!("interned.txt").lines().map(str::as_bytes).collect())
}
