//! Constants other than tuples, which names are in as well.

use super::known::is_same;
use super::{CodeWriter, SMALL_INTS, TextKind, TooDeep, place};
use crate::code::Constant;
use crate::marshal::strings::{is_latin1_character, is_name_like, is_percent_made};
use crate::text::Text;

impl<'a> CodeWriter<'a> {
    pub(super) fn constant(&mut self, constant: &'a Constant) -> Result<(), TooDeep> {
        match constant {
            Constant::None => self.out.writer.none(),
            Constant::Bool(value) => self.out.writer.bool(*value),
            Constant::Ellipsis => self.out.writer.ellipsis(),
            Constant::Int(value) => {
                let is_new = if SMALL_INTS.contains(value) {
                    self.placed(place::SMALL_INT + (value - SMALL_INTS.start) as usize)
                } else {
                    self.other(constant)
                };
                if is_new {
                    self.out.writer.int(*value);
                }
            }
            Constant::BigInt(value) => {
                if self.other(constant) {
                    self.out.writer.big_int(value);
                }
            }
            // Objects of this value are not equal, even to each other.
            Constant::Float(value) if value.is_nan() => {
                self.out.begin(false);
                self.out.writer.float(*value);
            }
            Constant::Float(value) => {
                if self.other(constant) {
                    self.out.writer.float(*value);
                }
            }
            Constant::Complex(real, imag) => {
                if self.other(constant) {
                    self.out.writer.complex(*real, *imag);
                }
            }
            Constant::Str(text) => {
                let bytes = text.as_bytes();
                if text.is_identifier() || is_name_like(text) {
                    self.interned(text);
                } else if is_latin1_character(bytes) {
                    self.latin1_character(text);
                } else {
                    self.text(TextKind::Str, text, false, false);
                }
            }
            Constant::Bytes(bytes) => self.bytes(bytes),
            Constant::Tuple(items) => self.constants(items)?,
            Constant::FrozenSet(items) => {
                // A set that is made anew is shared with no other code object.
                if self.is_renewed(items) {
                    self.out.begin(false);
                    self.frozenset(items)?;
                } else if self.other(constant) {
                    self.frozenset(items)?;
                }
            }
            Constant::Code(code) => {
                if self.other(constant) {
                    self.nested(|writer| writer.code_object(code))?;
                }
            }
        }
        Ok(())
    }

    /// Begins a constant that is neither a string nor bytes nor a tuple; `true` if it is to be written.
    fn other(&mut self, constant: &'a Constant) -> bool {
        let hash = constant.hash_value();
        let id =
            self.others.id_or_insert(hash, constant, self.out.next_id(), |known| is_same(known, constant));
        self.object(id, false, |writer| writer.others.find(hash, |known| is_same(known, constant)))
    }

    /// A string of one character of which there is one object. It is interned as soon as it is a name anywhere.
    fn latin1_character(&mut self, text: &'a Text) {
        if let Some(place) = self.identifiers.find(text) {
            self.identifier(place, text);
            return;
        }
        let is_percent = text.as_bytes() == b"%" && self.id_of_text(TextKind::Interned, text).is_none();
        let is_made = is_percent && self.code.is_some_and(is_percent_made);
        let is_name = |whole: &Self| {
            let id = whole.id_of_text(TextKind::Interned, text);
            whole.identifiers.find(text).is_some() || id.is_some_and(|id| whole.out.is_interned(id))
        };
        let interned = self.whole.is_some_and(is_name);
        self.text(TextKind::Interned, text, !is_made, interned);
    }

    /// Interning a member that is another object than the interned string makes CPython build the set anew.
    fn is_renewed(&mut self, items: &[Constant]) -> bool {
        items.iter().any(|item| match item {
            Constant::Str(text) => self.origins.is_replaced(text, &self.identifiers),
            _ => false,
        })
    }

    fn frozenset(&mut self, items: &'a [Constant]) -> Result<(), TooDeep> {
        self.out.writer.frozenset(items.len());
        let order = self.sorted(items)?;
        self.nested(|writer| {
            for i in &order {
                let next = writer.out.next_id();
                writer.constant(&items[*i])?;
                // The first object in a member is the member.
                if next != writer.out.next_id() {
                    writer.out.hold(next);
                }
            }
            Ok(())
        })?;
        self.sets.push((items, order));
        Ok(())
    }

    /// The order in which the members of a set are written: that of what they are when written alone.
    pub(super) fn sorted(&self, items: &'a [Constant]) -> Result<Vec<usize>, TooDeep> {
        let whole = self.whole.unwrap_or(self);
        let alone = |item| CodeWriter::alone(Some(whole)).write_alone(item);
        let alone = items.iter().map(alone).collect::<Result<Vec<_>, _>>()?;
        let mut order: Vec<usize> = (0..items.len()).collect();
        order.sort_by_key(|i| &alone[*i]);
        Ok(order)
    }
}
