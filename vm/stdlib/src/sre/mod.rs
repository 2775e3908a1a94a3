//! `_sre`: regular expressions. `re` compiles patterns to code; [`translate`] turns that into a program, which
//! [`engine`] runs.

mod engine;
mod matches;
mod pattern;
mod program;
mod scanner;
mod sets;
mod subject;
mod template;
mod translate;

pub use matches::Match;
pub use pattern::Pattern;
pub use template::Template;

use pvm_vm::object::{Ref, Value};
use pvm_vm::vm::{PyResult, Vm};

/// The module.
#[pvm_vm_macros::pymodule(name = "_sre")]
pub mod sre_module {
    use super::*;
    use pvm_vm::text::unicode;
    use pvm_vm::types::module::Module;

    fn init(_vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        module.set("MAGIC", 20_221_023i64);
        module.set("CODESIZE", 4i64);
        module.set("MAXREPEAT", i64::from(u32::MAX));
        module.set("MAXGROUPS", i64::from(i32::MAX / 2));
        module.set("copyright", " SRE 2.2.2 Copyright (c) 1997-2002 by Secret Labs AB ");
        Ok(())
    }

    /// Makes a pattern object of compiled code.
    #[pyfunction(sig = "(pattern, flags, code, groups, groupindex, indexgroup)")]
    fn compile(
        vm: &mut Vm,
        pattern: &Value,
        flags: i64,
        code: &Value,
        groups: i64,
        groupindex: &Value,
        indexgroup: &Value,
    ) -> PyResult {
        Pattern::compile(vm, pattern, flags, code, groups, groupindex, indexgroup)
    }

    /// Makes a template object of a replacement's parts.
    #[pyfunction(sig = "(pattern, template, /)")]
    fn template(vm: &mut Vm, pattern: &Ref<Pattern>, template: &Value) -> PyResult {
        Template::compile(vm, pattern, template)
    }

    /// The bytes of one unit of code.
    #[pyfunction(sig = "()")]
    fn getcodesize() -> i64 {
        4
    }

    fn character(character: i64) -> u32 {
        u32::try_from(character).unwrap_or(0)
    }

    /// Whether an ASCII character has case.
    #[pyfunction(sig = "(character, /)")]
    fn ascii_iscased(character_: i64) -> bool {
        matches!(u8::try_from(character_), Ok(c) if c.is_ascii_alphabetic())
    }

    /// Whether a character has case.
    #[pyfunction(sig = "(character, /)")]
    fn unicode_iscased(character_: i64) -> bool {
        let c = character(character_);
        let lower = unicode::to_simple_lower(c);
        c != lower || c != unicode::to_simple_upper(c)
    }

    /// An ASCII character in lower case.
    #[pyfunction(sig = "(character, /)")]
    fn ascii_tolower(character_: i64) -> i64 {
        i64::from(sets::lower(program::Words::Ascii, character(character_)))
    }

    /// A character in lower case.
    #[pyfunction(sig = "(character, /)")]
    fn unicode_tolower(character_: i64) -> i64 {
        i64::from(sets::lower(program::Words::Unicode, character(character_)))
    }
}
