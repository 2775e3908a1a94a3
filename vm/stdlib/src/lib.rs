//! Native modules of the Python standard library for pvm: one file a module, and the table of all.

use pvm_vm::native::ModuleDef;

pub mod abc;
pub mod accounts;
pub mod anchors;
pub mod array;
pub mod ast;
pub mod atexit;
pub mod binascii;
pub mod bisect;
pub mod cmath;
pub mod codecs;
pub mod collections;
pub mod contextvars;
pub mod csv;
pub mod decimal;
pub mod embedded;
pub mod errno;
pub mod faulthandler;
pub mod fcntl;
pub mod functools;
pub mod gc;
pub mod hashes;
pub mod heapq;
pub mod io;
pub mod itertools;
pub mod json;
pub mod locale;
pub mod math;
mod named;
pub mod opcode;
pub mod operator;
pub mod pickle;
pub mod posix;
pub mod posixsubprocess;
pub mod random;
pub mod resource;
pub mod select;
pub mod signal;
pub mod socket;
pub mod sre;
pub mod string;
pub mod structs;
mod support;
pub mod symtable;
pub mod system;
pub mod thread;
pub mod time;
pub mod tokenize;
pub mod tracemalloc;
pub mod typing;
pub mod unicodedata;
pub mod warnings;
pub mod weakref;
pub mod zlib;

/// Every native module of this crate. One line a module, in the order of their names.
pub static MODULES: &[&ModuleDef] = &[
    &abc::abc_module::MODULE,
    &ast::ast_module::MODULE,
    &codecs::codecs_module::MODULE,
    &contextvars::contextvars_module::MODULE,
    &collections::collections_module::MODULE,
    &functools::functools_module::MODULE,
    &opcode::opcode_module::MODULE,
    &operator::operator_module::MODULE,
    &thread::thread_module::MODULE,
    &random::random_module::MODULE,
    &typing::typing_module::MODULE,
    &json::json_module::MODULE,
    &array::array_module::MODULE,
    &binascii::binascii_module::MODULE,
    &csv::csv_module::MODULE,
    &decimal::decimal_module::MODULE,
    &hashes::md5_module::MODULE,
    &hashes::sha1_module::MODULE,
    &hashes::sha2_module::MODULE,
    &hashes::sha3_module::MODULE,
    &hashes::blake2_module::MODULE,
    &sre::sre_module::MODULE,
    &unicodedata::unicodedata_module::MODULE,
    &string::string_module::MODULE,
    &structs::struct_module::MODULE,
    &symtable::symtable_module::MODULE,
    &tokenize::tokenize_module::MODULE,
    &tracemalloc::tracemalloc_module::MODULE,
    &warnings::warnings_module::MODULE,
    &weakref::weakref_module::MODULE,
    &cmath::cmath_module::MODULE,
    &faulthandler::faulthandler_module::MODULE,
    &gc::gc_module::MODULE,
    &itertools::itertools_module::MODULE,
    &math::math_module::MODULE,
    &atexit::atexit_module::MODULE,
    &embedded::embedded_module::MODULE,
    &errno::errno_module::MODULE,
    &fcntl::fcntl_module::MODULE,
    &locale::locale_module::MODULE,
    &posixsubprocess::posixsubprocess_module::MODULE,
    &resource::resource_module::MODULE,
    &select::select_module::MODULE,
    &signal::signal_module::MODULE,
    &pickle::pickle_module::MODULE,
    &posix::posix_module::MODULE,
    &time::time_module::MODULE,
    &bisect::bisect_module::MODULE,
    &heapq::heapq_module::MODULE,
    &zlib::zlib_module::MODULE,
];

/// The native module of that name.
pub fn native_module(name: &str) -> Option<&'static ModuleDef> {
    MODULES.iter().chain(system::MODULES).find(|module| module.name == name).copied()
}

/// The names of the native modules.
pub fn native_module_names() -> Vec<&'static str> {
    MODULES.iter().chain(system::MODULES).map(|module| module.name).collect()
}

/// Issues a warning as `warnings.warn(message, category)`.
pub(crate) fn warn(
    vm: &mut pvm_vm::Vm,
    category: &pvm_vm::object::Ref<pvm_vm::object::Class>,
    message: &str,
) -> pvm_vm::vm::PyResult<()> {
    vm.warn(category, message, 1)
}

/// Makes `sys.stdin`, `sys.stdout` and `sys.stderr`.
pub fn start_streams(vm: &mut pvm_vm::Vm) -> pvm_vm::vm::PyResult<()> {
    io::start_standard_streams(vm)?;
    let io = vm.import_module("_io")?;
    let open = vm.get_attr_str(&io, "open")?;
    if let Some(builtins) = vm.interp.builtins.get() {
        builtins.set_name("open", open);
    }
    Ok(())
}

/// An exception class as a module written in C makes it.
pub(crate) fn new_exception(
    vm: &mut pvm_vm::Vm,
    module: &str,
    name: &str,
    base: &pvm_vm::object::Ref<pvm_vm::object::Class>,
) -> pvm_vm::Value {
    let namespace = pvm_vm::types::dict::Dict::new();
    namespace.set_name("__module__", module);
    let bases = pvm_vm::types::tuple::Tuple::new([base.as_value().clone()]);
    let type_ = vm.types().type_.clone();
    vm.call(type_.as_value(), &[name.into(), bases.into(), namespace.into()])
        .unwrap_or_else(|_| base.as_value().clone())
}

/// An exception of a class, with a message.
#[cold]
pub(crate) fn raise(vm: &mut pvm_vm::Vm, class: &pvm_vm::Value, message: &str) -> pvm_vm::Raised {
    match vm.call(class, &[message.into()]) {
        Ok(value) => match value.downcast::<pvm_vm::types::exception::Exception>() {
            Ok(exception) => pvm_vm::Raised(exception),
            Err(_) => vm.value_error(message),
        },
        Err(raised) => raised,
    }
}
