//! `_random`

use pvm_vm::native::Args;
use pvm_vm::number::random::MersenneTwister;
use pvm_vm::number::{Int as IntView, Integer};
use pvm_vm::object::class::flag;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::RefCell;

/// `_random.Random`
pub struct Random {
    generator: RefCell<MersenneTwister>,
}

pvm_vm::payload!(Random, "_random.Random");

/// A generator seeded from the system's random source.
fn unpredictable() -> MersenneTwister {
    use std::hash::{BuildHasher, Hasher};
    let mut key = Vec::new();
    for _ in 0..8 {
        let bits = std::collections::hash_map::RandomState::new().build_hasher().finish();
        key.extend([bits as u32, (bits >> 32) as u32]);
    }
    MersenneTwister::from_key(&key)
}

fn seeded(vm: &mut Vm, seed: Option<&Value>) -> PyResult<MersenneTwister> {
    let Some(seed) = seed.filter(|s| !s.is_none()) else { return Ok(unpredictable()) };
    // Subclasses of `int` may have an `abs` of their own.
    if seed.as_int().is_some() {
        let slot = seed.class().slots.absolute.get();
        let magnitude = vm.unary(slot, "abs()", seed)?;
        let view = magnitude.as_int().unwrap_or(IntView::Small(0));
        return Ok(MersenneTwister::from_seed(view));
    }
    let hash = Integer::from(vm.hash(seed)? as u64);
    Ok(MersenneTwister::from_seed(hash.as_int()))
}

#[pymethods(
    name = "Random",
    module = "_random",
    doc = "Random() -> create a random number generator with its own internal state.",
    flags = flag::BASE_TYPE
)]
impl Random {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        crate::support::no_keywords::<Random>(vm, cls, args)?;
        vm.check_positional("Random", args.pos().len(), 0, 1)?;
        let generator = seeded(vm, args.pos().first())?;
        Ok(Ref::new(Random { generator: RefCell::new(generator) }, cls).into())
    }

    /// random() -> x in the interval [0, 1).
    #[method]
    fn random(this: &Ref<Random>) -> f64 {
        this.generator.borrow_mut().random()
    }

    /// seed([n]) -> None.
    ///
    /// Defaults to use urandom and falls back to a combination
    /// of the current time and the process identifier.
    #[method(sig = "(n=None, /)")]
    fn seed(vm: &mut Vm, this: &Ref<Random>, n: Option<&Value>) -> PyResult<()> {
        let generator = seeded(vm, n)?;
        *this.generator.borrow_mut() = generator;
        Ok(())
    }

    /// getrandbits(k) -> x.  Generates an int with k random bits.
    #[method]
    fn getrandbits(vm: &mut Vm, this: &Ref<Random>, k: i32) -> PyResult {
        let Ok(bits) = u64::try_from(k) else {
            return Err(vm.value_error("number of bits must be non-negative"));
        };
        let result = this.generator.borrow_mut().random_bits(bits);
        vm.number(result).map(Into::into)
    }

    /// getstate() -> tuple containing the current state.
    #[method]
    fn getstate(this: &Ref<Random>) -> Value {
        let generator = this.generator.borrow();
        let (words, index) = generator.state();
        let mut state: Vec<Value> = words.iter().map(|w| Value::from(*w)).collect();
        state.push(index.into());
        Tuple::new(state).into()
    }

    /// setstate(state) -> None.  Restores generator state.
    #[method]
    fn setstate(vm: &mut Vm, this: &Ref<Random>, state: &Value) -> PyResult<()> {
        let Some(items) = state.downcast_ref::<Tuple>() else {
            return Err(vm.type_error("state vector must be a tuple"));
        };
        let items = items.as_slice();
        let Some((index, words)) = items.split_last().filter(|(_, words)| words.len() == 624) else {
            return Err(vm.value_error("state vector is the wrong size"));
        };
        let mut numbers = Vec::with_capacity(words.len());
        for word in words {
            let Some(view) = word.as_int() else {
                let found = word.class().name();
                return Err(vm.type_error(format!("'{found}' object cannot be interpreted as an integer")));
            };
            match view.to_u64() {
                Some(word) => numbers.push(word as u32),
                None if view.is_negative() => {
                    return Err(vm.overflow_error("can't convert negative value to unsigned int"));
                }
                None => return Err(vm.overflow_error("Python int too large to convert to C unsigned long")),
            }
        }
        let index = vm.to_index(index)?;
        let Ok(index) = usize::try_from(index) else { return Err(vm.value_error("invalid state")) };
        let generator = vm.number(MersenneTwister::from_state(&numbers, index))?;
        *this.generator.borrow_mut() = generator;
        Ok(())
    }
}

/// The module.
#[pvm_vm_macros::pymodule(
    name = "_random",
    doc = "Module implements the Mersenne Twister random number generator."
)]
pub mod random_module {
    use super::*;
    use pvm_vm::types::module::Module;

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        crate::support::add_class::<Random>(vm, module, "Random").map(drop)
    }
}
