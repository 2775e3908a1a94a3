//! `_md5`, `_sha1`, `_sha2`, `_sha3`, `_blake2`

mod blake2;
mod state;

use crate::support::{add_class, params};
use blake2::{Blake2b, Blake2s, Parameters};
use pvm_vm::native::{Args, bind};
use pvm_vm::object::class::flag;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::module::Module;
use pvm_vm::types::number_support::bytes_like;
use pvm_vm::types::str::Str;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use state::State;
use std::cell::RefCell;

/// The bytes to hash.
fn data(vm: &mut Vm, value: &Value) -> PyResult<Vec<u8>> {
    if value.holds::<Str>() {
        return Err(vm.type_error("Strings must be encoded before hashing"));
    }
    match bytes_like(vm, value)? {
        Some(bytes) => Ok(bytes),
        None => Err(vm.type_error("object supporting the buffer API required")),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A state with what a constructor's arguments give it.
fn start(vm: &mut Vm, name: &str, mut state: State, args: Args<'_>) -> PyResult<State> {
    let params = params![("string", Positional, false), ("usedforsecurity", KeywordOnly, false)];
    let ([string, _], _) = bind::<2, 0, 1>(vm, name, params, args)?;
    if let Some(string) = string {
        state.update(&data(vm, string)?);
    }
    Ok(state)
}

/// The parts of a class of hashes that all have.
macro_rules! hash_class {
    ($name:ident, $python:tt, $module:tt, $flags:expr, |$vm:ident, $args:ident| $new:expr, $digest:ident) => {
        #[doc = concat!("`", $module, ".", $python, "`")]
        pub struct $name {
            // In a box, as objects are aligned to 8 bytes only.
            state: Box<RefCell<State>>,
        }

        pvm_vm::payload!($name, $python);

        #[pymethods(name = $python, module = $module, flags = $flags)]
        impl $name {
            #[slot(new)]
            fn new_slot($vm: &mut Vm, cls: &Ref<Class>, $args: Args<'_>) -> PyResult {
                let state: State = $new;
                Ok(Ref::new($name { state: Box::new(RefCell::new(state)) }, cls).into())
            }

            #[slot(repr)]
            fn repr(this: &Ref<$name>) -> PyResult {
                let state = this.state.borrow();
                let address = this.as_value().identity();
                Ok(format!("<{} {} object @ {address:#x}>", state.name(), this.class().name()).into())
            }

            /// Update this hash object's state with the provided bytes-like object.
            #[method(sig = "(obj, /)")]
            fn update(vm: &mut Vm, this: &Ref<$name>, obj: &Value) -> PyResult<()> {
                let bytes = data(vm, obj)?;
                this.state.borrow_mut().update(&bytes);
                Ok(())
            }

            /// Return a copy of the hash object.
            #[method]
            fn copy(this: &Ref<$name>) -> Value {
                let state = this.state.borrow().clone();
                Ref::new($name { state: Box::new(RefCell::new(state)) }, this.class()).into()
            }

            /// Return the digest value as a bytes object.
            #[method(sig = "")]
            fn digest(vm: &mut Vm, this: &Ref<$name>, args: Args<'_>) -> PyResult {
                let length = $digest(vm, "digest", args)?;
                let state = this.state.borrow().clone();
                Ok(state.finish(length).into())
            }

            /// Return the digest value as a string of hexadecimal digits.
            #[method(sig = "")]
            fn hexdigest(vm: &mut Vm, this: &Ref<$name>, args: Args<'_>) -> PyResult {
                let length = $digest(vm, "hexdigest", args)?;
                let state = this.state.borrow().clone();
                Ok(hex(&state.finish(length)).into())
            }

            #[getter]
            fn name(this: &Ref<$name>) -> &'static str {
                this.state.borrow().name()
            }

            #[getter]
            fn digest_size(this: &Ref<$name>) -> usize {
                this.state.borrow().digest_size()
            }

            #[getter]
            fn block_size(this: &Ref<$name>) -> usize {
                this.state.borrow().block_size()
            }
        }
    };
}

fn fixed(vm: &mut Vm, name: &str, args: Args<'_>) -> PyResult<usize> {
    vm.no_keywords(name, args)?;
    if args.values.is_empty() {
        return Ok(0);
    }
    let given = args.values.len();
    Err(vm.type_error(format!("{name}() takes no arguments ({given} given)")))
}

fn chosen(vm: &mut Vm, name: &str, args: Args<'_>) -> PyResult<usize> {
    let ([length], _) = bind::<1, 1, 1>(vm, name, params![("length", Positional, true)], args)?;
    let length = pvm_vm::native::present(vm, length)?;
    let length = vm.to_index(length)?;
    match usize::try_from(length) {
        Ok(length) if length < 1 << 29 => Ok(length),
        Ok(_) => Err(vm.value_error("length is too large")),
        Err(_) => Err(vm.value_error("value must be positive")),
    }
}

fn blake2_parameters(
    vm: &mut Vm,
    name: &'static str,
    word: usize,
    args: Args<'_>,
) -> PyResult<(Parameters, Option<Vec<u8>>)> {
    let table = params![
        ("data", PositionalOnly, false),
        ("digest_size", KeywordOnly, false),
        ("key", KeywordOnly, false),
        ("salt", KeywordOnly, false),
        ("person", KeywordOnly, false),
        ("fanout", KeywordOnly, false),
        ("depth", KeywordOnly, false),
        ("leaf_size", KeywordOnly, false),
        ("node_offset", KeywordOnly, false),
        ("node_depth", KeywordOnly, false),
        ("inner_size", KeywordOnly, false),
        ("last_node", KeywordOnly, false),
        ("usedforsecurity", KeywordOnly, false),
    ];
    let (slots, _) = bind::<13, 0, 1>(vm, name, table, args)?;
    let longest = word * 8;
    let number = |vm: &mut Vm, slot: usize, default: i64| match slots[slot] {
        Some(value) => vm.to_index(value),
        None => Ok(default),
    };
    let digest_size = number(vm, 1, longest as i64)?;
    if !(1..=longest as i64).contains(&digest_size) {
        return Err(vm.value_error(format!(
            "digest_size for {} must be between 1 and {longest} bytes, here it is {digest_size}",
            if word == 8 { "Blake2b" } else { "Blake2s" }
        )));
    }
    let (fanout, depth) = (number(vm, 5, 1)?, number(vm, 6, 1)?);
    let (leaf_size, node_offset) = (number(vm, 7, 0)?, number(vm, 8, 0)?);
    let (node_depth, inner_size) = (number(vm, 9, 0)?, number(vm, 10, 0)?);
    let Ok(fanout) = u8::try_from(fanout) else {
        return Err(vm.value_error("fanout must be between 0 and 255"));
    };
    let Some(depth) = u8::try_from(depth).ok().filter(|d| *d > 0) else {
        return Err(vm.value_error("depth must be between 1 and 255"));
    };
    let Ok(leaf_size) = u32::try_from(leaf_size) else {
        return Err(vm.overflow_error("leaf_size is too large"));
    };
    let highest = if word == 8 { u64::MAX } else { (1 << 48) - 1 };
    let Some(node_offset) = u64::try_from(node_offset).ok().filter(|n| *n <= highest) else {
        return Err(vm.overflow_error("node_offset is too large"));
    };
    let Ok(node_depth) = u8::try_from(node_depth) else {
        return Err(vm.value_error("node_depth must be between 0 and 255"));
    };
    let Some(inner_size) = u8::try_from(inner_size).ok().filter(|n| usize::from(*n) <= longest) else {
        return Err(vm.value_error(format!("inner_size must be between 0 and is {longest}")));
    };
    let bytes = |vm: &mut Vm, slot: usize, what: &str, most: usize| match slots[slot] {
        None => Ok(Vec::new()),
        Some(value) => {
            let bytes = data(vm, value)?;
            if bytes.len() > most {
                return Err(vm.value_error(format!("maximum {what} length is {most} bytes")));
            }
            Ok(bytes)
        }
    };
    let (key, salt) = (bytes(vm, 2, "key", longest)?, bytes(vm, 3, "salt", word * 2)?);
    let person = bytes(vm, 4, "person", word * 2)?;
    let last_node = match slots[11] {
        Some(value) => vm.truth(value)?,
        None => false,
    };
    let first = match slots[0] {
        Some(value) => Some(data(vm, value)?),
        None => None,
    };
    let parameters = Parameters {
        digest_size: digest_size as u8,
        key,
        salt,
        person,
        fanout,
        depth,
        leaf_size,
        node_offset,
        node_depth,
        inner_size,
        last_node,
    };
    Ok((parameters, first))
}

hash_class!(
    Md5Type,
    "MD5Type",
    "_md5",
    0,
    |vm, args| start(vm, "md5", State::Md5(Default::default()), args)?,
    fixed
);
hash_class!(
    Sha1Type,
    "SHA1Type",
    "_sha1",
    0,
    |vm, args| start(vm, "sha1", State::Sha1(Default::default()), args)?,
    fixed
);
hash_class!(
    Sha224Type,
    "SHA224Type",
    "_sha2",
    0,
    |vm, args| start(vm, "sha224", State::Sha224(Default::default()), args)?,
    fixed
);
hash_class!(
    Sha256Type,
    "SHA256Type",
    "_sha2",
    0,
    |vm, args| start(vm, "sha256", State::Sha256(Default::default()), args)?,
    fixed
);
hash_class!(
    Sha384Type,
    "SHA384Type",
    "_sha2",
    0,
    |vm, args| start(vm, "sha384", State::Sha384(Default::default()), args)?,
    fixed
);
hash_class!(
    Sha512Type,
    "SHA512Type",
    "_sha2",
    0,
    |vm, args| start(vm, "sha512", State::Sha512(Default::default()), args)?,
    fixed
);
hash_class!(
    Sha3224Type,
    "sha3_224",
    "_sha3",
    0,
    |vm, args| start(vm, "sha3_224", State::Sha3_224(Default::default()), args)?,
    fixed
);
hash_class!(
    Sha3256Type,
    "sha3_256",
    "_sha3",
    0,
    |vm, args| start(vm, "sha3_256", State::Sha3_256(Default::default()), args)?,
    fixed
);
hash_class!(
    Sha3384Type,
    "sha3_384",
    "_sha3",
    0,
    |vm, args| start(vm, "sha3_384", State::Sha3_384(Default::default()), args)?,
    fixed
);
hash_class!(
    Sha3512Type,
    "sha3_512",
    "_sha3",
    0,
    |vm, args| start(vm, "sha3_512", State::Sha3_512(Default::default()), args)?,
    fixed
);
hash_class!(
    Shake128Type,
    "shake_128",
    "_sha3",
    0,
    |vm, args| start(vm, "shake_128", State::Shake128(Default::default()), args)?,
    chosen
);
hash_class!(
    Shake256Type,
    "shake_256",
    "_sha3",
    0,
    |vm, args| start(vm, "shake_256", State::Shake256(Default::default()), args)?,
    chosen
);

hash_class!(
    Blake2bType,
    "blake2b",
    "_blake2",
    flag::BASE_TYPE,
    |vm, args| {
        let (parameters, first) = blake2_parameters(vm, "blake2b", 8, args)?;
        let mut state = State::Blake2b(Blake2b::new(&parameters), parameters.digest_size.into());
        state.update(&first.unwrap_or_default());
        state
    },
    fixed
);
hash_class!(
    Blake2sType,
    "blake2s",
    "_blake2",
    flag::BASE_TYPE,
    |vm, args| {
        let (parameters, first) = blake2_parameters(vm, "blake2s", 4, args)?;
        let mut state = State::Blake2s(Blake2s::new(&parameters), parameters.digest_size.into());
        state.update(&first.unwrap_or_default());
        state
    },
    fixed
);

fn new_object<T>(vm: &mut Vm, args: Args<'_>) -> PyResult
where
    T: pvm_vm::native::NativeType + pvm_vm::Payload,
{
    let class = pvm_vm::types::init::class_of::<T>(vm)?;
    match class.slots.new.get() {
        Some(new) => new(vm, &class, args),
        None => Ok(Value::NONE),
    }
}

/// The module.
#[pvm_vm_macros::pymodule(name = "_md5")]
pub mod md5_module {
    use super::*;

    /// Return a new MD5 hash object; optionally initialized with a string.
    #[pyfunction(sig = "(string=b'', *, usedforsecurity=True)")]
    fn md5(vm: &mut Vm, args: Args<'_>) -> PyResult {
        new_object::<Md5Type>(vm, args)
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        add_class::<Md5Type>(vm, module, "MD5Type")?;
        Ok(())
    }
}

/// The module.
#[pvm_vm_macros::pymodule(name = "_sha1")]
pub mod sha1_module {
    use super::*;

    /// Return a new SHA1 hash object; optionally initialized with a string.
    #[pyfunction(sig = "(string=b'', *, usedforsecurity=True)")]
    fn sha1(vm: &mut Vm, args: Args<'_>) -> PyResult {
        new_object::<Sha1Type>(vm, args)
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        add_class::<Sha1Type>(vm, module, "SHA1Type")?;
        Ok(())
    }
}

/// The module.
#[pvm_vm_macros::pymodule(name = "_sha2")]
pub mod sha2_module {
    use super::*;

    /// Return a new SHA224 hash object; optionally initialized with a string.
    #[pyfunction(sig = "(string=b'', *, usedforsecurity=True)")]
    fn sha224(vm: &mut Vm, args: Args<'_>) -> PyResult {
        new_object::<Sha224Type>(vm, args)
    }

    /// Return a new SHA256 hash object; optionally initialized with a string.
    #[pyfunction(sig = "(string=b'', *, usedforsecurity=True)")]
    fn sha256(vm: &mut Vm, args: Args<'_>) -> PyResult {
        new_object::<Sha256Type>(vm, args)
    }

    /// Return a new SHA384 hash object; optionally initialized with a string.
    #[pyfunction(sig = "(string=b'', *, usedforsecurity=True)")]
    fn sha384(vm: &mut Vm, args: Args<'_>) -> PyResult {
        new_object::<Sha384Type>(vm, args)
    }

    /// Return a new SHA512 hash object; optionally initialized with a string.
    #[pyfunction(sig = "(string=b'', *, usedforsecurity=True)")]
    fn sha512(vm: &mut Vm, args: Args<'_>) -> PyResult {
        new_object::<Sha512Type>(vm, args)
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        add_class::<Sha224Type>(vm, module, "SHA224Type")?;
        add_class::<Sha256Type>(vm, module, "SHA256Type")?;
        add_class::<Sha384Type>(vm, module, "SHA384Type")?;
        add_class::<Sha512Type>(vm, module, "SHA512Type")?;
        Ok(())
    }
}

/// The module.
#[pvm_vm_macros::pymodule(name = "_sha3")]
pub mod sha3_module {
    use super::*;

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        add_class::<Sha3224Type>(vm, module, "sha3_224")?;
        add_class::<Sha3256Type>(vm, module, "sha3_256")?;
        add_class::<Sha3384Type>(vm, module, "sha3_384")?;
        add_class::<Sha3512Type>(vm, module, "sha3_512")?;
        add_class::<Shake128Type>(vm, module, "shake_128")?;
        add_class::<Shake256Type>(vm, module, "shake_256")?;
        module.set("implementation", "generic");
        Ok(())
    }
}

/// The module.
#[pvm_vm_macros::pymodule(name = "_blake2", doc = "_blake2b provides BLAKE2b for hashlib\n")]
pub mod blake2_module {
    use super::*;
    use pvm_vm::types::init::set_class_attribute;

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        let large = add_class::<Blake2bType>(vm, module, "blake2b")?;
        let small = add_class::<Blake2sType>(vm, module, "blake2s")?;
        for (class, prefix, word) in [(large, "BLAKE2B", 8i64), (small, "BLAKE2S", 4)] {
            let sizes = [
                ("SALT_SIZE", word * 2),
                ("PERSON_SIZE", word * 2),
                ("MAX_KEY_SIZE", word * 8),
                ("MAX_DIGEST_SIZE", word * 8),
            ];
            for (name, size) in sizes {
                set_class_attribute(&class, name, Value::int(size));
                module.set(&format!("{prefix}_{name}"), Value::int(size));
            }
            class.modified();
        }
        Ok(())
    }
}
