//! The attributes of `sys`.

use crate::object::{Ref, Value};
use crate::types::dict::Dict;
use crate::types::list::List;
use crate::types::module::Module;
use crate::types::namespace::SimpleNamespace;
use crate::types::struct_sequence::{StructSequence, instance};
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};

static FLAGS: StructSequence = StructSequence {
    module: "sys",
    name: "flags",
    doc: "sys.flags\n\nFlags provided through command line arguments or environment vars.",
    fields: &[
        "debug",
        "inspect",
        "interactive",
        "optimize",
        "dont_write_bytecode",
        "no_user_site",
        "no_site",
        "ignore_environment",
        "verbose",
        "bytes_warning",
        "quiet",
        "hash_randomization",
        "isolated",
        "dev_mode",
        "utf8_mode",
        "warn_default_encoding",
        "safe_path",
        "int_max_str_digits",
    ],
    visible: 18,
    instantiable: false,
};

static VERSION_INFO: StructSequence = StructSequence {
    module: "sys",
    name: "version_info",
    doc: "sys.version_info\n\nVersion information as a named tuple.",
    fields: &["major", "minor", "micro", "releaselevel", "serial"],
    visible: 5,
    instantiable: false,
};

static HASH_INFO: StructSequence = StructSequence {
    module: "sys",
    name: "hash_info",
    doc: "hash_info\n\nA named tuple providing parameters used for computing hashes.",
    fields: &["width", "modulus", "inf", "nan", "imag", "algorithm", "hash_bits", "seed_bits", "cutoff"],
    visible: 9,
    instantiable: true,
};

static FLOAT_INFO: StructSequence = StructSequence {
    module: "sys",
    name: "float_info",
    doc: "sys.float_info\n\nA named tuple holding information about the float type.",
    fields: &[
        "max",
        "max_exp",
        "max_10_exp",
        "min",
        "min_exp",
        "min_10_exp",
        "dig",
        "mant_dig",
        "epsilon",
        "radix",
        "rounds",
    ],
    visible: 11,
    instantiable: true,
};

static INT_INFO: StructSequence = StructSequence {
    module: "sys",
    name: "int_info",
    doc: "sys.int_info\n\nA named tuple that holds information about Python's\ninternal representation of integers.",
    fields: &["bits_per_digit", "sizeof_digit", "default_max_str_digits", "str_digits_check_threshold"],
    visible: 4,
    instantiable: true,
};

static THREAD_INFO: StructSequence = StructSequence {
    module: "sys",
    name: "thread_info",
    doc: "sys.thread_info\n\nA named tuple holding information about the thread implementation.",
    fields: &["name", "lock", "version"],
    visible: 3,
    instantiable: true,
};

static UNRAISABLE_HOOK_ARGS: StructSequence = StructSequence {
    module: "builtins",
    name: "UnraisableHookArgs",
    doc: "UnraisableHookArgs\n\nType used to pass arguments to sys.unraisablehook.",
    fields: &["exc_type", "exc_value", "exc_traceback", "err_msg", "object"],
    visible: 5,
    instantiable: true,
};

static ASYNCGEN_HOOKS: StructSequence = StructSequence {
    module: "builtins",
    name: "asyncgen_hooks",
    doc: "",
    fields: &["firstiter", "finalizer"],
    visible: 2,
    instantiable: true,
};

/// Modules of the standard library, as `sys.stdlib_module_names` has them.
const STDLIB_MODULE_NAMES: &str = include_str!("stdlib_module_names.txt");

const COPYRIGHT: &str = "Copyright (c) the pvm authors.\nAll Rights Reserved.";

fn strings(texts: &[String]) -> Ref<List> {
    List::new(texts.iter().map(|t| t.as_str().into()).collect())
}

/// `sys.get_asyncgen_hooks()`
pub fn asyncgen_hooks(vm: &mut Vm, first: Value, last: Value) -> Value {
    match vm.interp.sys.get().and_then(|s| s.get_name("_asyncgen_hooks_class")) {
        Some(class) => match class.downcast_ref::<crate::object::Class>() {
            Some(class) => instance(class, vec![first, last]).into(),
            None => Tuple::new([first, last]).into(),
        },
        None => Tuple::new([first, last]).into(),
    }
}

/// Adds the attributes.
pub fn add(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
    let config = &vm.interp.config;
    let flag = |b: bool| Value::int(i64::from(b));
    let flags = vec![
        flag(config.debug),
        flag(config.inspect),
        flag(config.interactive),
        Value::from(config.optimize),
        flag(config.dont_write_bytecode),
        flag(config.no_user_site),
        flag(config.no_site),
        flag(config.ignore_environment),
        Value::from(config.verbose),
        Value::from(config.bytes_warning),
        flag(config.quiet),
        flag(config.hash_seed != Some(0)),
        flag(config.isolated),
        Value::bool(config.dev_mode),
        flag(config.utf8_mode),
        flag(false),
        Value::bool(config.safe_path),
        Value::from(config.int_max_str_digits),
    ];
    let class = FLAGS.class(vm)?;
    module.set("flags", instance(&class, flags));
    let class = VERSION_INFO.class(vm)?;
    let version = instance(&class, vec![3.into(), 12.into(), 1.into(), "final".into(), 0.into()]);
    module.set("version_info", &version);
    module.set("hexversion", 0x030c_01f0);
    module.set("version", concat!("3.12.1 (pvm ", env!("CARGO_PKG_VERSION"), ") [Rust]"));
    module.set("api_version", 1013);
    module.set("copyright", COPYRIGHT);
    let implementation = SimpleNamespace::new([
        ("name", "cpython".into()),
        ("cache_tag", "cpython-312".into()),
        ("version", (&version).into()),
        ("hexversion", 0x030c_01f0.into()),
        ("_multiarch", "x86_64-linux-gnu".into()),
    ]);
    module.set("implementation", implementation);
    let class = HASH_INFO.class(vm)?;
    let seed_bits = 128;
    let values = vec![
        64.into(),
        ((1i64 << 61) - 1).into(),
        314_159.into(),
        0.into(),
        1_000_003.into(),
        "siphash13".into(),
        64.into(),
        seed_bits.into(),
        0.into(),
    ];
    module.set("hash_info", instance(&class, values));
    let class = FLOAT_INFO.class(vm)?;
    let values = vec![
        f64::MAX.into(),
        1024.into(),
        308.into(),
        f64::MIN_POSITIVE.into(),
        (-1021).into(),
        (-307).into(),
        15.into(),
        53.into(),
        f64::EPSILON.into(),
        2.into(),
        1.into(),
    ];
    module.set("float_info", instance(&class, values));
    let class = INT_INFO.class(vm)?;
    module.set("int_info", instance(&class, vec![30.into(), 4.into(), 4300.into(), 640.into()]));
    let class = THREAD_INFO.class(vm)?;
    module.set("thread_info", instance(&class, vec!["pthread".into(), "semaphore".into(), Value::NONE]));
    module.set("_asyncgen_hooks_class", ASYNCGEN_HOOKS.class(vm)?);
    module.set("UnraisableHookArgs", UNRAISABLE_HOOK_ARGS.class(vm)?);
    add_plain(vm, module);
    Ok(())
}

fn add_plain(vm: &mut Vm, module: &Ref<Module>) {
    let config = &vm.interp.config;
    module.set("maxsize", i64::MAX);
    module.set("maxunicode", 0x10_FFFF);
    module.set("byteorder", if cfg!(target_endian = "big") { "big" } else { "little" });
    module.set("platform", if cfg!(target_os = "macos") { "darwin" } else { "linux" });
    module.set("platlibdir", "lib");
    module.set("float_repr_style", "short");
    module.set("abiflags", "");
    module.set("_framework", "");
    module.set("_git", Tuple::new(["CPython".into(), "".into(), "".into()]));
    module.set("argv", strings(&config.argv));
    module.set("orig_argv", strings(&config.orig_argv));
    module.set("executable", config.executable.as_str());
    module.set("_base_executable", config.executable.as_str());
    module.set("dont_write_bytecode", config.dont_write_bytecode);
    module.set("pycache_prefix", config.pycache_prefix.as_deref().map(Value::from));
    module.set("warnoptions", strings(&config.warn_options));
    let options = Dict::new();
    for (name, value) in &config.x_options {
        options.set_name(name, value.as_deref().map_or(Value::TRUE, Value::from));
    }
    module.set("_xoptions", options);
    module.set("path", List::new(Vec::new()));
    module.set("meta_path", List::new(Vec::new()));
    module.set("path_hooks", List::new(Vec::new()));
    module.set("path_importer_cache", Dict::new());
    if let Some(modules) = vm.interp.modules.get() {
        module.set("modules", modules);
    }
    let mut names: Vec<&str> = vec!["_imp", "builtins", "marshal", "sys"];
    if let Some(host) = vm.interp.host.get() {
        names.extend(host.native_module_names());
    }
    names.sort_unstable();
    names.dedup();
    let names: Vec<Value> = names.into_iter().map(Value::from).collect();
    module.set("builtin_module_names", Tuple::new(names));
    let names: Vec<Value> = STDLIB_MODULE_NAMES.lines().map(Value::from).collect();
    if let Ok(set) = crate::types::set::Set::frozen(vm, names) {
        module.set("stdlib_module_names", set);
    }
    for (copy, name) in [
        ("__displayhook__", "displayhook"),
        ("__excepthook__", "excepthook"),
        ("__breakpointhook__", "breakpointhook"),
        ("__unraisablehook__", "unraisablehook"),
    ] {
        if let Some(function) = module.get(name) {
            module.set(copy, function);
        }
    }
}
