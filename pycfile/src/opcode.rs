//! The instruction set of Python 3.12, defined once.
//!
//! [`for_each_instruction!`] holds one row per instruction: the variant, the name that `dis` prints, the
//! number, the operand kind, the values popped and pushed (as functions of the oparg `n`, on the path that
//! does not jump), the inline-cache size in code units, and flags. Everything else is derived from it.
//!
//! Source: CPython 3.12 `Lib/opcode.py` and `Python/bytecodes.c`.

/// Calls the macro `$with` with the rows of the table.
#[macro_export]
macro_rules! for_each_instruction {
    ($with:ident) => { $with! {
        Cache "CACHE" = 0 { arg: None, pop: |_| 0, push: |_| 0, cache: 0, flags: PLAIN }
        PopTop "POP_TOP" = 1 { arg: None, pop: |_| 1, push: |_| 0, cache: 0, flags: PLAIN }
        PushNull "PUSH_NULL" = 2 { arg: None, pop: |_| 0, push: |_| 1, cache: 0, flags: PLAIN }
        InterpreterExit "INTERPRETER_EXIT" = 3 { arg: None, pop: |_| 1, push: |_| 0, cache: 0, flags: PLAIN }
        EndFor "END_FOR" = 4 { arg: None, pop: |_| 2, push: |_| 0, cache: 0, flags: PLAIN }
        EndSend "END_SEND" = 5 { arg: None, pop: |_| 2, push: |_| 1, cache: 0, flags: PLAIN }
        Nop "NOP" = 9 { arg: None, pop: |_| 0, push: |_| 0, cache: 0, flags: PLAIN }
        UnaryNegative "UNARY_NEGATIVE" = 11 { arg: None, pop: |_| 1, push: |_| 1, cache: 0, flags: MAY_RAISE }
        UnaryNot "UNARY_NOT" = 12 { arg: None, pop: |_| 1, push: |_| 1, cache: 0, flags: MAY_RAISE }
        UnaryInvert "UNARY_INVERT" = 15 { arg: None, pop: |_| 1, push: |_| 1, cache: 0, flags: MAY_RAISE }
        Reserved "RESERVED" = 17 { arg: None, pop: |_| 0, push: |_| 0, cache: 0, flags: PLAIN }
        BinarySubscr "BINARY_SUBSCR" = 25 { arg: None, pop: |_| 2, push: |_| 1, cache: 1, flags: MAY_RAISE }
        BinarySlice "BINARY_SLICE" = 26 { arg: None, pop: |_| 3, push: |_| 1, cache: 0, flags: MAY_RAISE }
        StoreSlice "STORE_SLICE" = 27 { arg: None, pop: |_| 4, push: |_| 0, cache: 0, flags: MAY_RAISE }
        GetLen "GET_LEN" = 30 { arg: None, pop: |_| 1, push: |_| 2, cache: 0, flags: MAY_RAISE }
        MatchMapping "MATCH_MAPPING" = 31 { arg: None, pop: |_| 1, push: |_| 2, cache: 0, flags: PLAIN }
        MatchSequence "MATCH_SEQUENCE" = 32 { arg: None, pop: |_| 1, push: |_| 2, cache: 0, flags: PLAIN }
        MatchKeys "MATCH_KEYS" = 33 { arg: None, pop: |_| 2, push: |_| 3, cache: 0, flags: MAY_RAISE }
        PushExcInfo "PUSH_EXC_INFO" = 35 { arg: None, pop: |_| 1, push: |_| 2, cache: 0, flags: PLAIN }
        CheckExcMatch "CHECK_EXC_MATCH" = 36 { arg: None, pop: |_| 2, push: |_| 2, cache: 0, flags: MAY_RAISE }
        CheckEgMatch "CHECK_EG_MATCH" = 37 { arg: None, pop: |_| 2, push: |_| 2, cache: 0, flags: MAY_RAISE }
        WithExceptStart "WITH_EXCEPT_START" = 49 { arg: None, pop: |_| 4, push: |_| 5, cache: 0, flags: MAY_RAISE }
        GetAiter "GET_AITER" = 50 { arg: None, pop: |_| 1, push: |_| 1, cache: 0, flags: MAY_RAISE }
        GetAnext "GET_ANEXT" = 51 { arg: None, pop: |_| 1, push: |_| 2, cache: 0, flags: MAY_RAISE }
        BeforeAsyncWith "BEFORE_ASYNC_WITH" = 52 { arg: None, pop: |_| 1, push: |_| 2, cache: 0, flags: MAY_RAISE }
        BeforeWith "BEFORE_WITH" = 53 { arg: None, pop: |_| 1, push: |_| 2, cache: 0, flags: MAY_RAISE }
        EndAsyncFor "END_ASYNC_FOR" = 54 { arg: None, pop: |_| 2, push: |_| 0, cache: 0, flags: MAY_RAISE }
        CleanupThrow "CLEANUP_THROW" = 55 { arg: None, pop: |_| 3, push: |_| 2, cache: 0, flags: MAY_RAISE }
        StoreSubscr "STORE_SUBSCR" = 60 { arg: None, pop: |_| 3, push: |_| 0, cache: 1, flags: MAY_RAISE }
        DeleteSubscr "DELETE_SUBSCR" = 61 { arg: None, pop: |_| 2, push: |_| 0, cache: 0, flags: MAY_RAISE }
        GetIter "GET_ITER" = 68 { arg: None, pop: |_| 1, push: |_| 1, cache: 0, flags: MAY_RAISE }
        GetYieldFromIter "GET_YIELD_FROM_ITER" = 69 { arg: None, pop: |_| 1, push: |_| 1, cache: 0, flags: MAY_RAISE }
        LoadBuildClass "LOAD_BUILD_CLASS" = 71 { arg: None, pop: |_| 0, push: |_| 1, cache: 0, flags: MAY_RAISE }
        LoadAssertionError "LOAD_ASSERTION_ERROR" = 74 { arg: None, pop: |_| 0, push: |_| 1, cache: 0, flags: PLAIN }
        ReturnGenerator "RETURN_GENERATOR" = 75 { arg: None, pop: |_| 0, push: |_| 0, cache: 0, flags: PLAIN }
        ReturnValue "RETURN_VALUE" = 83 { arg: None, pop: |_| 1, push: |_| 0, cache: 0, flags: ENDS_BLOCK }
        SetupAnnotations "SETUP_ANNOTATIONS" = 85 { arg: None, pop: |_| 0, push: |_| 0, cache: 0, flags: MAY_RAISE }
        LoadLocals "LOAD_LOCALS" = 87 { arg: None, pop: |_| 0, push: |_| 1, cache: 0, flags: MAY_RAISE }
        PopExcept "POP_EXCEPT" = 89 { arg: None, pop: |_| 1, push: |_| 0, cache: 0, flags: PLAIN }
        StoreName "STORE_NAME" = 90 { arg: Name, pop: |_| 1, push: |_| 0, cache: 0, flags: MAY_RAISE }
        DeleteName "DELETE_NAME" = 91 { arg: Name, pop: |_| 0, push: |_| 0, cache: 0, flags: MAY_RAISE }
        UnpackSequence "UNPACK_SEQUENCE" = 92 { arg: Count, pop: |_| 1, push: |n| n, cache: 1, flags: MAY_RAISE }
        ForIter "FOR_ITER" = 93 { arg: Jump, pop: |_| 1, push: |_| 2, cache: 1, flags: MAY_RAISE | JUMPS }
        UnpackEx "UNPACK_EX" = 94 { arg: Count, pop: |_| 1, push: |n| (n & 0xff) + (n >> 8) + 1, cache: 0, flags: MAY_RAISE }
        StoreAttr "STORE_ATTR" = 95 { arg: Name, pop: |_| 2, push: |_| 0, cache: 4, flags: MAY_RAISE }
        DeleteAttr "DELETE_ATTR" = 96 { arg: Name, pop: |_| 1, push: |_| 0, cache: 0, flags: MAY_RAISE }
        StoreGlobal "STORE_GLOBAL" = 97 { arg: Name, pop: |_| 1, push: |_| 0, cache: 0, flags: MAY_RAISE }
        DeleteGlobal "DELETE_GLOBAL" = 98 { arg: Name, pop: |_| 0, push: |_| 0, cache: 0, flags: MAY_RAISE }
        Swap "SWAP" = 99 { arg: Count, pop: |n| n, push: |n| n, cache: 0, flags: PLAIN }
        LoadConst "LOAD_CONST" = 100 { arg: Const, pop: |_| 0, push: |_| 1, cache: 0, flags: PLAIN }
        LoadName "LOAD_NAME" = 101 { arg: Name, pop: |_| 0, push: |_| 1, cache: 0, flags: MAY_RAISE }
        BuildTuple "BUILD_TUPLE" = 102 { arg: Count, pop: |n| n, push: |_| 1, cache: 0, flags: MAY_RAISE }
        BuildList "BUILD_LIST" = 103 { arg: Count, pop: |n| n, push: |_| 1, cache: 0, flags: MAY_RAISE }
        BuildSet "BUILD_SET" = 104 { arg: Count, pop: |n| n, push: |_| 1, cache: 0, flags: MAY_RAISE }
        BuildMap "BUILD_MAP" = 105 { arg: Count, pop: |n| 2 * n, push: |_| 1, cache: 0, flags: MAY_RAISE }
        LoadAttr "LOAD_ATTR" = 106 { arg: Name, pop: |_| 1, push: |n| 1 + (n & 1), cache: 9, flags: MAY_RAISE }
        CompareOp "COMPARE_OP" = 107 { arg: Compare, pop: |_| 2, push: |_| 1, cache: 1, flags: MAY_RAISE }
        ImportName "IMPORT_NAME" = 108 { arg: Name, pop: |_| 2, push: |_| 1, cache: 0, flags: MAY_RAISE }
        ImportFrom "IMPORT_FROM" = 109 { arg: Name, pop: |_| 1, push: |_| 2, cache: 0, flags: MAY_RAISE }
        JumpForward "JUMP_FORWARD" = 110 { arg: Jump, pop: |_| 0, push: |_| 0, cache: 0, flags: JUMPS | ENDS_BLOCK }
        PopJumpIfFalse "POP_JUMP_IF_FALSE" = 114 { arg: Jump, pop: |_| 1, push: |_| 0, cache: 0, flags: MAY_RAISE | JUMPS }
        PopJumpIfTrue "POP_JUMP_IF_TRUE" = 115 { arg: Jump, pop: |_| 1, push: |_| 0, cache: 0, flags: MAY_RAISE | JUMPS }
        LoadGlobal "LOAD_GLOBAL" = 116 { arg: Name, pop: |_| 0, push: |n| 1 + (n & 1), cache: 4, flags: MAY_RAISE }
        IsOp "IS_OP" = 117 { arg: Count, pop: |_| 2, push: |_| 1, cache: 0, flags: PLAIN }
        ContainsOp "CONTAINS_OP" = 118 { arg: Count, pop: |_| 2, push: |_| 1, cache: 0, flags: MAY_RAISE }
        Reraise "RERAISE" = 119 { arg: Count, pop: |n| 1 + n, push: |n| n, cache: 0, flags: MAY_RAISE | ENDS_BLOCK }
        Copy "COPY" = 120 { arg: Count, pop: |n| n, push: |n| n + 1, cache: 0, flags: PLAIN }
        ReturnConst "RETURN_CONST" = 121 { arg: Const, pop: |_| 0, push: |_| 0, cache: 0, flags: ENDS_BLOCK }
        BinaryOp "BINARY_OP" = 122 { arg: Count, pop: |_| 2, push: |_| 1, cache: 1, flags: MAY_RAISE }
        Send "SEND" = 123 { arg: Jump, pop: |_| 2, push: |_| 2, cache: 1, flags: MAY_RAISE | JUMPS }
        LoadFast "LOAD_FAST" = 124 { arg: Local, pop: |_| 0, push: |_| 1, cache: 0, flags: PLAIN }
        StoreFast "STORE_FAST" = 125 { arg: Local, pop: |_| 1, push: |_| 0, cache: 0, flags: PLAIN }
        DeleteFast "DELETE_FAST" = 126 { arg: Local, pop: |_| 0, push: |_| 0, cache: 0, flags: MAY_RAISE }
        LoadFastCheck "LOAD_FAST_CHECK" = 127 { arg: Local, pop: |_| 0, push: |_| 1, cache: 0, flags: MAY_RAISE }
        PopJumpIfNotNone "POP_JUMP_IF_NOT_NONE" = 128 { arg: Jump, pop: |_| 1, push: |_| 0, cache: 0, flags: JUMPS }
        PopJumpIfNone "POP_JUMP_IF_NONE" = 129 { arg: Jump, pop: |_| 1, push: |_| 0, cache: 0, flags: JUMPS }
        RaiseVarargs "RAISE_VARARGS" = 130 { arg: Count, pop: |n| n, push: |_| 0, cache: 0, flags: MAY_RAISE | ENDS_BLOCK }
        GetAwaitable "GET_AWAITABLE" = 131 { arg: Count, pop: |_| 1, push: |_| 1, cache: 0, flags: MAY_RAISE }
        MakeFunction "MAKE_FUNCTION" = 132 { arg: Count, pop: |n| 1 + (n & 1) + ((n >> 1) & 1) + ((n >> 2) & 1) + ((n >> 3) & 1), push: |_| 1, cache: 0, flags: MAY_RAISE }
        BuildSlice "BUILD_SLICE" = 133 { arg: Count, pop: |n| if n == 3 { 3 } else { 2 }, push: |_| 1, cache: 0, flags: MAY_RAISE }
        JumpBackwardNoInterrupt "JUMP_BACKWARD_NO_INTERRUPT" = 134 { arg: JumpBackward, pop: |_| 0, push: |_| 0, cache: 0, flags: JUMPS | ENDS_BLOCK }
        MakeCell "MAKE_CELL" = 135 { arg: Deref, pop: |_| 0, push: |_| 0, cache: 0, flags: PLAIN }
        LoadClosure "LOAD_CLOSURE" = 136 { arg: Deref, pop: |_| 0, push: |_| 1, cache: 0, flags: PLAIN }
        LoadDeref "LOAD_DEREF" = 137 { arg: Deref, pop: |_| 0, push: |_| 1, cache: 0, flags: MAY_RAISE }
        StoreDeref "STORE_DEREF" = 138 { arg: Deref, pop: |_| 1, push: |_| 0, cache: 0, flags: PLAIN }
        DeleteDeref "DELETE_DEREF" = 139 { arg: Deref, pop: |_| 0, push: |_| 0, cache: 0, flags: MAY_RAISE }
        JumpBackward "JUMP_BACKWARD" = 140 { arg: JumpBackward, pop: |_| 0, push: |_| 0, cache: 0, flags: JUMPS | ENDS_BLOCK }
        LoadSuperAttr "LOAD_SUPER_ATTR" = 141 { arg: Name, pop: |_| 3, push: |n| 1 + (n & 1), cache: 1, flags: MAY_RAISE }
        CallFunctionEx "CALL_FUNCTION_EX" = 142 { arg: Count, pop: |n| 3 + (n & 1), push: |_| 1, cache: 0, flags: MAY_RAISE }
        LoadFastAndClear "LOAD_FAST_AND_CLEAR" = 143 { arg: Local, pop: |_| 0, push: |_| 1, cache: 0, flags: PLAIN }
        ExtendedArg "EXTENDED_ARG" = 144 { arg: Count, pop: |_| 0, push: |_| 0, cache: 0, flags: PLAIN }
        ListAppend "LIST_APPEND" = 145 { arg: Count, pop: |n| n + 1, push: |n| n, cache: 0, flags: MAY_RAISE }
        SetAdd "SET_ADD" = 146 { arg: Count, pop: |n| n + 1, push: |n| n, cache: 0, flags: MAY_RAISE }
        MapAdd "MAP_ADD" = 147 { arg: Count, pop: |n| n + 2, push: |n| n, cache: 0, flags: MAY_RAISE }
        CopyFreeVars "COPY_FREE_VARS" = 149 { arg: Count, pop: |_| 0, push: |_| 0, cache: 0, flags: PLAIN }
        YieldValue "YIELD_VALUE" = 150 { arg: Count, pop: |_| 1, push: |_| 1, cache: 0, flags: MAY_RAISE }
        Resume "RESUME" = 151 { arg: Count, pop: |_| 0, push: |_| 0, cache: 0, flags: MAY_RAISE }
        MatchClass "MATCH_CLASS" = 152 { arg: Count, pop: |_| 3, push: |_| 1, cache: 0, flags: MAY_RAISE }
        FormatValue "FORMAT_VALUE" = 155 { arg: Count, pop: |n| 1 + ((n >> 2) & 1), push: |_| 1, cache: 0, flags: MAY_RAISE }
        BuildConstKeyMap "BUILD_CONST_KEY_MAP" = 156 { arg: Count, pop: |n| n + 1, push: |_| 1, cache: 0, flags: MAY_RAISE }
        BuildString "BUILD_STRING" = 157 { arg: Count, pop: |n| n, push: |_| 1, cache: 0, flags: MAY_RAISE }
        ListExtend "LIST_EXTEND" = 162 { arg: Count, pop: |n| n + 1, push: |n| n, cache: 0, flags: MAY_RAISE }
        SetUpdate "SET_UPDATE" = 163 { arg: Count, pop: |n| n + 1, push: |n| n, cache: 0, flags: MAY_RAISE }
        DictMerge "DICT_MERGE" = 164 { arg: Count, pop: |n| n + 1, push: |n| n, cache: 0, flags: MAY_RAISE }
        DictUpdate "DICT_UPDATE" = 165 { arg: Count, pop: |n| n + 1, push: |n| n, cache: 0, flags: MAY_RAISE }
        Call "CALL" = 171 { arg: Count, pop: |n| n + 2, push: |_| 1, cache: 3, flags: MAY_RAISE }
        KwNames "KW_NAMES" = 172 { arg: Const, pop: |_| 0, push: |_| 0, cache: 0, flags: PLAIN }
        CallIntrinsic1 "CALL_INTRINSIC_1" = 173 { arg: Count, pop: |_| 1, push: |_| 1, cache: 0, flags: MAY_RAISE }
        CallIntrinsic2 "CALL_INTRINSIC_2" = 174 { arg: Count, pop: |_| 2, push: |_| 1, cache: 0, flags: MAY_RAISE }
        LoadFromDictOrGlobals "LOAD_FROM_DICT_OR_GLOBALS" = 175 { arg: Name, pop: |_| 1, push: |_| 1, cache: 0, flags: MAY_RAISE }
        LoadFromDictOrDeref "LOAD_FROM_DICT_OR_DEREF" = 176 { arg: Deref, pop: |_| 1, push: |_| 1, cache: 0, flags: MAY_RAISE }
        SetupFinally "SETUP_FINALLY" = 256 { arg: Jump, pop: |_| 0, push: |_| 0, cache: 0, flags: PSEUDO | JUMPS }
        SetupCleanup "SETUP_CLEANUP" = 257 { arg: Jump, pop: |_| 0, push: |_| 0, cache: 0, flags: PSEUDO | JUMPS }
        SetupWith "SETUP_WITH" = 258 { arg: Jump, pop: |_| 0, push: |_| 0, cache: 0, flags: PSEUDO | JUMPS }
        PopBlock "POP_BLOCK" = 259 { arg: None, pop: |_| 0, push: |_| 0, cache: 0, flags: PSEUDO }
        Jump "JUMP" = 260 { arg: Jump, pop: |_| 0, push: |_| 0, cache: 0, flags: JUMPS | ENDS_BLOCK | PSEUDO }
        JumpNoInterrupt "JUMP_NO_INTERRUPT" = 261 { arg: Jump, pop: |_| 0, push: |_| 0, cache: 0, flags: JUMPS | ENDS_BLOCK | PSEUDO }
        LoadMethod "LOAD_METHOD" = 262 { arg: Name, pop: |_| 1, push: |_| 2, cache: 0, flags: MAY_RAISE | PSEUDO }
        LoadSuperMethod "LOAD_SUPER_METHOD" = 263 { arg: Name, pop: |_| 3, push: |_| 2, cache: 0, flags: MAY_RAISE | PSEUDO }
        LoadZeroSuperMethod "LOAD_ZERO_SUPER_METHOD" = 264 { arg: Name, pop: |_| 3, push: |_| 2, cache: 0, flags: MAY_RAISE | PSEUDO }
        LoadZeroSuperAttr "LOAD_ZERO_SUPER_ATTR" = 265 { arg: Name, pop: |_| 3, push: |_| 1, cache: 0, flags: MAY_RAISE | PSEUDO }
        StoreFastMaybeNull "STORE_FAST_MAYBE_NULL" = 266 { arg: Local, pop: |_| 1, push: |_| 0, cache: 0, flags: PSEUDO }
    }};
}

/// What an instruction's oparg means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgKind {
    /// The oparg is not used.
    None,
    /// A plain number: a count, flags or a depth.
    Count,
    /// An index into the constants.
    Const,
    /// An index into the names (shifted left where the low bits are flags).
    Name,
    /// An index into the fast locals ("localsplus").
    Local,
    /// An index of a cell or free variable in "localsplus".
    Deref,
    /// A forward distance in code units from the next instruction.
    Jump,
    /// A backward distance in code units from the next instruction.
    JumpBackward,
    /// A comparison: the operator in the high four bits, a mask in the low ones.
    Compare,
}

/// Properties of an instruction, as a set of bits.
pub mod flags {
    /// None of the others.
    pub const PLAIN: u8 = 0;
    /// The instruction can raise an exception.
    pub const MAY_RAISE: u8 = 1;
    /// The oparg is a jump target.
    pub const JUMPS: u8 = 2;
    /// Control never reaches the next instruction.
    pub const ENDS_BLOCK: u8 = 4;
    /// Exists until assembly, never in a code object.
    pub const PSEUDO: u8 = 8;
}

macro_rules! define_opcodes {
    ($($variant:ident $name:literal = $number:literal {
        arg: $arg:ident, pop: |$pop_n:tt| $pop:expr, push: |$push_n:tt| $push:expr, cache: $cache:literal, flags: $flags:expr
    })*) => {
        /// An instruction of Python 3.12, or a pseudo-instruction of the compiler.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Opcode {
            $(#[doc = concat!("`", $name, "`")] $variant = $number,)*
        }

        impl Opcode {
            /// All instructions, in the order of their numbers.
            pub const ALL: &[Opcode] = &[$(Opcode::$variant),*];

            /// The instruction of this number; `None` where there is none (instrumented ones included).
            pub const fn from_number(number: u16) -> Option<Opcode> {
                match number { $($number => Some(Opcode::$variant),)* _ => None }
            }

            /// The name that `dis` prints.
            pub const fn name(self) -> &'static str {
                match self { $(Opcode::$variant => $name,)* }
            }

            /// What the oparg means.
            pub const fn arg_kind(self) -> ArgKind {
                match self { $(Opcode::$variant => ArgKind::$arg,)* }
            }

            /// How many values the instruction pops, given its oparg.
            pub const fn popped(self, oparg: u32) -> u32 {
                match self { $(Opcode::$variant => { let $pop_n = oparg; $pop })* }
            }

            /// How many values the instruction pushes, given its oparg, on the path that does not jump.
            pub const fn pushed(self, oparg: u32) -> u32 {
                match self { $(Opcode::$variant => { let $push_n = oparg; $push })* }
            }

            /// The number of inline-cache code units that follow the instruction.
            pub const fn cache_units(self) -> usize {
                match self { $(Opcode::$variant => $cache,)* }
            }

            /// The instruction's properties, see [`flags`].
            pub const fn flags(self) -> u8 {
                use flags::*;
                match self { $(Opcode::$variant => $flags,)* }
            }
        }
    };
}

for_each_instruction!(define_opcodes);

impl Opcode {
    /// The first number that has an oparg.
    pub const HAVE_ARGUMENT: u16 = 90;

    /// Whether `dis` shows an oparg for the instruction.
    pub const fn has_arg(self) -> bool {
        self as u16 >= Self::HAVE_ARGUMENT
            && !matches!(
                self,
                Opcode::PopBlock | Opcode::SetupFinally | Opcode::SetupCleanup | Opcode::SetupWith
            )
    }

    /// Whether the oparg is a jump target.
    pub const fn is_jump(self) -> bool {
        self.flags() & flags::JUMPS != 0
    }
}
