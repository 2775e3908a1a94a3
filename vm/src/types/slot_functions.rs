//! The slots of classes written in Python: each looks its special method up along the class's method
//! resolution order and calls it. `types/slot_table` says which method belongs to which slot.

use super::slot_table::{Dunder, SlotDef, TABLE, rows};
use crate::interp;
use crate::native::Args;
use crate::object::class::flag;
use crate::object::slots::{BinaryFn, CompareOp, SlotId, TernaryFn};
use crate::object::{Class, Ref, Value};
use crate::types::buffer::Buffer;
use crate::types::descriptor::WrapperDescriptor;
use crate::types::function::NativeFunction;
use crate::types::str::Str;
use crate::vm::{PyResult, Raised, Vm};
use smallvec::SmallVec;

// --- which function a slot gets ---

/// Fills the slots of a new class from its attributes and bases.
pub fn fill(class: &Ref<Class>) {
    // With one base nothing changes but what the class itself defines.
    if let [base] = &*class.bases()
        && class.mro().iter().skip(1).map(Ref::as_ptr).eq(base.mro().iter().map(Ref::as_ptr))
    {
        class.slots.copy_from(&base.slots);
        for def in TABLE {
            if class.attributes().get_str(def.dunder.name()).is_some() {
                update(class, def.slot);
            }
        }
        return;
    }
    let mut last = None;
    for def in TABLE {
        // Rows of one slot mostly follow each other; doing a slot twice does no harm.
        if last != Some(def.slot) {
            update(class, def.slot);
            last = Some(def.slot);
        }
    }
}

/// Brings the slots of a class and its subclasses in step after an attribute has changed. The name is interned.
pub fn attribute_changed(class: &Ref<Class>, name: &Ref<Str>) {
    for def in rows(name) {
        update_with_subclasses(class, def.slot, name);
    }
}

fn update_with_subclasses(class: &Ref<Class>, slot: SlotId, name: &Ref<Str>) {
    let mut work = vec![class.clone()];
    while let Some(class) = work.pop() {
        update(&class, slot);
        work.extend(class.subclasses().into_iter().filter(|sub| sub.attributes().get_str(name).is_none()));
    }
}

/// Recomputes every slot of a class and its subclasses (`__bases__` assignment).
pub fn refill(class: &Ref<Class>) {
    let mut work = vec![class.clone()];
    while let Some(class) = work.pop() {
        for def in TABLE {
            update(&class, def.slot);
        }
        work.extend(class.subclasses());
    }
}

/// Computes one slot: the native function itself where all the slot's methods are that function's own
/// descriptors, else the function that looks the methods up.
fn update(class: &Ref<Class>, slot: SlotId) {
    if !class.has(flag::HEAP) {
        return;
    }
    let mut native: Option<Ref<Class>> = None;
    let mut own_function = None;
    let mut generic = false;
    for def in TABLE.iter().filter(|def| def.slot == slot) {
        let Some(found) = class.lookup(def.dunder.name()) else { continue };
        if let Some(wrapper) = found.downcast_ref::<WrapperDescriptor>()
            && wrapper.def.name == def.name
        {
            // A descriptor of another slot with the same name (`list.__add__` concatenates) says nothing here.
            if wrapper.def.slot != slot {
                continue;
            }
            let agrees = native.as_ref().is_none_or(|other| other.slots.same(slot, &wrapper.owner.slots));
            if agrees && std::ptr::eq(wrapper.def, def) && class.is_subclass(&wrapper.owner) {
                native = Some(wrapper.owner.clone());
                own_function = def.install;
                continue;
            }
        } else if def.dunder == Dunder::New
            && let Some(function) = found.downcast_ref::<NativeFunction>()
            && let Some(owner) = function.instance.downcast_ref::<Class>()
            && function.is_new()
            && makes_instances_of(owner, class)
        {
            native = Some(owner.clone());
            continue;
        } else if def.dunder == Dunder::Hash && found.is_none() {
            class.slots.hash.set(Some(not_hashable));
            return;
        }
        own_function = def.install;
        generic = true;
    }
    match (native, own_function) {
        (Some(owner), _) if !generic => class.slots.copy(slot, &owner.slots),
        (_, Some(install)) if generic => install(&class.slots),
        _ => class.slots.clear(slot),
    }
}

/// Whether a native class's `__new__` makes what instances of `class` must be. Where it does not, calling it is
/// an error that the method itself reports.
fn makes_instances_of(owner: &Class, class: &Ref<Class>) -> bool {
    let mut native = Some(class.clone());
    while let Some(current) = native.clone().filter(|c| c.has(flag::HEAP)) {
        native = current.base();
    }
    native.is_some_and(|native| native.slots.same(SlotId::new, &owner.slots))
}

/// `__hash__ = None`
pub fn not_hashable(vm: &mut Vm, this: &Value) -> PyResult<i64> {
    let class = this.class().name();
    Err(vm.type_error(format!("unhashable type: '{class}'")))
}

// --- looking methods up ---

/// A special method found through the class: the callable, and whether the object must be passed to it.
pub struct Special {
    callable: Value,
    pass_object: bool,
}

/// Looks a special method up through an object's class, and binds it where it does not act as a method.
#[inline]
pub fn special(vm: &mut Vm, object: &Value, name: &Ref<Str>) -> PyResult<Option<Special>> {
    let class = object.class();
    let Some(found) = class.lookup(name) else { return Ok(None) };
    bind(vm, found, object).map(Some)
}

fn bind(vm: &mut Vm, found: Value, object: &Value) -> PyResult<Special> {
    if found.class().has(flag::METHOD_DESCRIPTOR) {
        return Ok(Special { callable: found, pass_object: true });
    }
    let get = found.class().slots.descr_get.get();
    let callable = match get {
        Some(get) => {
            let class = object.class().as_value().clone();
            get(vm, &found, Some(object), &class)?
        }
        None => found,
    };
    Ok(Special { callable, pass_object: false })
}

impl Special {
    /// Whether the method is `None`, which blocks an operation.
    pub fn is_none(&self) -> bool {
        self.callable.is_none()
    }

    /// Calls it with positional arguments.
    #[inline]
    pub fn call(&self, vm: &mut Vm, object: &Value, args: &[&Value]) -> PyResult {
        let mut values: SmallVec<[Value; 4]> = SmallVec::new();
        if self.pass_object {
            values.push(object.clone());
        }
        values.extend(args.iter().map(|v| (*v).clone()));
        vm.call(&self.callable, &values)
    }

    /// Calls it with the arguments of a call.
    pub fn call_args(&self, vm: &mut Vm, object: &Value, args: Args<'_>) -> PyResult {
        if !self.pass_object {
            return vm.call_args(&self.callable, args);
        }
        let mut buffer = SmallVec::new();
        let args = args.with_first(object, &mut buffer);
        vm.call_args(&self.callable, args)
    }
}

/// Calls a special method that must be there.
#[inline]
fn invoke(vm: &mut Vm, dunder: Dunder, object: &Value, args: &[&Value]) -> PyResult {
    match special(vm, object, dunder.name())? {
        Some(method) => method.call(vm, object, args),
        None => Err(vanished(vm, dunder, object)),
    }
}

#[cold]
fn vanished(vm: &mut Vm, dunder: Dunder, object: &Value) -> Raised {
    let class = object.class().name();
    let name = dunder.name();
    vm.attribute_error(object, name, format!("'{class}' object has no attribute '{}'", name.as_ref()))
}

// --- the slots ---

macro_rules! unary {
    ($($slot:ident $dunder:ident)*) => {$(
        pub fn $slot(vm: &mut Vm, this: &Value) -> PyResult {
            invoke(vm, Dunder::$dunder, this, &[])
        }
    )*};
}

unary! {
    negative Neg
    positive Pos
    absolute Abs
    invert Invert
    int Int
    float Float
    index Index
}

/// `a op b`, where `function` is the slot's function of classes written in Python.
fn binary(
    vm: &mut Vm,
    a: &Value,
    b: &Value,
    dunders: [Dunder; 2],
    is_generic: impl Fn(&Class) -> bool,
) -> PyResult {
    let [dunder, reflected] = dunders;
    let (class, other) = (a.class(), b.class());
    let mut try_other = !class.is(other) && is_generic(other);
    if is_generic(class) {
        if try_other && other.is_subclass(class) && overrides(vm, a, b, reflected)? {
            let result = call_maybe(vm, reflected, b, a)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
            try_other = false;
        }
        let result = call_maybe(vm, dunder, a, b)?;
        if !result.is_not_implemented() || class.is(other) {
            return Ok(result);
        }
    }
    if try_other { call_maybe(vm, reflected, b, a) } else { Ok(Value::NOT_IMPLEMENTED) }
}

/// Whether `b`'s class has another reflected method than `a`'s.
fn overrides(vm: &mut Vm, a: &Value, b: &Value, reflected: Dunder) -> PyResult<bool> {
    let name = reflected.name();
    let Some(theirs) = b.class().lookup(name) else { return Ok(false) };
    let Some(ours) = a.class().lookup(name) else { return Ok(true) };
    if theirs.is(&ours) {
        return Ok(false);
    }
    vm.compare_bool(&theirs, &ours, CompareOp::Ne)
}

fn call_maybe(vm: &mut Vm, dunder: Dunder, object: &Value, argument: &Value) -> PyResult {
    match special(vm, object, dunder.name())? {
        Some(method) => method.call(vm, object, &[argument]),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

macro_rules! binary {
    ($($slot:ident $dunder:ident $reflected:ident)*) => {$(
        pub fn $slot(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
            binary(vm, a, b, [Dunder::$dunder, Dunder::$reflected], |class| {
                class.slots.$slot.get().is_some_and(|f| std::ptr::fn_addr_eq(f, $slot as BinaryFn))
            })
        }
    )*};
}

binary! {
    add Add Radd
    subtract Sub Rsub
    multiply Mul Rmul
    remainder Mod Rmod
    divmod Divmod Rdivmod
    lshift Lshift Rlshift
    rshift Rshift Rrshift
    and And Rand
    xor Xor Rxor
    or Or Ror
    floor_divide Floordiv Rfloordiv
    true_divide Truediv Rtruediv
    matrix_multiply Matmul Rmatmul
}

macro_rules! inplace {
    ($($slot:ident $dunder:ident)*) => {$(
        pub fn $slot(vm: &mut Vm, this: &Value, other: &Value) -> PyResult {
            invoke(vm, Dunder::$dunder, this, &[other])
        }
    )*};
}

inplace! {
    inplace_add Iadd
    inplace_subtract Isub
    inplace_multiply Imul
    inplace_remainder Imod
    inplace_lshift Ilshift
    inplace_rshift Irshift
    inplace_and Iand
    inplace_xor Ixor
    inplace_or Ior
    inplace_floor_divide Ifloordiv
    inplace_true_divide Itruediv
    inplace_matrix_multiply Imatmul
    getitem Getitem
}

pub fn inplace_power(vm: &mut Vm, this: &Value, other: &Value, _modulus: &Value) -> PyResult {
    invoke(vm, Dunder::Ipow, this, &[other])
}

pub fn power(vm: &mut Vm, base: &Value, exponent: &Value, modulus: &Value) -> PyResult {
    let is_generic =
        |class: &Class| class.slots.power.get().is_some_and(|f| std::ptr::fn_addr_eq(f, power as TernaryFn));
    if modulus.is_none() {
        return binary(vm, base, exponent, [Dunder::Pow, Dunder::Rpow], is_generic);
    }
    // With three operands only the first one's method is asked.
    if is_generic(base.class()) {
        return invoke(vm, Dunder::Pow, base, &[exponent, modulus]);
    }
    Ok(Value::NOT_IMPLEMENTED)
}

pub fn repr(vm: &mut Vm, this: &Value) -> PyResult {
    match special(vm, this, Dunder::Repr.name())? {
        Some(method) => method.call(vm, this, &[]),
        None => super::object_type::repr(vm, this),
    }
}

pub fn str(vm: &mut Vm, this: &Value) -> PyResult {
    invoke(vm, Dunder::Str, this, &[])
}

pub fn hash(vm: &mut Vm, this: &Value) -> PyResult<i64> {
    let method = match special(vm, this, Dunder::Hash.name())? {
        Some(method) if !method.is_none() => method,
        _ => return not_hashable(vm, this),
    };
    let result = method.call(vm, this, &[])?;
    // A result that is too large for a hash is hashed itself.
    let hash = match result.as_int() {
        Some(crate::number::Int::Small(hash)) => hash,
        Some(big) => big.hash(),
        None => return Err(vm.type_error("__hash__ method should return an integer")),
    };
    Ok(if hash == -1 { -2 } else { hash })
}

pub fn call(vm: &mut Vm, this: &Value, args: Args<'_>) -> PyResult {
    match special(vm, this, Dunder::Call.name())? {
        Some(method) => method.call_args(vm, this, args),
        None => Err(vanished(vm, Dunder::Call, this)),
    }
}

pub fn getattro(vm: &mut Vm, this: &Value, name: &Ref<Str>) -> PyResult {
    let found = match this.class().lookup(Dunder::Getattribute.name()) {
        Some(found) if !is_object_getattribute(&found) => {
            bind(vm, found, this).and_then(|method| method.call(vm, this, &[name.as_value()]).map(Some))
        }
        // The usual case makes no exception only to drop it.
        _ => vm.generic_lookup(this, name),
    };
    let raised = match found {
        Ok(Some(value)) => return Ok(value),
        Ok(None) => None,
        Err(raised) if raised.is(&vm.types().exceptions.attribute_error) => Some(raised),
        Err(raised) => return Err(raised),
    };
    match (special(vm, this, Dunder::Getattr.name())?, raised) {
        (Some(method), _) => {
            method.call(vm, this, &[name.as_value()]).map_err(|raised| vm.with_attribute(raised, this, name))
        }
        (None, Some(raised)) => Err(vm.with_attribute(raised, this, name)),
        (None, None) => Err(vm.no_attribute(this, name)),
    }
}

fn is_object_getattribute(found: &Value) -> bool {
    found.downcast_ref::<WrapperDescriptor>().is_some_and(|wrapper| {
        wrapper.def.dunder == Dunder::Getattribute && wrapper.owner.is(&interp::current().types().object)
    })
}

pub fn setattro(vm: &mut Vm, this: &Value, name: &Ref<Str>, value: Option<Value>) -> PyResult<()> {
    match value {
        Some(value) => invoke(vm, Dunder::Setattr, this, &[name.as_value(), &value]),
        None => invoke(vm, Dunder::Delattr, this, &[name.as_value()]),
    }
    .map(drop)
}

pub fn richcompare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
    let dunder = match op {
        CompareOp::Lt => Dunder::Lt,
        CompareOp::Le => Dunder::Le,
        CompareOp::Eq => Dunder::Eq,
        CompareOp::Ne => Dunder::Ne,
        CompareOp::Gt => Dunder::Gt,
        CompareOp::Ge => Dunder::Ge,
    };
    // As in CPython, a comparison method that cannot be had is none.
    match special(vm, a, dunder.name()) {
        Ok(Some(method)) => method.call(vm, a, &[b]),
        Ok(None) | Err(_) => Ok(Value::NOT_IMPLEMENTED),
    }
}

pub fn iter(vm: &mut Vm, this: &Value) -> PyResult {
    match special(vm, this, Dunder::Iter.name())? {
        Some(method) if method.is_none() => Err(not_iterable(vm, this)),
        Some(method) => method.call(vm, this, &[]),
        None if this.class().lookup(Dunder::Getitem.name()).is_some() => {
            Ok(super::iterators::SequenceIterator::new(this.clone()).into())
        }
        None => Err(not_iterable(vm, this)),
    }
}

#[cold]
fn not_iterable(vm: &mut Vm, this: &Value) -> Raised {
    let class = this.class().name();
    vm.type_error(format!("'{class}' object is not iterable"))
}

pub fn next(vm: &mut Vm, this: &Value) -> PyResult<Option<Value>> {
    match invoke(vm, Dunder::Next, this, &[]) {
        Ok(item) => Ok(Some(item)),
        Err(raised) if raised.is(&vm.types().exceptions.stop_iteration) => {
            vm.stop = Some(raised);
            Ok(None)
        }
        Err(raised) => Err(raised),
    }
}

pub fn descr_get(vm: &mut Vm, this: &Value, instance: Option<&Value>, owner: &Value) -> PyResult {
    match special(vm, this, Dunder::Get.name())? {
        Some(method) => method.call(vm, this, &[instance.unwrap_or(&Value::NONE), owner]),
        None => Ok(this.clone()),
    }
}

pub fn descr_set(vm: &mut Vm, this: &Value, instance: &Value, value: Option<Value>) -> PyResult<()> {
    match value {
        Some(value) => invoke(vm, Dunder::Set, this, &[instance, &value]),
        None => invoke(vm, Dunder::Delete, this, &[instance]),
    }
    .map(drop)
}

pub fn init(vm: &mut Vm, this: &Value, args: Args<'_>) -> PyResult<()> {
    let result = match special(vm, this, Dunder::Init.name())? {
        Some(method) => method.call_args(vm, this, args)?,
        None => return Err(vanished(vm, Dunder::Init, this)),
    };
    if result.is_none() {
        return Ok(());
    }
    let found = result.class().name();
    Err(vm.type_error(format!("__init__() should return None, not '{found}'")))
}

pub fn new(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult {
    let method = vm.get_attr(class.as_value(), Dunder::New.name())?;
    let mut buffer = SmallVec::new();
    let args = args.with_first(class.as_value(), &mut buffer);
    vm.call_args(&method, args)
}

pub fn finalize(vm: &mut Vm, this: &Value) {
    let result = match special(vm, this, Dunder::Del.name()) {
        Ok(Some(method)) => method.call(vm, this, &[]).map_err(|raised| (raised, method.callable)),
        Ok(None) => return,
        Err(raised) => Err((raised, Value::NONE)),
    };
    if let Err((raised, callable)) = result {
        vm.write_unraisable(raised, None, Some(&callable));
    }
}

pub fn bool(vm: &mut Vm, this: &Value) -> PyResult<bool> {
    let Some(method) = special(vm, this, Dunder::Bool.name())? else {
        return match special(vm, this, Dunder::Len.name())? {
            Some(_) => Ok(len(vm, this)? != 0),
            None => Ok(true),
        };
    };
    let result = method.call(vm, this, &[])?;
    match result.as_bool() {
        Some(truth) => Ok(truth),
        None => {
            let found = result.class().name();
            Err(vm.type_error(format!("__bool__ should return bool, returned {found}")))
        }
    }
}

pub fn len(vm: &mut Vm, this: &Value) -> PyResult<usize> {
    let result = invoke(vm, Dunder::Len, this, &[])?;
    if let Some(len) = result.as_small_int().and_then(|i| usize::try_from(i).ok()) {
        return Ok(len);
    }
    let index = vm.index(&result)?;
    match index.as_int() {
        Some(crate::number::Int::Small(i)) if i < 0 => Err(vm.value_error("__len__() should return >= 0")),
        Some(crate::number::Int::Small(i)) => Ok(i as usize),
        Some(big) if big.is_negative() => Err(vm.value_error("__len__() should return >= 0")),
        _ => Err(vm.overflow_error("cannot fit 'int' into an index-sized integer")),
    }
}

pub fn setitem(vm: &mut Vm, this: &Value, key: &Value, value: Option<Value>) -> PyResult<()> {
    match value {
        Some(value) => invoke(vm, Dunder::Setitem, this, &[key, &value]),
        None => invoke(vm, Dunder::Delitem, this, &[key]),
    }
    .map(drop)
}

pub fn contains(vm: &mut Vm, this: &Value, item: &Value) -> PyResult<bool> {
    match special(vm, this, Dunder::Contains.name())? {
        Some(method) if method.is_none() => {
            let class = this.class().name();
            Err(vm.type_error(format!("'{class}' object is not a container")))
        }
        Some(method) => {
            let result = method.call(vm, this, &[item])?;
            vm.truth(&result)
        }
        None => {
            let iterator = match vm.iter(this) {
                Ok(iterator) => iterator,
                Err(raised) if raised.is(&vm.types().exceptions.type_error) => {
                    let class = this.class().name();
                    return Err(vm.type_error(format!("argument of type '{class}' is not iterable")));
                }
                Err(raised) => return Err(raised),
            };
            while let Some(candidate) = vm.next(&iterator)? {
                if vm.equals(&candidate, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

macro_rules! asynchronous {
    ($($slot:ident $dunder:ident)*) => {$(
        pub fn $slot(vm: &mut Vm, this: &Value) -> PyResult {
            match special(vm, this, Dunder::$dunder.name())? {
                Some(method) if method.is_none() => Err(vanished(vm, Dunder::$dunder, this)),
                Some(method) => method.call(vm, this, &[]),
                None => Err(vanished(vm, Dunder::$dunder, this)),
            }
        }
    )*};
}

asynchronous! {
    await_ Await
    aiter Aiter
    anext Anext
}

pub fn buffer(vm: &mut Vm, this: &Value) -> PyResult<Buffer> {
    let flags = Value::int(0);
    let view = invoke(vm, Dunder::Buffer, this, &[&flags])?;
    match view.class().slots.buffer.get() {
        Some(buffer) if !view.class().has(flag::HEAP) => buffer(vm, &view),
        _ => Err(vm.type_error("__buffer__ returned non-memoryview object")),
    }
}

/// The definitions whose native slot a class fills itself, for its wrapper descriptors.
pub fn own_rows(class: &Class) -> impl Iterator<Item = &'static SlotDef> {
    TABLE.iter().filter(|def| def.wrapper.is_some() && class.slots.is_set(def.slot))
}
