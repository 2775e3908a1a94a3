use super::*;
use crate::names::NameList;
use crate::text::Text;

fn function(bytes: &[u8], stacksize: u32) -> CodeObject {
    CodeObject {
        argcount: 0,
        posonlyargcount: 0,
        kwonlyargcount: 0,
        stacksize,
        flags: 0,
        code: bytes.into(),
        consts: vec![Constant::None],
        names: NameList::default(),
        localsplusnames: NameList::default(),
        localspluskinds: [].into(),
        filename: Text::from("f"),
        name: Text::from("f"),
        qualname: Text::from("f"),
        firstlineno: 1,
        linetable: [].into(),
        exceptiontable: [].into(),
    }
}

fn problem(bytes: &[u8]) -> Problem {
    verify(&function(bytes, 1)).expect_err("should be refused").problem
}

const LOAD_CONST: u8 = Opcode::LoadConst as u8;
const RETURN_VALUE: u8 = Opcode::ReturnValue as u8;
const JUMP_FORWARD: u8 = Opcode::JumpForward as u8;

#[test]
fn accepts_what_is_right() {
    assert_eq!(verify(&function(&[LOAD_CONST, 0, RETURN_VALUE, 0], 1)), Ok(()));
}

#[test]
fn refuses_what_is_wrong() {
    assert_eq!(problem(&[]), Problem::Empty);
    assert_eq!(problem(&[LOAD_CONST]), Problem::OddLength);
    assert_eq!(problem(&[LOAD_CONST, 0]), Problem::FallsOffEnd);
    assert_eq!(
        problem(&[RETURN_VALUE, 0]),
        Problem::StackUnderflow { opcode: Opcode::ReturnValue, depth: 0 }
    );
    assert_eq!(
        problem(&[LOAD_CONST, 0, LOAD_CONST, 0, RETURN_VALUE, 0]),
        Problem::StackOverflow { depth: 2, stacksize: 1 }
    );
    assert_eq!(problem(&[JUMP_FORWARD, 9]), Problem::JumpTarget(20));
    assert_eq!(problem(&[255, 9]), Problem::UnknownInstruction(255));
    assert!(matches!(problem(&[LOAD_CONST, 1, RETURN_VALUE, 0]), Problem::Operand { .. }));
}
