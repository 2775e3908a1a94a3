//! `Unpickler`: settings and memo.

use super::input::Input;
use super::load::Load;
use super::memo::UnpicklerMemoProxy;
use super::pickler::{attribute, full_name};
use super::{State, by_name, flag_argument, global, text_argument, unpickling_error};
use pvm_vm::native::Args;
use pvm_vm::object::class::flag;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};

/// An unpickler.
pub struct Unpickler {
    /// Where bytes come from, between two loads.
    input: RefCell<Option<Input>>,
    file: RefCell<Value>,
    buffers: RefCell<Value>,
    pub(super) encoding: RefCell<Value>,
    pub(super) errors: RefCell<Value>,
    fix_imports: Cell<bool>,
    persistent_load: RefCell<Value>,
    /// The protocol of the pickle that is being read.
    pub(super) protocol: Cell<u8>,
    /// By number. A hostile pickle may use any.
    pub(super) memo: RefCell<FxHashMap<usize, Value>>,
}

pvm_vm::payload!(
    Unpickler,
    "_pickle.Unpickler",
    |u, visit| {
        for cell in [&u.file, &u.buffers, &u.encoding, &u.errors, &u.persistent_load] {
            visit(&cell.borrow());
        }
        u.memo.borrow().values().for_each(&mut *visit);
    },
    |u| {
        let old = (u.file.replace(Value::NONE), u.buffers.replace(Value::NONE));
        drop((old, u.persistent_load.replace(Value::UNBOUND), u.memo.take()));
    }
);

impl Unpickler {
    fn payload() -> Unpickler {
        Unpickler {
            input: RefCell::new(None),
            file: RefCell::new(Value::NONE),
            buffers: RefCell::new(Value::NONE),
            encoding: RefCell::new("ASCII".into()),
            errors: RefCell::new("strict".into()),
            fix_imports: Cell::new(true),
            persistent_load: RefCell::new(Value::UNBOUND),
            protocol: Cell::new(0),
            memo: RefCell::default(),
        }
    }

    /// An unpickler of the class itself with settings: `fix_imports`, `encoding`, `errors`, `buffers`.
    pub fn with_settings(vm: &mut Vm, settings: &[Option<Value>; 4]) -> PyResult<Ref<Unpickler>> {
        let class = pvm_vm::types::init::class_of::<Unpickler>(vm)?;
        let unpickler = Ref::new(Unpickler::payload(), &class);
        unpickler.configure(vm, settings)?;
        Ok(unpickler)
    }

    fn configure(&self, vm: &mut Vm, settings: &[Option<Value>; 4]) -> PyResult<()> {
        let [fix_imports, encoding, errors, buffers] = settings;
        self.fix_imports.set(flag_argument(vm, fix_imports.as_ref(), true)?);
        let encoding = text_argument(vm, encoding.as_ref(), "ASCII")?;
        let errors = text_argument(vm, errors.as_ref(), "strict")?;
        let buffers = match buffers.as_ref().filter(|buffers| !buffers.is_none()) {
            Some(buffers) => vm.iter(buffers)?,
            None => Value::NONE,
        };
        let old = (
            self.encoding.replace(encoding.into()),
            self.errors.replace(errors.into()),
            self.buffers.replace(buffers),
            self.memo.take(),
        );
        drop(old);
        Ok(())
    }

    /// The next buffer that the pickle left out.
    pub fn next_buffer(&self, vm: &mut Vm) -> PyResult {
        let buffers = self.buffers.borrow().clone();
        if buffers.is_none() {
            return Err(unpickling_error(
                vm,
                "pickle stream refers to out-of-band data but no *buffers* argument was given",
            ));
        }
        match vm.next(&buffers)? {
            Some(buffer) => Ok(buffer),
            None => Err(unpickling_error(vm, "not enough out-of-band buffers")),
        }
    }

    /// The function that gives the objects of persistent references.
    pub fn persistent_load(this: &Ref<Unpickler>, vm: &mut Vm) -> PyResult {
        let set = this.persistent_load.borrow().clone();
        let own = pvm_vm::types::init::class_of::<Unpickler>(vm)?;
        let function = match set.is_unbound() {
            false => Some(set),
            true if this.class().is(&own) => None,
            true => vm.lookup_attr_str(this.as_value(), "persistent_load")?,
        };
        match function {
            Some(function) => Ok(function),
            None => Err(unpickling_error(
                vm,
                "A load persistent id instruction was encountered, but no persistent_load function was specified.",
            )),
        }
    }

    /// The object that a module's name stands for, unless a subclass knows better.
    pub fn global(this: &Ref<Unpickler>, vm: &mut Vm, module: &Value, name: &Value) -> PyResult {
        let own = pvm_vm::types::init::class_of::<Unpickler>(vm)?;
        if this.class().is(&own) {
            return Unpickler::find(this, vm, module, name);
        }
        vm.call_method_str(this.as_value(), "find_class", &[module.clone(), name.clone()])
    }

    fn find(&self, vm: &mut Vm, module: &Value, name: &Value) -> PyResult {
        let (mut module, mut name) = (module.clone(), name.clone());
        if self.protocol.get() < 3 && self.fix_imports.get() {
            let state = State::get(vm)?;
            let key: Value = Tuple::new([module.clone(), name.clone()]).into();
            if let Some(found) = state.name_mapping.clone().get(vm, &key)? {
                let pair = found.downcast_ref::<Tuple>().map(|pair| pair.as_slice().to_vec());
                if let Some([new_module, new_name]) = pair.as_deref() {
                    (module, name) = (new_module.clone(), new_name.clone());
                }
            } else if let Some(found) = state.import_mapping.clone().get(vm, &module)? {
                module = found;
            }
        }
        let module = global::import(vm, &module)?;
        let Some(name) = name.downcast_ref::<Str>() else {
            return Err(vm.type_error("attribute name must be string"));
        };
        if self.protocol.get() >= 4 {
            return global::dotted(vm, &module, name).map(|(found, _)| found);
        }
        let name = vm.interp.intern_ref(name);
        match vm.lookup_attr(&module, &name)? {
            Some(found) => Ok(found),
            None => Err(global::no_attribute(vm, &module, &name)?),
        }
    }
}

/// Reads a pickle.
pub fn load(vm: &mut Vm, unpickler: &Ref<Unpickler>, input: Input) -> PyResult {
    Load::new(unpickler, input).run(vm).0
}

/// Reads objects from a binary file.
#[pymethods(name = "Unpickler", module = "_pickle", flags = flag::BASE_TYPE)]
impl Unpickler {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, class: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(Unpickler::payload(), class).into())
    }

    #[slot(init)]
    fn init_slot(vm: &mut Vm, this: &Ref<Unpickler>, args: Args<'_>) -> PyResult<()> {
        let names = ["file", "fix_imports", "encoding", "errors", "buffers"];
        let [file, settings @ ..] = by_name(vm, "Unpickler", &names, (0, 1, 1), args)?;
        let file = file.unwrap_or(Value::NONE);
        let input = Input::from_file(vm, &file)?;
        this.configure(vm, &settings)?;
        let old = (this.input.replace(Some(input)), this.file.replace(file));
        drop(old);
        Ok(())
    }

    /// Reads an object.
    #[method(name = "load", sig = "()")]
    fn load_method(vm: &mut Vm, this: &Ref<Unpickler>) -> PyResult {
        let input = this.input.take();
        let Some(input) = input else {
            let class = full_name(this.class());
            return Err(unpickling_error(
                vm,
                format!("Unpickler.__init__() was not called by {class}.__init__()"),
            ));
        };
        let (result, input) = Load::new(this, input).run(vm);
        this.input.replace(Some(input));
        result
    }

    /// The object that a module has under a name.
    #[method(sig = "(module_name, global_name, /)")]
    fn find_class(vm: &mut Vm, this: &Ref<Unpickler>, module_name: &Value, global_name: &Value) -> PyResult {
        this.find(vm, module_name, global_name)
    }

    #[method(sig = "()")]
    fn __sizeof__(this: &Ref<Unpickler>) -> usize {
        size_of::<Unpickler>() + 16 + this.memo.borrow().capacity() * size_of::<Value>()
    }

    #[getter]
    fn memo(vm: &mut Vm, this: &Ref<Unpickler>) -> PyResult {
        UnpicklerMemoProxy::create(vm, this)
    }

    #[setter]
    fn set_memo(vm: &mut Vm, this: &Ref<Unpickler>, value: Option<Value>) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.type_error("attribute deletion is not supported")) };
        super::memo::set_unpickler_memo(vm, this, &value)
    }

    #[getter(name = "persistent_load")]
    fn persistent_load_attribute(vm: &mut Vm, this: &Ref<Unpickler>) -> PyResult {
        attribute(vm, this.as_value(), &this.persistent_load, "persistent_load")
    }

    #[setter]
    fn set_persistent_load(vm: &mut Vm, this: &Ref<Unpickler>, value: Option<Value>) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.type_error("attribute deletion is not supported")) };
        if !vm.is_callable(&value) {
            return Err(vm.type_error("persistent_load must be a callable taking one argument"));
        }
        crate::support::store(&this.persistent_load, value);
        Ok(())
    }
}
