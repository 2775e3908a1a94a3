//! `_opcode`: facts about the bytecode's instructions.

use pvm_pycfile::opcode::{ArgKind, Opcode};
use pvm_vm::object::Value;
use pvm_vm::types::list::List;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymodule;

/// `_opcode`
#[pymodule(name = "_opcode", doc = "Opcode support module.")]
pub mod opcode_module {
    use super::*;

    /// Compute the change that an instruction makes to the number of values on the stack.
    #[pyfunction(sig = "(opcode, oparg=None, /, *, jump=None)")]
    fn stack_effect(vm: &mut Vm, opcode: i64, oparg: Option<Value>, jump: Option<Value>) -> PyResult<i64> {
        let jump = match jump.as_ref().map(|jump| (jump.is_none(), jump.as_bool())) {
            None | Some((true, _)) => None,
            Some((_, Some(jump))) => Some(jump),
            Some(_) => return Err(vm.value_error("stack_effect: jump must be False, True or None")),
        };
        let opcode = u16::try_from(opcode).ok().and_then(Opcode::from_number);
        let Some(opcode) = opcode else { return Err(vm.value_error("invalid opcode or oparg")) };
        let oparg = oparg.filter(|oparg| !oparg.is_none());
        let oparg = match (opcode as u16 >= Opcode::HAVE_ARGUMENT, oparg) {
            (true, None) => {
                return Err(vm.value_error("stack_effect: opcode requires oparg but oparg was not specified"));
            }
            (false, Some(_)) => {
                return Err(
                    vm.value_error("stack_effect: opcode does not permit oparg but oparg was specified")
                );
            }
            (false, None) => 0,
            (true, Some(oparg)) => match oparg.as_int().and_then(|oparg| oparg.to_i64()) {
                // CPython takes an int, and reads it as unsigned.
                Some(oparg) => oparg as u32,
                None => {
                    let found = oparg.class().name();
                    return Err(
                        vm.type_error(format!("'{found}' object cannot be interpreted as an integer"))
                    );
                }
            },
        };
        Ok(effect(opcode, oparg, jump))
    }

    /// Facts about the specialisation of instructions: there are none, since stored bytecode is not specialised.
    #[pyfunction(sig = "()")]
    fn get_specialization_stats() {}

    /// All instructions: name, number, what the argument is, whether there is one, and the size of the inline cache.
    #[pyfunction(sig = "()")]
    fn instructions() -> Value {
        let row = |opcode: &Opcode| -> Value {
            Tuple::new([
                opcode.name().into(),
                Value::int(i64::from(*opcode as u16)),
                kind_name(opcode.arg_kind()).into(),
                Value::bool(opcode.has_arg()),
                Value::int(opcode.cache_units() as i64),
            ])
            .into()
        };
        List::new(Opcode::ALL.iter().map(row).collect()).into()
    }

    fn kind_name(kind: ArgKind) -> &'static str {
        match kind {
            ArgKind::None => "",
            ArgKind::Count => "count",
            ArgKind::Const => "const",
            ArgKind::Name => "name",
            ArgKind::Local => "local",
            ArgKind::Deref => "free",
            ArgKind::Jump => "jump",
            ArgKind::JumpBackward => "backward jump",
            ArgKind::Compare => "compare",
        }
    }

    /// The effect if the instruction jumps, if it does not, or the greater of the two.
    fn effect(opcode: Opcode, oparg: u32, jump: Option<bool>) -> i64 {
        let straight = i64::from(opcode.pushed(oparg)) - i64::from(opcode.popped(oparg));
        // What the handler finds on the stack besides.
        let jumping = match opcode {
            Opcode::SetupFinally => 1,
            Opcode::SetupCleanup | Opcode::SetupWith => 2,
            _ => straight,
        };
        match jump {
            Some(true) => jumping,
            Some(false) => straight,
            None => straight.max(jumping),
        }
    }
}
