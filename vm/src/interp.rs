//! An interpreter: everything that its threads share. There is no other mutable state in the crate, but for
//! the pointer by which a thread finds the interpreter whose lock it holds.

use crate::exec::access::AccessCache;
use crate::gc::Collector;
use crate::object::heap::Heap;
use crate::object::{Ref, Value};
use crate::text::StrRef;
use crate::text::hash::HashKey;
use crate::types::Types;
use crate::types::dict::Dict;
use crate::types::names::Names;
use crate::types::str::Str;
use crate::types::weakref::WeakTable;
use crate::vm::Vm;
use hashbrown::HashTable;
use std::cell::{Cell, OnceCell, RefCell};
use std::ptr::null;

/// The state that all threads of one interpreter share, under its lock.
pub struct Interp {
    /// Memory of objects. First, so that it is dropped last of what refers to objects is moot: see `Interpreter::drop`.
    pub heap: Heap,
    /// The cycle collector.
    pub gc: Collector,
    /// Weak references by referent.
    pub weak: WeakTable,
    /// The key of string hashes.
    pub hash_key: Cell<HashKey>,
    pub(crate) method_cache: MethodCache,
    /// How attributes are read.
    pub(crate) reads: AccessCache<crate::exec::access::Read>,
    /// How attributes are written.
    pub(crate) writes: AccessCache<crate::exec::access::Write>,
    guard_id: Cell<u32>,
    interned: RefCell<HashTable<Ref<Str>>>,
    latin1: [OnceCell<Ref<Str>>; 256],
    types: OnceCell<Types>,
    names: OnceCell<Names>,
    dunder_names: OnceCell<crate::types::slot_table::DunderNames>,
    /// `sys.modules`
    pub modules: OnceCell<Ref<Dict>>,
    /// The dictionary of the module `builtins`.
    pub builtins: OnceCell<Ref<Dict>>,
    /// What the module `builtins` held at the start.
    pub first_builtins: OnceCell<Ref<Dict>>,
    /// The dictionary of the module `sys`.
    pub sys: OnceCell<Ref<Dict>>,
    /// What the embedder provides: compiler, native modules, standard library.
    pub host: OnceCell<Box<dyn crate::host::Host>>,
    /// State that native modules keep, by its Rust type.
    pub extensions: RefCell<rustc_hash::FxHashMap<std::any::TypeId, std::rc::Rc<dyn std::any::Any>>>,
    /// Classes of native types that are not in [`Types`], by the address of their layout.
    pub(crate) native_classes: RefCell<rustc_hash::FxHashMap<usize, Ref<crate::object::Class>>>,
    /// The lock that a thread holds while it runs Python code, with what other threads ask of its holder.
    pub lock: crate::threads::Lock,
    /// `sys.get_int_max_str_digits()`; 0 for no limit.
    pub int_max_str_digits: Cell<usize>,
    /// `_thread.stack_size()`; 0 for the default.
    pub thread_stack_bytes: Cell<usize>,
    thread_idents: Cell<u64>,
    threads: Cell<usize>,
    /// The threads that run Python code or wait for the lock, the main one first.
    vms: RefCell<Vec<*mut Vm>>,
    /// The program is ending (`sys.is_finalizing()`).
    pub finalizing: Cell<bool>,
    /// Command-line and environment settings.
    pub config: crate::config::Config,
}

thread_local! {
    static CURRENT: Cell<*const Interp> = const { Cell::new(null()) };
    static CURRENT_VM: Cell<*mut Vm> = const { Cell::new(std::ptr::null_mut()) };
}

/// The interpreter whose lock this thread holds.
///
/// Panics where there is none: objects must not be touched without the lock.
#[inline(always)]
pub fn current() -> &'static Interp {
    let current = CURRENT.get();
    assert!(!current.is_null(), "no interpreter is attached to this thread");
    // SAFETY: set by `attach` to an interpreter that outlives the attachment; objects and shared state live
    // in cells, so shared references are enough.
    unsafe { &*current }
}

/// Makes `interp` (and `vm`) current on this thread; gives back what was current before.
pub(crate) fn attach(interp: *const Interp, vm: *mut Vm) -> (*const Interp, *mut Vm) {
    (CURRENT.replace(interp), CURRENT_VM.replace(vm))
}

/// Whether an interpreter is attached to this thread.
pub fn is_attached() -> bool {
    !CURRENT.get().is_null()
}

/// Runs `f` with this thread's vm, for the few places that cannot be handed one (`Drop`).
pub(crate) fn with_vm<R>(f: impl FnOnce(&mut Vm) -> R) -> Option<R> {
    let vm = CURRENT_VM.get();
    if vm.is_null() {
        return None;
    }
    // SAFETY: `attach` set it to the thread's vm, which is alive. The vm is used by one thread only; a
    // `Drop` that lands here while a caller holds `&mut Vm` re-enters like a call through it does.
    Some(f(unsafe { &mut *vm }))
}

/// Runs an object's finaliser.
pub(crate) fn finalize(value: &Value) {
    with_vm(|vm| {
        if let Some(finalize) = value.header().and_then(|h| h.class().slots.finalize.get()) {
            let pending = vm.take_handled_state();
            finalize(vm, value);
            vm.restore_handled_state(pending);
        }
    });
}

impl Interp {
    /// An interpreter without types or modules yet.
    pub(crate) fn new(config: crate::config::Config) -> Interp {
        let hash_key = match config.hash_seed {
            Some(seed) => HashKey::from_seed(seed),
            None => HashKey::from_bytes(random_bytes()),
        };
        Interp {
            heap: Heap::new(),
            gc: Collector::new(),
            weak: WeakTable::new(),
            hash_key: Cell::new(hash_key),
            method_cache: MethodCache::new(),
            reads: AccessCache::new(),
            writes: AccessCache::new(),
            guard_id: Cell::new(0),
            interned: RefCell::new(HashTable::new()),
            latin1: [const { OnceCell::new() }; 256],
            types: OnceCell::new(),
            names: OnceCell::new(),
            dunder_names: OnceCell::new(),
            modules: OnceCell::new(),
            builtins: OnceCell::new(),
            first_builtins: OnceCell::new(),
            sys: OnceCell::new(),
            host: OnceCell::new(),
            extensions: RefCell::default(),
            native_classes: RefCell::default(),
            lock: crate::threads::Lock::new(),
            int_max_str_digits: Cell::new(config.int_max_str_digits),
            finalizing: Cell::new(false),
            thread_stack_bytes: Cell::new(0),
            thread_idents: Cell::new(0),
            threads: Cell::new(0),
            vms: RefCell::default(),
            config,
        }
    }

    /// The built-in classes.
    #[inline(always)]
    pub fn types(&self) -> &Types {
        match self.types.get() {
            Some(types) => types,
            None => panic!("the built-in types do not exist yet"),
        }
    }

    pub(crate) fn set_types(&self, types: Types) {
        assert!(self.types.set(types).is_ok(), "types are made once");
    }

    /// Interned strings that the vm itself uses.
    #[inline(always)]
    pub fn names(&self) -> &Names {
        self.names.get_or_init(Names::new)
    }

    /// Interned names of special methods.
    #[inline(always)]
    pub(crate) fn dunder_names(&self) -> &crate::types::slot_table::DunderNames {
        self.dunder_names.get_or_init(crate::types::slot_table::DunderNames::new)
    }

    /// A number that no shape and no class has had before. Where they run out, 0, which never matches.
    pub(crate) fn next_guard_id(&self) -> u32 {
        let id = self.guard_id.get();
        if id == u32::MAX {
            return 0;
        }
        self.guard_id.set(id + 1);
        id + 1
    }

    /// The interned string equal to `text`.
    pub fn intern(&self, text: &str) -> Ref<Str> {
        let string = Str::from_str(text);
        self.intern_ref(&string)
    }

    /// The interned string equal to `string`: itself where there was none yet.
    pub fn intern_ref(&self, string: &Ref<Str>) -> Ref<Str> {
        if string.header().has(crate::object::header::META_INTERNED) {
            return string.clone();
        }
        // An instance of a subclass must not stand for its text.
        if !string.class().is(&self.types().str) {
            return self.intern_ref(&Str::from_ref(string.as_ref()));
        }
        let hash = string.hash() as u64;
        let mut table = self.interned.borrow_mut();
        if let Some(found) = table.find(hash, |s| s.as_ref().equals(string.as_ref())) {
            return found.clone();
        }
        string.header().set(crate::object::header::META_INTERNED);
        table.insert_unique(hash, string.clone(), |s| s.hash() as u64);
        string.clone()
    }

    /// A number for a new thread.
    pub(crate) fn next_thread_ident(&self) -> u64 {
        self.thread_idents.set(self.thread_idents.get() + 1);
        self.thread_idents.get()
    }

    /// Threads that `_thread` has started and that have not ended.
    pub fn thread_count(&self) -> usize {
        self.threads.get()
    }

    /// Adds a thread to those that others can look at. It stays until `forget_vm`.
    pub(crate) fn note_vm(&self, vm: *mut Vm) {
        self.vms.borrow_mut().push(vm);
    }

    pub(crate) fn forget_vm(&self, vm: *mut Vm) {
        self.vms.borrow_mut().retain(|other| !std::ptr::eq(*other, vm));
    }

    /// In a new child process: of the threads only the calling one, with this vm, is there.
    pub(crate) fn forget_other_vms(&self, vm: *mut Vm) {
        self.vms.borrow_mut().retain(|other| std::ptr::eq(*other, vm));
    }

    /// Calls `f` with each of the interpreter's threads, until one gives an answer.
    pub(crate) fn find_in_threads<R>(&self, mut f: impl FnMut(&Vm) -> Option<R>) -> Option<R> {
        let vms = self.vms.borrow();
        // SAFETY: a listed thread's vm is alive, and it does not change while the caller holds the interpreter's lock, for
        // which the others wait.
        vms.iter().find_map(|vm| f(unsafe { &**vm }))
    }

    pub(crate) fn thread_started(&self) {
        self.threads.set(self.threads.get() + 1);
    }

    pub(crate) fn thread_ended(&self) {
        self.threads.set(self.threads.get().saturating_sub(1));
    }

    /// Forgets looked-up class attributes.
    pub fn clear_method_cache(&self) {
        self.method_cache.clear();
    }

    /// The number of interned strings.
    pub fn interned_count(&self) -> usize {
        self.interned.borrow().len()
    }

    /// The shared string of one character below 256.
    pub fn latin1_char(&self, c: u8) -> &Ref<Str> {
        self.latin1[c as usize].get_or_init(|| Str::one_latin1(c))
    }

    /// The shared empty string.
    pub fn empty_str(&self) -> &Ref<Str> {
        &self.names().empty
    }

    /// A native module's own state, made when first asked for.
    pub fn extension<T: 'static>(&self, make: impl FnOnce() -> T) -> std::rc::Rc<T> {
        let id = std::any::TypeId::of::<T>();
        if let Some(found) = self.extensions.borrow().get(&id).and_then(|rc| rc.clone().downcast::<T>().ok())
        {
            return found;
        }
        let made = std::rc::Rc::new(make());
        self.extensions.borrow_mut().insert(id, made.clone());
        made
    }
}

fn random_bytes() -> [u8; 16] {
    use std::hash::{BuildHasher, Hasher};
    let mut bytes = [0; 16];
    // The standard library's hash keys come from the system's random source.
    for half in bytes.chunks_mut(8) {
        half.copy_from_slice(
            &std::collections::hash_map::RandomState::new().build_hasher().finish().to_ne_bytes(),
        );
    }
    bytes
}

/// Looked-up class attributes by the class's guard id and the name's address.
///
/// Values are not counted: an entry must not keep a function, and through it a module or the class itself, alive.
/// That is sound because whoever takes a value out of a class calls `Class::modified` before the value can
/// die, and from then on no class has the entry's id.
pub(crate) struct MethodCache {
    entries: RefCell<Box<[CacheEntry]>>,
}

#[derive(Clone)]
struct CacheEntry {
    guard_id: u32,
    name: usize,
    /// Holds the name alive, so that its address stays its own.
    #[expect(dead_code, reason = "owned for its address")]
    key: Option<Ref<Str>>,
    /// The value's word; 0 where the class is known to lack the attribute.
    value: u64,
}

const CACHE_ENTRIES: usize = 2048;

impl MethodCache {
    fn new() -> MethodCache {
        let empty = CacheEntry { guard_id: 0, name: 0, key: None, value: 0 };
        MethodCache { entries: RefCell::new(vec![empty; CACHE_ENTRIES].into_boxed_slice()) }
    }

    fn index(guard_id: u32, name: &Ref<Str>) -> usize {
        (guard_id as usize).wrapping_mul(31).wrapping_add(name.as_ptr() as usize >> 4) % CACHE_ENTRIES
    }

    /// The cached outcome of a lookup: found, or known to be absent.
    #[inline]
    pub fn get(&self, guard_id: u32, name: &Ref<Str>) -> Option<Option<Value>> {
        let entries = self.entries.borrow();
        let entry = &entries[Self::index(guard_id, name)];
        if entry.guard_id == guard_id && guard_id != 0 && entry.name == name.as_ptr() as usize {
            if entry.value == 0 {
                return Some(None);
            }
            // SAFETY: the class with this id has not changed since the value was found in it or one of its bases, so
            // the value is alive there. The borrowed value is not dropped; the clone counts.
            let borrowed = std::mem::ManuallyDrop::new(unsafe { Value::from_bits(entry.value) });
            Some(Some((*borrowed).clone()))
        } else {
            None
        }
    }

    /// Forgets everything.
    fn clear(&self) {
        let empty = CacheEntry { guard_id: 0, name: 0, key: None, value: 0 };
        let old = self.entries.replace(vec![empty; CACHE_ENTRIES].into_boxed_slice());
        drop(old);
    }

    pub fn put(&self, guard_id: u32, name: &Ref<Str>, value: Option<&Value>) {
        let new = CacheEntry {
            guard_id,
            name: name.as_ptr() as usize,
            key: Some(name.clone()),
            value: value.map_or(0, Value::bits),
        };
        let index = Self::index(guard_id, name);
        let old = std::mem::replace(&mut self.entries.borrow_mut()[index], new);
        drop(old);
    }
}

/// A view of a string's text, for hashing without the object.
pub(crate) fn hash_text(text: StrRef<'_>) -> i64 {
    crate::text::hash::hash_str(current().hash_key.get(), text)
}
