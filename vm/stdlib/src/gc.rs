//! `gc`: the cycle collector.

use pvm_vm::gc;
use pvm_vm::object::{Ref, Value};
use pvm_vm::types::dict::Dict;
use pvm_vm::types::list::List;
use pvm_vm::types::module::Module;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymodule;

const GENERATIONS: i64 = 3;

fn generation(vm: &mut Vm, number: i64) -> PyResult<usize> {
    match usize::try_from(number) {
        Ok(number) if (number as i64) < GENERATIONS => Ok(number),
        _ => Err(vm.value_error("invalid generation")),
    }
}

/// Tells the functions in `gc.callbacks` about a collection.
fn call_back(vm: &mut Vm, phase: &str, generation: usize, collected: usize) {
    let Some(module) = vm.interp.modules.get().and_then(|modules| modules.get_name("gc")) else { return };
    let callbacks = module.downcast_ref::<Module>().and_then(|module| module.get("callbacks"));
    let Some(callbacks) = callbacks else { return };
    let Some(callbacks) = callbacks.downcast_ref::<List>().filter(|list| !list.is_empty()) else { return };
    let info = Dict::new();
    info.set_name("generation", generation);
    info.set_name("collected", collected);
    info.set_name("uncollectable", 0);
    for callback in callbacks.to_vec() {
        if let Err(raised) = vm.call(&callback, &[phase.into(), (&info).into()]) {
            vm.write_unraisable(raised, None, Some(&callback));
        }
    }
}

/// `gc`
#[pymodule(
    name = "gc",
    doc = "This module provides access to the garbage collector for reference cycles.\n\nenable() -- Enable automatic garbage collection.\ndisable() -- Disable automatic garbage collection.\nisenabled() -- Returns true if automatic collection is enabled.\ncollect() -- Do a full collection right now.\nget_count() -- Return the current collection counts.\nget_stats() -- Return list of dictionaries containing per-generation stats.\nset_debug() -- Set debugging flags.\nget_debug() -- Get debugging flags.\nset_threshold() -- Set the collection thresholds.\nget_threshold() -- Return the current collection thresholds.\nget_objects() -- Return a list of all objects tracked by the collector.\nis_tracked() -- Returns true if a given object is tracked.\nis_finalized() -- Returns true if a given object has been already finalized.\nget_referrers() -- Return the list of objects that refer to an object.\nget_referents() -- Return the list of objects that an object refers to.\nfreeze() -- Freeze all tracked objects and ignore them for future collections.\nunfreeze() -- Unfreeze all objects in the permanent generation.\nget_freeze_count() -- Return the number of objects in the permanent generation.\n"
)]
pub mod gc_module {
    use super::*;

    /// Enable automatic garbage collection.
    #[pyfunction]
    fn enable(vm: &mut Vm) {
        vm.interp.gc.enabled.set(true);
    }

    /// Disable automatic garbage collection.
    #[pyfunction]
    fn disable(vm: &mut Vm) {
        vm.interp.gc.enabled.set(false);
    }

    /// Returns true if automatic garbage collection is enabled.
    #[pyfunction]
    fn isenabled(vm: &mut Vm) -> bool {
        vm.interp.gc.enabled.get()
    }

    /// Run the garbage collector.
    ///
    /// With no arguments, run a full collection.  The optional argument
    /// may be an integer specifying which generation to collect.  A ValueError
    /// is raised if the generation number is invalid.
    ///
    /// The number of unreachable objects is returned.
    #[pyfunction(sig = "(generation=2)")]
    fn collect(vm: &mut Vm, #[default(2)] generation: i64) -> PyResult<usize> {
        let generation = super::generation(vm, generation)?;
        call_back(vm, "start", generation, 0);
        let found = gc::collect(vm, generation);
        call_back(vm, "stop", generation, found);
        Ok(found)
    }

    /// Set the garbage collection debugging flags.
    ///
    ///   flags
    ///     An integer that can have the following bits turned on:
    ///       DEBUG_STATS - Print statistics during collection.
    ///       DEBUG_COLLECTABLE - Print collectable objects found.
    ///       DEBUG_UNCOLLECTABLE - Print unreachable but uncollectable objects
    ///         found.
    ///       DEBUG_SAVEALL - Save objects to gc.garbage rather than freeing them.
    ///       DEBUG_LEAK - Debug leaking programs (everything but STATS).
    ///
    /// Debugging information is written to sys.stderr.
    #[pyfunction]
    fn set_debug(vm: &mut Vm, flags: i32) {
        vm.interp.gc.debug.set(flags);
    }

    /// Get the garbage collection debugging flags.
    #[pyfunction]
    fn get_debug(vm: &mut Vm) -> i32 {
        vm.interp.gc.debug.get()
    }

    /// set_threshold(threshold0, [threshold1, [threshold2]])
    /// Set the collection thresholds (the collection frequency).
    ///
    /// Setting 'threshold0' to zero disables collection.
    #[pyfunction(sig = "")]
    fn set_threshold(vm: &mut Vm, first: i32, second: Option<i32>, third: Option<i32>) {
        let thresholds = &vm.interp.gc.thresholds;
        thresholds[0].set(first);
        if let Some(second) = second {
            thresholds[1].set(second);
        }
        if let Some(third) = third {
            thresholds[2].set(third);
        }
    }

    /// Return the current collection thresholds.
    #[pyfunction]
    fn get_threshold(vm: &mut Vm) -> Ref<Tuple> {
        Tuple::new(vm.interp.gc.thresholds.iter().map(|t| t.get().into()))
    }

    /// Return a three-tuple of the current collection counts.
    #[pyfunction]
    fn get_count(vm: &mut Vm) -> Ref<Tuple> {
        Tuple::new(vm.interp.gc.counts.iter().map(|c| c.get().into()))
    }

    /// Return a list of objects tracked by the collector (excluding the list returned).
    ///
    ///   generation
    ///     Generation to extract the objects from.
    ///
    /// If generation is not None, return only the objects tracked by the collector
    /// that are in that generation.
    #[pyfunction(sig = "(generation=None)")]
    fn get_objects(vm: &mut Vm, generation: Option<i64>) -> PyResult<Ref<List>> {
        let generation = match generation {
            None => None,
            Some(number) if number < 0 => {
                return Err(vm.value_error("generation parameter cannot be negative"));
            }
            Some(number) if number >= GENERATIONS => {
                return Err(vm.value_error(format!(
                    "generation parameter must be less than the number of available generations ({GENERATIONS})"
                )));
            }
            Some(number) => Some(number as usize),
        };
        Ok(List::new(vm.interp.gc.objects(generation)))
    }

    /// Return a list of dictionaries containing per-generation statistics.
    #[pyfunction]
    fn get_stats(vm: &mut Vm) -> Ref<List> {
        let stats = vm.interp.gc.stats.iter().map(|stats| {
            let stats = stats.get();
            let dict = Dict::new();
            dict.set_name("collections", stats.collections);
            dict.set_name("collected", stats.collected);
            dict.set_name("uncollectable", stats.uncollectable);
            dict.into()
        });
        List::new(stats.collect())
    }

    /// Returns true if the object is tracked by the garbage collector.
    ///
    /// Simple atomic objects will return false.
    #[pyfunction(sig = "(obj, /)")]
    fn is_tracked(obj: &Value) -> bool {
        gc::is_tracked(obj)
    }

    /// Returns true if the object has been already finalized by the GC.
    #[pyfunction(sig = "(obj, /)")]
    fn is_finalized(obj: &Value) -> bool {
        gc::is_finalized(obj)
    }

    /// get_referrers(*objs) -> list
    /// Return the list of objects that directly refer to any of objs.
    #[pyfunction(sig = "(*objs)")]
    fn get_referrers(vm: &mut Vm, objs: &[Value]) -> Ref<List> {
        let mut found = Vec::new();
        for candidate in vm.interp.gc.objects(None) {
            if gc::referents(&candidate).iter().any(|inner| objs.iter().any(|o| o.is(inner))) {
                found.push(candidate);
            }
        }
        List::new(found)
    }

    /// get_referents(*objs) -> list
    /// Return the list of objects that are directly referred to by objs.
    #[pyfunction(sig = "(*objs)")]
    fn get_referents(objs: &[Value]) -> Ref<List> {
        List::new(objs.iter().flat_map(gc::referents).collect())
    }

    /// Freeze all current tracked objects and ignore them for future collections.
    ///
    /// This can be used before a POSIX fork() call to make the gc copy-on-write friendly.
    /// Note: collection before a POSIX fork() call may free pages for future allocation
    /// which can cause copy-on-write.
    #[pyfunction]
    fn freeze(vm: &mut Vm) {
        vm.interp.gc.freeze();
    }

    /// Unfreeze all objects in the permanent generation.
    ///
    /// Put all objects in the permanent generation back into oldest generation.
    #[pyfunction]
    fn unfreeze(vm: &mut Vm) {
        vm.interp.gc.unfreeze();
    }

    /// Return the number of objects in the permanent generation.
    #[pyfunction]
    fn get_freeze_count(vm: &mut Vm) -> usize {
        vm.interp.gc.frozen_count()
    }

    fn init(_vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        module.set("garbage", List::new(Vec::new()));
        module.set("callbacks", List::new(Vec::new()));
        for (name, value) in [
            ("DEBUG_STATS", 1),
            ("DEBUG_COLLECTABLE", 2),
            ("DEBUG_UNCOLLECTABLE", 4),
            ("DEBUG_SAVEALL", 32),
            ("DEBUG_LEAK", 38),
        ] {
            module.set(name, value);
        }
        Ok(())
    }
}
