//! Which opargs an instruction can have.

use super::CodeView;
use crate::code::local_kind;
use crate::dis::{BINARY_OPERATORS, COMPARISONS, INTRINSICS_1, INTRINSICS_2};
use crate::instruction::Instruction;
use crate::opcode::{ArgKind, Opcode};

/// Checks an oparg; what it should have been, if it is wrong.
pub(super) fn check(
    code: CodeView<'_>,
    instruction: Instruction,
    opcode: Opcode,
    next: Option<Instruction>,
) -> Result<(), &'static str> {
    let oparg = instruction.oparg;
    let index = oparg as usize;
    let require = |holds: bool, expected: &'static str| if holds { Ok(()) } else { Err(expected) };
    match opcode.arg_kind() {
        ArgKind::Const => require(index < code.consts.len(), "the index of a constant")?,
        ArgKind::Name => {
            let shift = match opcode {
                Opcode::LoadGlobal | Opcode::LoadAttr => 1,
                Opcode::LoadSuperAttr => 2,
                _ => 0,
            };
            require(index >> shift < code.name_count, "the index of a name")?;
        }
        ArgKind::Local => require(index < code.local_count, "the index of a variable")?,
        ArgKind::Deref => {
            let cell = local_kind::CELL | local_kind::FREE;
            let kind = code.localspluskinds.get(index).copied().unwrap_or_default();
            require(kind & cell != 0, "the index of a cell or free variable")?;
        }
        ArgKind::Compare => require(index >> 4 < COMPARISONS.len(), "a comparison")?,
        ArgKind::None | ArgKind::Count | ArgKind::Jump | ArgKind::JumpBackward => {}
    }
    match opcode {
        Opcode::BinaryOp => require(index < BINARY_OPERATORS.len(), "a binary operator"),
        Opcode::CallIntrinsic1 => require((1..INTRINSICS_1.len()).contains(&index), "an intrinsic function"),
        Opcode::CallIntrinsic2 => require((1..INTRINSICS_2.len()).contains(&index), "an intrinsic function"),
        Opcode::FormatValue => require(oparg < 8, "a conversion"),
        Opcode::MakeFunction => require(oparg < 16, "flags of MAKE_FUNCTION"),
        Opcode::RaiseVarargs => require(oparg <= 2, "0, 1 or 2"),
        Opcode::BuildSlice => require(oparg == 2 || oparg == 3, "2 or 3"),
        Opcode::IsOp | Opcode::ContainsOp | Opcode::CallFunctionEx => require(oparg <= 1, "0 or 1"),
        Opcode::Reraise => require(oparg <= 2, "0, 1 or 2"),
        Opcode::Copy | Opcode::ListAppend | Opcode::SetAdd | Opcode::MapAdd => {
            require(oparg >= 1, "a depth from 1")
        }
        Opcode::ListExtend | Opcode::SetUpdate | Opcode::DictMerge | Opcode::DictUpdate => {
            require(oparg >= 1, "a depth from 1")
        }
        Opcode::Swap => require(oparg >= 2, "a depth from 2"),
        Opcode::GetAwaitable => require(oparg <= 2, "0, 1 or 2"),
        Opcode::CopyFreeVars => {
            let free = code.localspluskinds.iter().filter(|kind| **kind & local_kind::FREE != 0).count();
            require(index == free, "the number of free variables")
        }
        Opcode::KwNames => {
            let names = code.consts.string_count(index).ok_or("a tuple of names")?;
            // An EXTENDED_ARG may stand between.
            let enough = next.is_some_and(|next| match next.opcode {
                Some(Opcode::Call) => next.oparg as usize >= names,
                Some(Opcode::ExtendedArg) => true,
                _ => false,
            });
            require(enough, "followed by a call with as many arguments")
        }
        // Keeps the counts that are added or doubled within bounds; the stack could not hold more.
        _ if opcode.arg_kind() == ArgKind::Count => require(oparg < 1 << 24, "so large"),
        _ => Ok(()),
    }
}
