//! The instruction set of register code.
//!
//! An instruction has three register numbers and 64 bits for a constant, a jump target or an inline cache.
//! Registers are variables (fast locals, cells, free variables) or temporaries. A variable as operand is
//! read in place; a temporary is used up: bits of `uses` say which operands are temporaries. A dead temporary holds
//! no pointer, so destinations are written without looking, and unwinding may drop every register.

use std::cell::Cell;

macro_rules! define_ops {
    ($($(#[doc = $doc:literal])* $op:ident,)*) => {
        /// An operation of register code. `[a]` is the register that operand `a` names; `x` is the extra word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Op { $($(#[doc = $doc])* $op,)* }
    };
}

define_ops! {
    /// Nothing.
    Nop,
    /// Start of the function: a safepoint.
    Resume,
    /// `[a] = clone [b]`
    Copy,
    /// `[a] = [b]`, which dies
    Move,
    /// `[a] = x`, a constant
    LoadConst,
    /// `[a]` dies
    Drop,
    /// Raises where variable `[a]` is unbound
    CheckBound,
    /// `[a] = clone [b]`, raising where `[b]` is unbound
    CopyChecked,
    /// `del` of variable `[a]`
    DeleteFast,
    /// `[a] = [b]`, leaving variable `[b]` unbound
    TakeVariable,
    /// Wraps variable `[a]` in a cell
    MakeCell,
    /// Copies `b` free variables from the function's closure to `[a]…`
    CopyFreeVars,
    /// `[a] = contents of cell [b]`
    LoadDeref,
    /// `contents of cell [a] = [b]`
    StoreDeref,
    /// Empties cell `[a]`
    DeleteDeref,
    /// `[a] = name x`
    LoadName,
    /// `name x = [b]`
    StoreName,
    /// `del name x`
    DeleteName,
    /// `[a] = global b` (cache: version of the keys, position; in builtins where `c` is 1)
    LoadGlobal,
    /// The same with the globals' cache filled
    LoadGlobalCached,
    /// The same with the builtins' cache filled: `x` is an index of the side table
    LoadBuiltinCached,
    /// `global x = [b]`
    StoreGlobal,
    /// `del global x`
    DeleteGlobal,
    /// `[a] = locals()`
    LoadLocals,
    /// `[a] = [b] (a mapping)[name x], else global x`
    LoadFromDictOrGlobals,
    /// `[a] = [b] (a mapping)[name of cell [c]], else its contents`
    LoadFromDictOrDeref,
    /// `[a] = builtins.__build_class__`
    LoadBuildClass,
    /// `[a] = AssertionError`
    LoadAssertionError,
    /// Makes `__annotations__`
    SetupAnnotations,
    /// `[a] = [b].name c` (cache: guard, slot)
    LoadAttr,
    /// The same for a slot inside the instance: shape guard, byte offset
    LoadAttrSlot,
    /// The same for a value found on the class: guard, side-table index
    LoadAttrClass,
    /// The same for a property whose getter is a Python function: guard, side-table index
    LoadAttrProperty,
    /// The same for a module's attribute: keys version, position
    LoadAttrModule,
    /// `[a], [a+1] = method name c of [b], [b]`, or `unbound, [b].name`
    LoadMethod,
    /// The same for an instance with a shape: guard, side-table index
    LoadMethodShape,
    /// The same for an instance without: class guard, side-table index
    LoadMethodClass,
    /// `[b].name c = [a]`
    StoreAttr,
    /// The same for an existing slot inside the instance: shape guard, byte offset
    StoreAttrSlot,
    /// The same for a new slot inside the instance: shape guard, side-table index of the new shape
    StoreAttrAdd,
    /// `del [b].name c`
    DeleteAttr,
    /// `[a](, [a+1]) = super attribute`: `[b]` is `super`, `[b+1]` the class, `[b+2]` the instance; `x`: name, flags
    LoadSuperAttr,
    /// The same for a method: name, side-table index of `super`, guard, class and function
    LoadSuperMethod,
    /// `[a] = [b] op [c]` where op is `x`
    Binary,
    /// `[a] = [b] op [c]`, in place
    BinaryInplace,
    /// `[a] = [b] + [c]`
    Add,
    /// `[a] = [b] - [c]`
    Subtract,
    /// `[a] = [b] * [c]`
    Multiply,
    /// `[a] = [b] / [c]`
    TrueDivide,
    /// `[a] = [b] // [c]`
    FloorDivide,
    /// `[a] = [b] % [c]`
    Remainder,
    /// `[a] = [b] & [c]`
    And,
    /// `[a] = [b] | [c]`
    Or,
    /// `[a] = [b] ^ [c]`
    Xor,
    /// `[a] = [b] << [c]`
    LeftShift,
    /// `[a] = [b] >> [c]`
    RightShift,
    /// `[a] = [b] + x`, a small integer (not in place where `c` is 1)
    AddConst,
    /// `[a] = [b] - x`
    SubtractConst,
    /// `[a] = [b] * x`
    MultiplyConst,
    /// `[a] = [b] op x` where op is `c`, `c - 13` in place
    BinaryConst,
    /// `[a] = x op [b]` where op is `c`
    BinaryConstLeft,
    /// `[a] = [b] < [c]` and so on, op is `x`
    Compare,
    /// `[a] = [b] is [c]`
    Is,
    /// `[a] = [b] is not [c]`
    IsNot,
    /// `[a] = [b] in [c]`
    In,
    /// `[a] = [b] not in [c]`
    NotIn,
    /// Jumps to `x` where `[b] op [c]` is as asked; `a` is the operator, and 8 more to jump where it holds
    CompareJump,
    /// The same with a constant small integer in the upper half of `x`
    CompareConstJump,
    /// Jumps to `x` where `[b] is [c]` is as `a` asks
    IsJump,
    /// `[a] = [b][[c]]`
    Subscript,
    /// `[a] = [b][x]`, a constant
    SubscriptConst,
    /// `[b][[c]] = [a]`
    StoreSubscript,
    /// `del [b][[c]]`
    DeleteSubscript,
    /// `[a] = [b][[b+1]:[b+2]]`
    Slice,
    /// `[b][[b+1]:[b+2]] = [a]`
    StoreSlice,
    /// `[a] = -[b]`
    Negative,
    /// `[a] = +[b]`
    Positive,
    /// `[a] = ~[b]`
    Invert,
    /// `[a] = not [b]`
    Not,
    /// Jumps to `x`
    Jump,
    /// Jumps back to `x`: a safepoint
    JumpBackward,
    /// Jumps to `x` where `[b]` is true
    JumpIfTrue,
    /// Jumps to `x` where `[b]` is false
    JumpIfFalse,
    /// Jumps to `x` where `[b]` is `None`
    JumpIfNone,
    /// Jumps to `x` where `[b]` is not `None`
    JumpIfNotNone,
    /// `[a] = iter([b])`
    GetIter,
    /// `[a] = next([b])`, or `[b]` dies and it jumps to `x`
    ForIter,
    /// `[a] = ` what `yield from [b]` iterates
    GetYieldFromIter,
    /// `[a] = ` what `await [b]` iterates; `c` is the oparg
    GetAwaitable,
    /// `[a] = aiter([b])`
    GetAiter,
    /// `[a] = ` what `await anext([b])` iterates
    GetAnext,
    /// Sends `[c]` to `[b]`: `[a]` is what it yields; or what it returns, and it jumps to `x`
    Send,
    /// Suspends with `[b]`; `[a]` is what is sent
    Yield,
    /// Makes the generator object and returns it
    ReturnGenerator,
    /// Ends `async for`: `[b]` the iterator, `[b+1]` the exception
    EndAsyncFor,
    /// Handles an exception thrown into `yield from`: `[a] = value` of the `StopIteration` `[b+2]`, or raises it
    CleanupThrow,
    /// Returns `[b]`
    Return,
    /// Returns `x`
    ReturnConst,
    /// `[a] = [b]([b+1] …)` with `c` arguments; `x` names keyword arguments
    Call,
    /// `[a] = [b]([b+1], …)`, or `[b+1](…)` where `[b]` is unbound, with `c` arguments after `[b+1]`
    CallMethod,
    /// `[a] = [b](*[b+1], **[b+2])`, without keywords where `c` is 0
    CallEx,
    /// `[a] = intrinsic x of [b]`
    Intrinsic1,
    /// `[a] = intrinsic x of [b], [c]`
    Intrinsic2,
    /// `[a] = function of code [b] with the parts flagged in c before it`
    MakeFunction,
    /// `[a] = tuple of c registers from [b]`
    BuildTuple,
    /// `[a] = list of c registers from [b]`
    BuildList,
    /// `[a] = set of c registers from [b]`
    BuildSet,
    /// `[a] = dict of c pairs from [b]`
    BuildMap,
    /// `[a] = dict of c values from [b], keys in the tuple after them`
    BuildConstKeyMap,
    /// `[a] = c strings from [b], joined`
    BuildString,
    /// `[a] = slice of c registers from [b]`
    BuildSlice,
    /// Appends `[b]` to list `[a]`
    ListAppend,
    /// Adds `[b]` to set `[a]`
    SetAdd,
    /// `dict [a][[b]] = [c]`
    MapAdd,
    /// Extends list `[a]` by `[b]`
    ListExtend,
    /// Adds the items of `[b]` to set `[a]`
    SetUpdate,
    /// Updates dict `[a]` from `[b]`
    DictUpdate,
    /// The same for keyword arguments: duplicates raise; `[c]` is the function
    DictMerge,
    /// `[a] = format([b], [b+1])`; `c` is the oparg
    FormatValue,
    /// `[a] … [a+c-1] = items of [b]`, the last first
    UnpackSequence,
    /// `[a] … [a+c-1] = items of [b]`, variables, the first first
    UnpackToVariables,
    /// `[a] … = items of [b]` with a star; `x` is the oparg
    UnpackEx,
    /// `[a] = import name x` with level `[b]`, names `[c]`
    ImportName,
    /// `[a] = name x of module [b]`
    ImportFrom,
    /// `[a] = previous handled exception, [a+1] = [b]`, which is being handled now
    PushExcInfo,
    /// `[b]` is the handled exception again
    PopExcept,
    /// `[a] = exception [b] matches [c]`
    CheckExcMatch,
    /// `[a], [a+1] = rest and match of group [b] for [c]`
    CheckEgMatch,
    /// Raises: `c` operands from `[b]`
    Raise,
    /// Raises `[b]` again; with `c`, the place is in `[a]`
    Reraise,
    /// `[a], [a+1] = __exit__, __enter__()` of `[b]`
    BeforeWith,
    /// The same for `async with`
    BeforeAsyncWith,
    /// `[a] = [b](type, value, traceback)` of exception `[c]`
    WithExceptStart,
    /// `[a] = len([b])`
    GetLen,
    /// `[a] = [b] is a mapping`
    MatchMapping,
    /// `[a] = [b] is a sequence`
    MatchSequence,
    /// `[a] = values of keys [c] in mapping [b]`, or `None`
    MatchKeys,
    /// `[a] = attributes of [b] for class [b+1] and names [b+2], c positional`, or `None`
    MatchClass,
    /// Raises `SystemError`: the code needs something that cannot be; `x` says what
    Invalid,
}

/// Bits of [`Instruction::uses`].
pub mod uses {
    /// Operand `b` is a temporary.
    pub const B: u8 = 1;
    /// Operand `c` is a temporary.
    pub const C: u8 = 2;
    /// Operand `a` is a temporary that is read.
    pub const A: u8 = 4;
}

/// An instruction.
#[repr(C)]
pub struct Instruction {
    /// The operation; specialisation changes it.
    pub op: Cell<Op>,
    /// Which operands are temporaries that the instruction uses up.
    pub uses: u8,
    /// Usually the destination.
    pub a: u16,
    /// Usually the first operand.
    pub b: u16,
    /// Usually the second operand.
    pub c: u16,
    /// A constant, a jump target, or an inline cache.
    pub x: Cell<u64>,
}

const _: () = assert!(size_of::<Instruction>() == 16);

impl Instruction {
    /// How far the jump target is from this instruction, in bytes.
    #[inline(always)]
    pub fn distance(&self) -> isize {
        self.x.get() as u32 as i32 as isize
    }

    /// The upper half of the extra word.
    #[inline(always)]
    pub fn upper(&self) -> u32 {
        (self.x.get() >> 32) as u32
    }

    /// The lower half of the extra word.
    #[inline(always)]
    pub fn lower(&self) -> u32 {
        self.x.get() as u32
    }

    /// Goes back to the general operation, if this is one with a cache that names objects.
    pub fn forget_cache(&self) {
        match self.op.get() {
            Op::LoadAttrClass | Op::LoadAttrProperty => self.op.set(Op::LoadAttr),
            Op::LoadSuperMethod => self.op.set(Op::LoadSuperAttr),
            Op::LoadMethodShape | Op::LoadMethodClass => self.op.set(Op::LoadMethod),
            _ => {}
        }
    }

    /// Fills the cache and changes the operation.
    #[inline]
    pub fn specialize(&self, op: Op, lower: u32, upper: u32) {
        self.x.set(u64::from(upper) << 32 | u64::from(lower));
        self.op.set(op);
    }
}
