//! Which string constants CPython's compiler finds interned already.
//!
//! The parser interns names. When a code object is made, its string constants that look like names are interned too: a
//! constant that came from a literal is then replaced by the interned string, if there is one already.

use super::identifiers::Identifiers;
use super::strings::is_name_like;
use crate::code::{CodeObject, Constant};
use crate::text::Text;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Ordering;

/// Answers questions about the strings of a tree of code objects. What it takes is collected at the first one.
#[derive(Default)]
pub(super) struct Origins<'a> {
    root: Option<&'a CodeObject>,
    /// Whether the names of the source are known.
    identifiers_are_known: bool,
    found: Option<Found<'a>>,
}

#[derive(Default)]
struct Found<'a> {
    /// The names that code objects have and the source has not.
    names: FxHashSet<&'a Text>,
    /// By string, whether its first use as a constant was as a name.
    first: FxHashMap<&'a Text, bool>,
}

impl<'a> Origins<'a> {
    pub(super) fn new(root: &'a CodeObject, identifiers_are_known: bool) -> Origins<'a> {
        Origins { root: Some(root), identifiers_are_known, found: None }
    }

    /// Whether interning this constant, a member of a set, replaces it by another object. `identifiers` are the names of
    /// the source, none if they are not known.
    pub(super) fn is_replaced(&mut self, text: &Text, identifiers: &Identifiers<'a>) -> bool {
        let bytes = text.as_bytes();
        // Single characters exist once, so interning them is idle, but for those that are names of the interpreter.
        let own =
            matches!(bytes, [b'_' | b'a' | b'b' | b'c' | b'd' | b'e' | b'n' | b'p' | b'r' | b's' | b'x']);
        if !is_name_like(text) || bytes.len() < 2 && !own {
            return false;
        }
        let found = self.found.get_or_insert_with(|| {
            let mut found = Found::default();
            if let Some(root) = self.root {
                found.collect(root, identifiers);
            }
            found
        });
        if self.identifiers_are_known && found.is_first_a_name(text) {
            return false;
        }
        own || identifiers.find(text).is_some() || found.names.contains(text) || is_interned_at_start(bytes)
    }
}

impl<'a> Found<'a> {
    fn is_first_a_name(&self, text: &Text) -> bool {
        self.first.get(text).is_some_and(|is_name| *is_name)
    }

    /// Visits all code objects and their constants, in the order in which the compiler comes upon them.
    fn collect(&mut self, root: &'a CodeObject, identifiers: &Identifiers<'a>) {
        self.code(root, identifiers);
        let mut rest: Vec<&'a Constant> = root.consts.iter().rev().collect();
        while let Some(constant) = rest.pop() {
            match constant {
                Constant::Str(text) => {
                    self.first.entry(text).or_insert_with(|| text.is_identifier());
                }
                Constant::Tuple(items) | Constant::FrozenSet(items) => rest.extend(items.iter().rev()),
                Constant::Code(code) => {
                    self.code(code, identifiers);
                    rest.extend(code.consts.iter().rev());
                }
                _ => {}
            }
        }
    }

    fn code(&mut self, code: &'a CodeObject, identifiers: &Identifiers<'a>) {
        let names = code.names.iter().chain(&code.localsplusnames).chain([&code.name]);
        self.names.extend(names.filter(|name| identifiers.find(name).is_none()));
    }
}

/// What CPython 3.12.1 has interned when `compileall` begins: names of the interpreter, of the modules that it has
/// imported, and of what these define. One a line, sorted.
const INTERNED: &[u8] = include_bytes!("interned.txt");

/// Searches [`INTERNED`] as it is: most modules ask for a few strings or none.
fn is_interned_at_start(bytes: &[u8]) -> bool {
    let mut lines = INTERNED;
    while !lines.is_empty() {
        let (before, after) = lines.split_at(lines.len() / 2);
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let rest = after.iter().position(|byte| *byte == b'\n').unwrap_or(after.len());
        let end = before.len() + rest;
        lines = match lines[start..end].cmp(bytes) {
            Ordering::Equal => return true,
            Ordering::Less => lines.get(end + 1..).unwrap_or_default(),
            Ordering::Greater => &lines[..start],
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_interned_at_start() {
        let lines: Vec<&[u8]> =
            INTERNED.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        assert!(lines.is_sorted());
        assert!(lines.iter().all(|line| is_interned_at_start(line)));
        for other in [&b""[..], b"\n", b".", b"ABC\nABCMeta", b"ABCM", b"zzzz"] {
            assert!(!is_interned_at_start(other), "{other:?}");
        }
    }
}
