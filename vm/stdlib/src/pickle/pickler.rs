//! `Pickler`: settings, memo, and the state of a dump in progress.

use super::memo::PicklerMemoProxy;
use super::opcode::{self, DEFAULT_PROTOCOL, HIGHEST_PROTOCOL};
use super::output::Output;
use super::{State, by_name, flag_argument, pickling_error};
use pvm_vm::native::Args;
use pvm_vm::object::class::flag;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::dict::Dict;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};

/// What a pickler has written already: by identity, the number in the pickle's memo and the object, which stays alive.
pub type Memo = FxHashMap<u64, (usize, Value)>;

/// A pickler.
pub struct Pickler {
    /// The file's `write`; nothing for memory. `UNBOUND` before `__init__`.
    write: RefCell<Value>,
    pub(super) protocol: Cell<i64>,
    pub(super) fast: Cell<bool>,
    pub(super) fix_imports: Cell<bool>,
    buffer_callback: RefCell<Value>,
    /// Attributes that may be set; `UNBOUND` where they are not.
    dispatch_table: RefCell<Value>,
    persistent_id: RefCell<Value>,
    pub(super) memo: RefCell<Memo>,
}

pvm_vm::payload!(
    Pickler,
    "_pickle.Pickler",
    |p, visit| {
        for cell in [&p.write, &p.buffer_callback, &p.dispatch_table, &p.persistent_id] {
            visit(&cell.borrow());
        }
        p.memo.borrow().values().for_each(|(_, value)| visit(value));
    },
    |p| {
        let old = [&p.buffer_callback, &p.dispatch_table, &p.persistent_id]
            .map(|cell| cell.replace(Value::UNBOUND));
        drop((old, p.memo.take()));
    }
);

/// A file's `write`.
pub fn write_of(vm: &mut Vm, file: &Value) -> PyResult {
    match vm.lookup_attr_str(file, "write")? {
        Some(write) => Ok(write),
        None => Err(vm.type_error("file must have a 'write' attribute")),
    }
}

impl Pickler {
    fn payload() -> Pickler {
        let unbound = || RefCell::new(Value::UNBOUND);
        Pickler {
            write: unbound(),
            protocol: Cell::new(DEFAULT_PROTOCOL),
            fast: Cell::new(false),
            fix_imports: Cell::new(false),
            buffer_callback: RefCell::new(Value::NONE),
            dispatch_table: unbound(),
            persistent_id: unbound(),
            memo: RefCell::default(),
        }
    }

    /// A pickler of the class itself with settings: protocol, `fix_imports`, `buffer_callback`.
    pub fn with_settings(
        vm: &mut Vm,
        write: Option<Value>,
        settings: &[Option<Value>; 3],
    ) -> PyResult<Ref<Pickler>> {
        let class = pvm_vm::types::init::class_of::<Pickler>(vm)?;
        let pickler = Ref::new(Pickler::payload(), &class);
        pickler.configure(vm, write.unwrap_or(Value::NONE), settings)?;
        Ok(pickler)
    }

    fn configure(&self, vm: &mut Vm, write: Value, settings: &[Option<Value>; 3]) -> PyResult<()> {
        let [protocol, fix_imports, callback] = settings;
        let protocol = match protocol.as_ref().filter(|protocol| !protocol.is_none()) {
            None => DEFAULT_PROTOCOL,
            Some(protocol) => match vm.to_index(protocol)? {
                ..0 => HIGHEST_PROTOCOL,
                number if number > HIGHEST_PROTOCOL => {
                    return Err(vm.value_error(format!("pickle protocol must be <= {HIGHEST_PROTOCOL}")));
                }
                number => number,
            },
        };
        let callback = callback.clone().unwrap_or(Value::NONE);
        if !callback.is_none() && protocol < 5 {
            return Err(vm.value_error("buffer_callback needs protocol >= 5"));
        }
        self.fix_imports.set(flag_argument(vm, fix_imports.as_ref(), true)? && protocol < 3);
        self.protocol.set(protocol);
        let old = (self.write.replace(write), self.buffer_callback.replace(callback));
        drop((old, self.memo.take()));
        Ok(())
    }
}

/// Serializes objects to a binary file.
#[pymethods(name = "Pickler", module = "_pickle", flags = flag::BASE_TYPE)]
impl Pickler {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, class: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(Pickler::payload(), class).into())
    }

    #[slot(init)]
    fn init_slot(vm: &mut Vm, this: &Ref<Pickler>, args: Args<'_>) -> PyResult<()> {
        let names = ["file", "protocol", "fix_imports", "buffer_callback"];
        let [file, settings @ ..] = by_name(vm, "Pickler", &names, (0, 1, 4), args)?;
        let write = write_of(vm, &file.unwrap_or(Value::NONE))?;
        this.configure(vm, write, &settings)
    }

    /// Writes a pickle of an object.
    #[method(name = "dump", sig = "(obj, /)")]
    fn dump_method(vm: &mut Vm, this: &Ref<Pickler>, obj: &Value) -> PyResult<()> {
        if this.write.borrow().is_unbound() {
            let class = full_name(this.class());
            return Err(pickling_error(
                vm,
                format!("Pickler.__init__() was not called by {class}.__init__()"),
            ));
        }
        dump(vm, this, obj).map(drop)
    }

    /// Forgets which objects were written.
    #[method(sig = "()")]
    fn clear_memo(this: &Ref<Pickler>) {
        let old = this.memo.take();
        drop(old);
    }

    #[method(sig = "()")]
    fn __sizeof__(this: &Ref<Pickler>) -> usize {
        size_of::<Pickler>() + 16 + this.memo.borrow().capacity() * 32
    }

    #[getter]
    fn memo(vm: &mut Vm, this: &Ref<Pickler>) -> PyResult {
        PicklerMemoProxy::create(vm, this)
    }

    #[setter]
    fn set_memo(vm: &mut Vm, this: &Ref<Pickler>, value: Option<Value>) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.type_error("attribute deletion is not supported")) };
        super::memo::set_pickler_memo(vm, this, &value)
    }

    #[getter]
    fn bin(this: &Ref<Pickler>) -> i64 {
        i64::from(this.protocol.get() > 0)
    }

    #[getter]
    fn fast(this: &Ref<Pickler>) -> i64 {
        i64::from(this.fast.get())
    }

    #[setter]
    fn set_fast(vm: &mut Vm, this: &Ref<Pickler>, value: Option<Value>) -> PyResult<()> {
        let value = value.unwrap_or(Value::NONE);
        this.fast.set(vm.to_index(&value)? != 0);
        Ok(())
    }

    #[getter]
    fn persistent_id(vm: &mut Vm, this: &Ref<Pickler>) -> PyResult {
        attribute(vm, this.as_value(), &this.persistent_id, "persistent_id")
    }

    #[setter]
    fn set_persistent_id(vm: &mut Vm, this: &Ref<Pickler>, value: Option<Value>) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.type_error("attribute deletion is not supported")) };
        if !vm.is_callable(&value) {
            return Err(vm.type_error("persistent_id must be a callable taking one argument"));
        }
        crate::support::store(&this.persistent_id, value);
        Ok(())
    }

    #[getter]
    fn dispatch_table(vm: &mut Vm, this: &Ref<Pickler>) -> PyResult {
        attribute(vm, this.as_value(), &this.dispatch_table, "dispatch_table")
    }

    #[setter]
    fn set_dispatch_table(this: &Ref<Pickler>, value: Option<Value>) -> PyResult<()> {
        crate::support::store(&this.dispatch_table, value.unwrap_or(Value::UNBOUND));
        Ok(())
    }
}

/// A class's name, with the module's for classes of this one.
pub fn full_name(class: &Ref<Class>) -> String {
    let name = class.name();
    if class.has(flag::HEAP) { name.to_string() } else { format!("_pickle.{name}") }
}

/// An attribute that may not be set.
pub fn attribute(vm: &mut Vm, object: &Value, cell: &RefCell<Value>, name: &str) -> PyResult {
    let value = cell.borrow().clone();
    if !value.is_unbound() {
        return Ok(value);
    }
    let key = vm.intern(name);
    let message = format!("'{}' object has no attribute '{name}'", full_name(object.class()));
    Err(vm.attribute_error(object, &key, message))
}

/// A dump in progress.
pub struct Dump<'a> {
    pub(super) pickler: &'a Ref<Pickler>,
    pub(super) out: Output,
    pub(super) protocol: i64,
    /// `persistent_id`, `reducer_override`, `dispatch_table`, `buffer_callback`, where there are such.
    pub(super) persistent_id: Option<Value>,
    pub(super) reducer: Option<Value>,
    pub(super) table: Option<Value>,
    pub(super) callback: Option<Value>,
    /// `copyreg.dispatch_table`
    pub(super) registered: Ref<Dict>,
    /// Containers in progress, by identity, while the memo is off.
    pub(super) fast_active: Vec<u64>,
}

/// Writes a pickle; the bytes that no file has taken.
pub fn dump(vm: &mut Vm, pickler: &Ref<Pickler>, object: &Value) -> PyResult<Vec<u8>> {
    let state = State::get(vm)?;
    let own = pickler.class().is(&pvm_vm::types::init::class_of::<Pickler>(vm)?);
    let set = |cell: &RefCell<Value>| Some(cell.borrow().clone()).filter(|value| !value.is_unbound());
    let mut find = |cell: &RefCell<Value>, name: &str| match set(cell) {
        None if !own => vm.lookup_attr_str(pickler.as_value(), name),
        found => Ok(found),
    };
    let persistent_id = find(&pickler.persistent_id, "persistent_id")?;
    let table = find(&pickler.dispatch_table, "dispatch_table")?;
    let reducer = if own { None } else { vm.lookup_attr_str(pickler.as_value(), "reducer_override")? };
    let write = pickler.write.borrow().clone();
    let callback = pickler.buffer_callback.borrow().clone();
    let protocol = pickler.protocol.get();
    let mut dump = Dump {
        pickler,
        out: Output::new(Some(write).filter(|write| !write.is_none())),
        protocol,
        persistent_id,
        reducer,
        table,
        callback: Some(callback).filter(|callback| !callback.is_none() && !callback.is_unbound()),
        registered: state.dispatch_table.clone(),
        fast_active: Vec::new(),
    };
    if protocol >= 2 {
        dump.out.put(&[opcode::PROTO, protocol as u8]);
    }
    if protocol >= 4 {
        dump.out.start_framing();
    }
    dump.save(vm, object, true)?;
    dump.out.op(opcode::STOP);
    dump.out.finish(vm)
}

impl Dump<'_> {
    /// Whether the protocol is a binary one.
    pub fn bin(&self) -> bool {
        self.protocol >= 1
    }

    /// The memo's number of an object that was written already.
    pub fn known(&self, object: &Value) -> Option<usize> {
        self.pickler.memo.borrow().get(&object.identity()).map(|(index, _)| *index)
    }

    /// Writes a reference to the memo.
    pub fn get(&mut self, index: usize) {
        if !self.bin() {
            self.out.put(format!("g{index}\n").as_bytes());
        } else if let Ok(index) = u8::try_from(index) {
            self.out.put(&[opcode::BINGET, index]);
        } else {
            let [a, b, c, d] = (index as u32).to_le_bytes();
            self.out.put(&[opcode::LONG_BINGET, a, b, c, d]);
        }
    }

    /// Stores the object on the stack in the memo.
    pub fn memoize(&mut self, object: &Value) {
        if self.pickler.fast.get() {
            return;
        }
        let old;
        let index = {
            let mut memo = self.pickler.memo.borrow_mut();
            let index = memo.len();
            old = memo.insert(object.identity(), (index, object.clone()));
            index
        };
        drop(old);
        if self.protocol >= 4 {
            self.out.op(opcode::MEMOIZE);
        } else if !self.bin() {
            self.out.put(format!("p{index}\n").as_bytes());
        } else if let Ok(index) = u8::try_from(index) {
            self.out.put(&[opcode::BINPUT, index]);
        } else {
            let [a, b, c, d] = (index as u32).to_le_bytes();
            self.out.put(&[opcode::LONG_BINPUT, a, b, c, d]);
        }
    }
}
