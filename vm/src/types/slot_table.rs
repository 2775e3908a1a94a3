//! The special methods: which slot each belongs to, how a native slot looks as a method (`int.__add__`), and
//! which function a class written in Python gets (`types/slot_functions`). One row per method, nothing stated twice.

use super::slot_functions as generic;
use super::slot_wrappers as wrap;
use crate::interp;
use crate::native::Args;
use crate::object::slots::{CompareOp, SlotId, Slots};
use crate::object::{Ref, Value};
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};

/// Calls a native slot as a method: the slots of the class that the descriptor belongs to, the object, the arguments.
pub type Wrapper = fn(&mut Vm, &SlotDef, &Slots, &Value, Args<'_>) -> PyResult;

/// One special method.
pub struct SlotDef {
    /// Its name.
    pub name: &'static str,
    /// Which one it is.
    pub dunder: Dunder,
    /// The slot that it belongs to.
    pub slot: SlotId,
    /// How the slot is called as a method; none where a native slot does not show as this method.
    pub wrapper: Option<Wrapper>,
    /// Puts the function that looks the method up into the slot; none where a method written in Python does
    /// not act through this slot.
    pub install: Option<fn(&Slots)>,
    /// `__text_signature__`
    pub text: &'static str,
    /// `__doc__`
    pub doc: &'static str,
}

/// The interned names of the special methods, by [`Dunder`].
pub struct DunderNames(Vec<Ref<Str>>);

impl DunderNames {
    /// Interns them.
    pub(crate) fn new() -> DunderNames {
        DunderNames(TABLE.iter().map(|def| interp::current().intern(def.name)).collect())
    }
}

impl Dunder {
    /// The interned name.
    #[inline(always)]
    pub fn name(self) -> &'static Ref<Str> {
        &interp::current().dunder_names().0[self as usize]
    }
}

/// The rows of a special method; none where there is no method of this name. The name is interned.
pub fn rows(name: &Ref<Str>) -> impl Iterator<Item = &'static SlotDef> + use<> {
    let name = name.clone();
    TABLE.iter().filter(move |def| name.is(def.dunder.name()))
}

macro_rules! table {
    ($($dunder:ident $name:literal $slot:ident [$wrapper:expr] [$install:expr] $text:literal $doc:literal)*) => {
        /// A special method and one slot that it acts through.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(usize)]
        pub enum Dunder {
            $(#[doc = concat!("`", $name, "`")] $dunder,)*
        }

        /// All special methods, in CPython's order.
        pub static TABLE: &[SlotDef] = &[
            $(SlotDef {
                name: $name,
                dunder: Dunder::$dunder,
                slot: SlotId::$slot,
                wrapper: $wrapper,
                install: $install,
                text: $text,
                doc: $doc,
            },)*
        ];
    };
}

macro_rules! install {
    ($slot:ident) => {
        Some(|slots| slots.$slot.set(Some(generic::$slot)))
    };
}

macro_rules! unary {
    ($slot:ident) => {
        Some(|vm, def, slots, this, args| {
            wrap::expect(vm, def, args, 0)?;
            match slots.$slot.get() {
                Some(f) => f(vm, this),
                None => Err(wrap::missing(vm, def)),
            }
        })
    };
}

macro_rules! binary {
    ($slot:ident) => {
        Some(|vm, def, slots, this, args| {
            wrap::expect(vm, def, args, 1)?;
            match slots.$slot.get() {
                Some(f) => f(vm, this, &args.values[0]),
                None => Err(wrap::missing(vm, def)),
            }
        })
    };
}

macro_rules! reflected {
    ($slot:ident) => {
        Some(|vm, def, slots, this, args| {
            wrap::expect(vm, def, args, 1)?;
            match slots.$slot.get() {
                Some(f) => f(vm, &args.values[0], this),
                None => Err(wrap::missing(vm, def)),
            }
        })
    };
}

macro_rules! compare {
    ($op:ident) => {
        Some(|vm, def, slots, this, args| {
            wrap::expect(vm, def, args, 1)?;
            match slots.richcompare.get() {
                Some(f) => f(vm, this, &args.values[0], CompareOp::$op),
                None => Err(wrap::missing(vm, def)),
            }
        })
    };
}

table! {
    Getattribute "__getattribute__" getattro [Some(wrap::getattribute)] [install!(getattro)] "($self, name, /)" "Return getattr(self, name)."
    Getattr "__getattr__" getattro [None] [install!(getattro)] "" ""
    Setattr "__setattr__" setattro [Some(wrap::setattr)] [install!(setattro)] "($self, name, value, /)" "Implement setattr(self, name, value)."
    Delattr "__delattr__" setattro [Some(wrap::delattr)] [install!(setattro)] "($self, name, /)" "Implement delattr(self, name)."
    Repr "__repr__" repr [unary!(repr)] [install!(repr)] "($self, /)" "Return repr(self)."
    Hash "__hash__" hash [Some(wrap::hash)] [install!(hash)] "($self, /)" "Return hash(self)."
    Call "__call__" call [Some(wrap::call)] [install!(call)] "($self, /, *args, **kwargs)" "Call self as a function."
    Str "__str__" str [unary!(str)] [install!(str)] "($self, /)" "Return str(self)."
    Lt "__lt__" richcompare [compare!(Lt)] [install!(richcompare)] "($self, value, /)" "Return self<value."
    Le "__le__" richcompare [compare!(Le)] [install!(richcompare)] "($self, value, /)" "Return self<=value."
    Eq "__eq__" richcompare [compare!(Eq)] [install!(richcompare)] "($self, value, /)" "Return self==value."
    Ne "__ne__" richcompare [compare!(Ne)] [install!(richcompare)] "($self, value, /)" "Return self!=value."
    Gt "__gt__" richcompare [compare!(Gt)] [install!(richcompare)] "($self, value, /)" "Return self>value."
    Ge "__ge__" richcompare [compare!(Ge)] [install!(richcompare)] "($self, value, /)" "Return self>=value."
    Iter "__iter__" iter [unary!(iter)] [install!(iter)] "($self, /)" "Implement iter(self)."
    Next "__next__" next [Some(wrap::next)] [install!(next)] "($self, /)" "Implement next(self)."
    Get "__get__" descr_get [Some(wrap::get)] [install!(descr_get)] "($self, instance, owner=None, /)" "Return an attribute of instance, which is of type owner."
    Set "__set__" descr_set [Some(wrap::set)] [install!(descr_set)] "($self, instance, value, /)" "Set an attribute of instance to value."
    Delete "__delete__" descr_set [Some(wrap::delete)] [install!(descr_set)] "($self, instance, /)" "Delete an attribute of instance."
    Init "__init__" init [Some(wrap::init)] [install!(init)] "($self, /, *args, **kwargs)" "Initialize self.  See help(type(self)) for accurate signature."
    New "__new__" new [None] [install!(new)] "($type, *args, **kwargs)" "Create and return new object."
    Del "__del__" finalize [Some(wrap::del)] [install!(finalize)] "" ""
    Buffer "__buffer__" buffer [Some(wrap::buffer)] [install!(buffer)] "($self, flags, /)" "Return a buffer object that exposes the underlying memory of the object."
    Await "__await__" await_ [unary!(await_)] [install!(await_)] "($self, /)" "Return an iterator to be used in await expression."
    Aiter "__aiter__" aiter [unary!(aiter)] [install!(aiter)] "($self, /)" "Return an awaitable, that resolves in asynchronous iterator."
    Anext "__anext__" anext [unary!(anext)] [install!(anext)] "($self, /)" "Return a value or raise StopAsyncIteration."
    Add "__add__" add [binary!(add)] [install!(add)] "($self, value, /)" "Return self+value."
    Radd "__radd__" add [reflected!(add)] [install!(add)] "($self, value, /)" "Return value+self."
    Sub "__sub__" subtract [binary!(subtract)] [install!(subtract)] "($self, value, /)" "Return self-value."
    Rsub "__rsub__" subtract [reflected!(subtract)] [install!(subtract)] "($self, value, /)" "Return value-self."
    Mul "__mul__" multiply [binary!(multiply)] [install!(multiply)] "($self, value, /)" "Return self*value."
    Rmul "__rmul__" multiply [reflected!(multiply)] [install!(multiply)] "($self, value, /)" "Return value*self."
    Mod "__mod__" remainder [binary!(remainder)] [install!(remainder)] "($self, value, /)" "Return self%value."
    Rmod "__rmod__" remainder [reflected!(remainder)] [install!(remainder)] "($self, value, /)" "Return value%self."
    Divmod "__divmod__" divmod [binary!(divmod)] [install!(divmod)] "($self, value, /)" "Return divmod(self, value)."
    Rdivmod "__rdivmod__" divmod [reflected!(divmod)] [install!(divmod)] "($self, value, /)" "Return divmod(value, self)."
    Pow "__pow__" power [Some(wrap::pow)] [install!(power)] "($self, value, mod=None, /)" "Return pow(self, value, mod)."
    Rpow "__rpow__" power [Some(wrap::rpow)] [install!(power)] "($self, value, mod=None, /)" "Return pow(value, self, mod)."
    Neg "__neg__" negative [unary!(negative)] [install!(negative)] "($self, /)" "-self"
    Pos "__pos__" positive [unary!(positive)] [install!(positive)] "($self, /)" "+self"
    Abs "__abs__" absolute [unary!(absolute)] [install!(absolute)] "($self, /)" "abs(self)"
    Bool "__bool__" bool [Some(wrap::bool)] [install!(bool)] "($self, /)" "True if self else False"
    Invert "__invert__" invert [unary!(invert)] [install!(invert)] "($self, /)" "~self"
    Lshift "__lshift__" lshift [binary!(lshift)] [install!(lshift)] "($self, value, /)" "Return self<<value."
    Rlshift "__rlshift__" lshift [reflected!(lshift)] [install!(lshift)] "($self, value, /)" "Return value<<self."
    Rshift "__rshift__" rshift [binary!(rshift)] [install!(rshift)] "($self, value, /)" "Return self>>value."
    Rrshift "__rrshift__" rshift [reflected!(rshift)] [install!(rshift)] "($self, value, /)" "Return value>>self."
    And "__and__" and [binary!(and)] [install!(and)] "($self, value, /)" "Return self&value."
    Rand "__rand__" and [reflected!(and)] [install!(and)] "($self, value, /)" "Return value&self."
    Xor "__xor__" xor [binary!(xor)] [install!(xor)] "($self, value, /)" "Return self^value."
    Rxor "__rxor__" xor [reflected!(xor)] [install!(xor)] "($self, value, /)" "Return value^self."
    Or "__or__" or [binary!(or)] [install!(or)] "($self, value, /)" "Return self|value."
    Ror "__ror__" or [reflected!(or)] [install!(or)] "($self, value, /)" "Return value|self."
    Int "__int__" int [unary!(int)] [install!(int)] "($self, /)" "int(self)"
    Float "__float__" float [unary!(float)] [install!(float)] "($self, /)" "float(self)"
    Iadd "__iadd__" inplace_add [binary!(inplace_add)] [install!(inplace_add)] "($self, value, /)" "Return self+=value."
    Isub "__isub__" inplace_subtract [binary!(inplace_subtract)] [install!(inplace_subtract)] "($self, value, /)" "Return self-=value."
    Imul "__imul__" inplace_multiply [binary!(inplace_multiply)] [install!(inplace_multiply)] "($self, value, /)" "Return self*=value."
    Imod "__imod__" inplace_remainder [binary!(inplace_remainder)] [install!(inplace_remainder)] "($self, value, /)" "Return self%=value."
    Ipow "__ipow__" inplace_power [Some(wrap::ipow)] [install!(inplace_power)] "($self, value, /)" "Return self**=value."
    Ilshift "__ilshift__" inplace_lshift [binary!(inplace_lshift)] [install!(inplace_lshift)] "($self, value, /)" "Return self<<=value."
    Irshift "__irshift__" inplace_rshift [binary!(inplace_rshift)] [install!(inplace_rshift)] "($self, value, /)" "Return self>>=value."
    Iand "__iand__" inplace_and [binary!(inplace_and)] [install!(inplace_and)] "($self, value, /)" "Return self&=value."
    Ixor "__ixor__" inplace_xor [binary!(inplace_xor)] [install!(inplace_xor)] "($self, value, /)" "Return self^=value."
    Ior "__ior__" inplace_or [binary!(inplace_or)] [install!(inplace_or)] "($self, value, /)" "Return self|=value."
    Floordiv "__floordiv__" floor_divide [binary!(floor_divide)] [install!(floor_divide)] "($self, value, /)" "Return self//value."
    Rfloordiv "__rfloordiv__" floor_divide [reflected!(floor_divide)] [install!(floor_divide)] "($self, value, /)" "Return value//self."
    Truediv "__truediv__" true_divide [binary!(true_divide)] [install!(true_divide)] "($self, value, /)" "Return self/value."
    Rtruediv "__rtruediv__" true_divide [reflected!(true_divide)] [install!(true_divide)] "($self, value, /)" "Return value/self."
    Ifloordiv "__ifloordiv__" inplace_floor_divide [binary!(inplace_floor_divide)] [install!(inplace_floor_divide)] "($self, value, /)" "Return self//=value."
    Itruediv "__itruediv__" inplace_true_divide [binary!(inplace_true_divide)] [install!(inplace_true_divide)] "($self, value, /)" "Return self/=value."
    Index "__index__" index [unary!(index)] [install!(index)] "($self, /)" "Return self converted to an integer, if self is suitable for use as an index into a list."
    Matmul "__matmul__" matrix_multiply [binary!(matrix_multiply)] [install!(matrix_multiply)] "($self, value, /)" "Return self@value."
    Rmatmul "__rmatmul__" matrix_multiply [reflected!(matrix_multiply)] [install!(matrix_multiply)] "($self, value, /)" "Return value@self."
    Imatmul "__imatmul__" inplace_matrix_multiply [binary!(inplace_matrix_multiply)] [install!(inplace_matrix_multiply)] "($self, value, /)" "Return self@=value."
    Len "__len__" len [Some(wrap::len)] [install!(len)] "($self, /)" "Return len(self)."
    Getitem "__getitem__" getitem [binary!(getitem)] [install!(getitem)] "($self, key, /)" "Return self[key]."
    Setitem "__setitem__" setitem [Some(wrap::setitem)] [install!(setitem)] "($self, key, value, /)" "Set self[key] to value."
    Delitem "__delitem__" setitem [Some(wrap::delitem)] [install!(setitem)] "($self, key, /)" "Delete self[key]."
    // CPython's sequences show concatenation and repetition under the numbers' names; a method written in
    // Python acts through the numbers' slots only.
    Concat "__add__" concat [binary!(concat)] [None] "($self, value, /)" "Return self+value."
    Repeat "__mul__" repeat [binary!(repeat)] [None] "($self, value, /)" "Return self*value."
    Rrepeat "__rmul__" repeat [binary!(repeat)] [None] "($self, value, /)" "Return value*self."
    Contains "__contains__" contains [Some(wrap::contains)] [install!(contains)] "($self, key, /)" "Return bool(key in self)."
    Iconcat "__iadd__" inplace_concat [binary!(inplace_concat)] [None] "($self, value, /)" "Implement self+=value."
    Irepeat "__imul__" inplace_repeat [binary!(inplace_repeat)] [None] "($self, value, /)" "Implement self*=value."
}
