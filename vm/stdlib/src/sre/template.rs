//! Replacement templates: literal text and groups by turns.

use super::pattern::Pattern;
use super::subject::Subject;
use pvm_vm::object::class::flag::NO_INSTANTIATION;
use pvm_vm::object::{Ref, Value};
use pvm_vm::text::{StrBuilder, StrRef};
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::init::class_of;
use pvm_vm::types::list::List;
use pvm_vm::types::str::Str;
use pvm_vm::vm::{PyResult, Vm};

/// A compiled replacement.
pub struct Template {
    literal: Value,
    /// Each group with the literal after it.
    items: Vec<(usize, Value)>,
}

pvm_vm::payload!(
    Template,
    "_sre.SRE_Template",
    |t, visit| {
        visit(&t.literal);
        t.items.iter().for_each(|(_, literal)| visit(literal));
    },
    |_t| ()
);

/// A compiled replacement.
#[pvm_vm_macros::pymethods(name = "SRE_Template", module = "_sre", flags = NO_INSTANTIATION)]
impl Template {}

impl Template {
    /// `_sre.template`
    pub fn compile(vm: &mut Vm, pattern: &Ref<Pattern>, parts: &Value) -> PyResult {
        let Some(list) = parts.downcast_ref::<List>() else {
            let class = parts.class().name();
            return Err(vm.type_error(format!("template() argument 2 must be list, not {class}")));
        };
        let parts = list.to_vec();
        let [literal, rest @ ..] = parts.as_slice() else { return Err(vm.type_error("invalid template")) };
        if rest.len() % 2 != 0 {
            return Err(vm.type_error("invalid template"));
        }
        let mut items = Vec::with_capacity(rest.len() / 2);
        for pair in rest.chunks_exact(2) {
            let group = vm.to_index(&pair[0])?;
            match usize::try_from(group) {
                Ok(group) if group <= pattern.program.groups => items.push((group, pair[1].clone())),
                _ => return Err(vm.type_error("invalid template")),
            }
        }
        let class = class_of::<Template>(vm)?;
        Ok(Ref::new(Template { literal: literal.clone(), items }, &class).into())
    }

    /// The text, where there are no groups.
    pub fn as_literal(&self) -> Option<Value> {
        self.items.is_empty().then(|| self.literal.clone())
    }

    /// Appends the filled-in template to text.
    pub fn append_text(
        &self,
        text: StrRef<'_>,
        group: impl Fn(usize) -> Option<(usize, usize)>,
        out: &mut StrBuilder,
    ) {
        let literal = |value: &Value, out: &mut StrBuilder| {
            if let Some(text) = value.downcast_ref::<Str>() {
                out.push_str(text.as_ref());
            }
        };
        literal(&self.literal, out);
        for (number, after) in &self.items {
            if let Some((start, end)) = group(*number) {
                out.push_str(text.view(start..end));
            }
            literal(after, out);
        }
    }

    /// The filled-in template.
    pub fn expand(
        &self,
        vm: &mut Vm,
        subject: &Subject,
        group: impl Fn(usize) -> Option<(usize, usize)>,
    ) -> PyResult {
        match subject {
            Subject::Str(text) => {
                let mut out = StrBuilder::new();
                self.append_text(text.as_ref(), group, &mut out);
                Ok(out.finish().into())
            }
            Subject::Bytes(bytes) => {
                let mut out = Vec::new();
                if vm.is_bytes_like(&self.literal) {
                    out.extend(vm.bytes_of(&self.literal)?);
                }
                for (number, after) in &self.items {
                    if let Some((start, end)) = group(*number) {
                        out.extend_from_slice(bytes.as_slice().get(start..end).unwrap_or(&[]));
                    }
                    if vm.is_bytes_like(after) {
                        out.extend(vm.bytes_of(after)?);
                    }
                }
                Ok(Bytes::new(out).into())
            }
        }
    }
}
