//! What an oparg stands for.

use crate::code::CodeObject;
use crate::instruction::Instruction;
use crate::opcode::{ArgKind, Opcode};
use crate::repr;

/// The text in parentheses behind an oparg; empty where there is nothing to say. An index that points nowhere
/// is shown as such.
pub fn describe(code: &CodeObject, instruction: Instruction) -> String {
    let Some(opcode) = instruction.opcode else {
        return String::new();
    };
    let arg = instruction.oparg as usize;
    let name = |index: usize| code.names.get(index).map_or_else(out_of_range, ToString::to_string);
    match opcode {
        Opcode::LoadGlobal if arg & 1 == 1 => return format!("NULL + {}", name(arg >> 1)),
        Opcode::LoadGlobal => return name(arg >> 1),
        Opcode::LoadAttr if arg & 1 == 1 => return format!("NULL|self + {}", name(arg >> 1)),
        Opcode::LoadAttr => return name(arg >> 1),
        Opcode::LoadSuperAttr if arg & 1 == 1 => return format!("NULL|self + {}", name(arg >> 2)),
        Opcode::LoadSuperAttr => return name(arg >> 2),
        Opcode::FormatValue => return format_value(arg),
        Opcode::MakeFunction => return make_function(arg),
        Opcode::BinaryOp => return of_list(&BINARY_OPERATORS, arg),
        Opcode::CallIntrinsic1 => return of_list(&INTRINSICS_1, arg),
        Opcode::CallIntrinsic2 => return of_list(&INTRINSICS_2, arg),
        _ => {}
    }
    match opcode.arg_kind() {
        ArgKind::Const => code.consts.get(arg).map_or_else(out_of_range, repr::constant),
        ArgKind::Name => name(arg),
        ArgKind::Local | ArgKind::Deref => {
            code.localsplusnames.get(arg).map_or_else(out_of_range, ToString::to_string)
        }
        ArgKind::Compare => of_list(&COMPARISONS, arg >> 4),
        ArgKind::Jump | ArgKind::JumpBackward => match instruction.jump_target_bytes() {
            Some(target) => format!("to {target}"),
            None => String::new(),
        },
        ArgKind::None | ArgKind::Count => String::new(),
    }
}

fn out_of_range() -> String {
    "<out of range>".to_owned()
}

fn of_list(list: &[&str], index: usize) -> String {
    list.get(index).map_or_else(out_of_range, |name| (*name).to_owned())
}

fn format_value(arg: usize) -> String {
    let conversion = ["", "str", "repr", "ascii"][arg & 3];
    match (conversion, arg & 4 != 0) {
        (conversion, false) => conversion.to_owned(),
        ("", true) => "with format".to_owned(),
        (conversion, true) => format!("{conversion}, with format"),
    }
}

fn make_function(arg: usize) -> String {
    let parts = ["defaults", "kwdefaults", "annotations", "closure"];
    let set: Vec<&str> =
        parts.iter().enumerate().filter(|(bit, _)| arg >> bit & 1 == 1).map(|(_, part)| *part).collect();
    set.join(", ")
}

/// The operators of `COMPARE_OP`, by number.
pub const COMPARISONS: [&str; 6] = ["<", "<=", "==", "!=", ">", ">="];

/// The operators of `BINARY_OP`, by number.
pub const BINARY_OPERATORS: [&str; 26] = [
    "+", "&", "//", "<<", "@", "*", "%", "|", "**", ">>", "-", "/", "^", "+=", "&=", "//=", "<<=", "@=",
    "*=", "%=", "|=", "**=", ">>=", "-=", "/=", "^=",
];

/// The functions of `CALL_INTRINSIC_1`, by number.
pub const INTRINSICS_1: [&str; 12] = [
    "INTRINSIC_1_INVALID",
    "INTRINSIC_PRINT",
    "INTRINSIC_IMPORT_STAR",
    "INTRINSIC_STOPITERATION_ERROR",
    "INTRINSIC_ASYNC_GEN_WRAP",
    "INTRINSIC_UNARY_POSITIVE",
    "INTRINSIC_LIST_TO_TUPLE",
    "INTRINSIC_TYPEVAR",
    "INTRINSIC_PARAMSPEC",
    "INTRINSIC_TYPEVARTUPLE",
    "INTRINSIC_SUBSCRIPT_GENERIC",
    "INTRINSIC_TYPEALIAS",
];

/// The functions of `CALL_INTRINSIC_2`, by number.
pub const INTRINSICS_2: [&str; 5] = [
    "INTRINSIC_2_INVALID",
    "INTRINSIC_PREP_RERAISE_STAR",
    "INTRINSIC_TYPEVAR_WITH_BOUND",
    "INTRINSIC_TYPEVAR_WITH_CONSTRAINTS",
    "INTRINSIC_SET_FUNCTION_TYPE_PARAMS",
];
