//! `_bisect`

use pvm_vm::object::Value;
use pvm_vm::object::slots::CompareOp;
use pvm_vm::types::list::List;
use pvm_vm::{PyResult, Vm};

/// Where `x` belongs among `a[low:high]`, left or right of equal items.
fn search(
    vm: &mut Vm,
    a: &Value,
    x: &Value,
    low: i64,
    high: Option<&Value>,
    key: Option<&Value>,
    left: bool,
) -> PyResult<i64> {
    if low < 0 {
        return Err(vm.value_error("lo must be non-negative"));
    }
    let high = match high {
        Some(high) => vm.to_index(high)?,
        None => -1,
    };
    let mut high = if high == -1 { vm.length(a)? as i64 } else { high };
    let mut low = low;
    while low < high {
        let middle = low + (high - low) / 2;
        let mut item = match a.downcast_ref::<List>().filter(|_| a.class().is(&vm.types().list)) {
            Some(list) => match usize::try_from(middle).ok().and_then(|i| list.get(i)) {
                Some(item) => item,
                None => return Err(vm.index_error("list index out of range")),
            },
            None => vm.get_item(a, &Value::int(middle))?,
        };
        if let Some(key) = key {
            item = vm.call(key, &[item])?;
        }
        let go_right = if left {
            vm.compare_bool(&item, x, CompareOp::Lt)?
        } else {
            !vm.compare_bool(x, &item, CompareOp::Lt)?
        };
        if go_right {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

fn insert(
    vm: &mut Vm,
    a: &Value,
    x: &Value,
    low: i64,
    high: Option<&Value>,
    key: Option<&Value>,
    left: bool,
) -> PyResult<()> {
    let wanted = match key {
        Some(key) => vm.call(key, std::slice::from_ref(x))?,
        None => x.clone(),
    };
    let index = search(vm, a, &wanted, low, high, key, left)?;
    if let Some(list) = a.downcast_ref::<List>()
        && a.class().is(&vm.types().list)
    {
        list.insert(usize::try_from(index).unwrap_or(0), x.clone());
        return Ok(());
    }
    vm.call_method_str(a, "insert", &[Value::int(index), x.clone()]).map(drop)
}

/// The module.
#[pvm_vm_macros::pymodule(
    name = "_bisect",
    doc = "Bisection algorithms.\n\nThis module provides support for maintaining a list in sorted order without\nhaving to sort the list after each insertion. For long lists of items with\nexpensive comparison operations, this can be an improvement over the more\ncommon approach.\n"
)]
pub mod bisect_module {
    use super::*;

    /// Return the index where to insert item x in list a, assuming a is sorted.
    ///
    /// The return value i is such that all e in a[:i] have e <= x, and all e in
    /// a[i:] have e > x.  So if x already appears in the list, a.insert(i, x) will
    /// insert just after the rightmost x already there.
    ///
    /// Optional args lo (default 0) and hi (default len(a)) bound the
    /// slice of a to be searched.
    ///
    /// A custom key function can be supplied to customize the sort order.
    #[pyfunction(sig = "(a, x, lo=0, hi=None, *, key=None)")]
    fn bisect_right(
        vm: &mut Vm,
        a: &Value,
        x: &Value,
        lo: i64,
        hi: Option<&Value>,
        key: Option<&Value>,
    ) -> PyResult<i64> {
        search(vm, a, x, lo, hi, key, false)
    }

    /// Return the index where to insert item x in list a, assuming a is sorted.
    ///
    /// The return value i is such that all e in a[:i] have e < x, and all e in
    /// a[i:] have e >= x.  So if x already appears in the list, a.insert(i, x) will
    /// insert just before the leftmost x already there.
    ///
    /// Optional args lo (default 0) and hi (default len(a)) bound the
    /// slice of a to be searched.
    ///
    /// A custom key function can be supplied to customize the sort order.
    #[pyfunction(sig = "(a, x, lo=0, hi=None, *, key=None)")]
    fn bisect_left(
        vm: &mut Vm,
        a: &Value,
        x: &Value,
        lo: i64,
        hi: Option<&Value>,
        key: Option<&Value>,
    ) -> PyResult<i64> {
        search(vm, a, x, lo, hi, key, true)
    }

    /// Insert item x in list a, and keep it sorted assuming a is sorted.
    ///
    /// If x is already in a, insert it to the right of the rightmost x.
    ///
    /// Optional args lo (default 0) and hi (default len(a)) bound the
    /// slice of a to be searched.
    ///
    /// A custom key function can be supplied to customize the sort order.
    #[pyfunction(sig = "(a, x, lo=0, hi=None, *, key=None)")]
    fn insort_right(
        vm: &mut Vm,
        a: &Value,
        x: &Value,
        lo: i64,
        hi: Option<&Value>,
        key: Option<&Value>,
    ) -> PyResult<()> {
        insert(vm, a, x, lo, hi, key, false)
    }

    /// Insert item x in list a, and keep it sorted assuming a is sorted.
    ///
    /// If x is already in a, insert it to the left of the leftmost x.
    ///
    /// Optional args lo (default 0) and hi (default len(a)) bound the
    /// slice of a to be searched.
    ///
    /// A custom key function can be supplied to customize the sort order.
    #[pyfunction(sig = "(a, x, lo=0, hi=None, *, key=None)")]
    fn insort_left(
        vm: &mut Vm,
        a: &Value,
        x: &Value,
        lo: i64,
        hi: Option<&Value>,
        key: Option<&Value>,
    ) -> PyResult<()> {
        insert(vm, a, x, lo, hi, key, true)
    }
}
