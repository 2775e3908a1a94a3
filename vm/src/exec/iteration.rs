//! Unpacking, and loops over pairs that are unpacked at once.

use super::instruction::{Instruction, Op, uses};
use super::run::Registers;
use crate::object::Value;
use crate::types::dict_methods::iterators::DictIterator;
use crate::types::iterator_methods::enumerate::Enumerate;
use crate::types::iterator_methods::zip::Zip;
use crate::types::list::List;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};

/// What an iterator gave for a loop whose body begins by unpacking it into two.
pub(super) enum Pair {
    /// The two items of a tuple that was never made.
    Items(Value, Value),
    /// Anything, or the end.
    Item(Option<Value>),
}

/// Whether the instruction after a `ForIter` unpacks its item into two.
#[inline(always)]
pub(super) fn unpacks_pair(i: &Instruction, pc: *const Instruction) -> bool {
    // SAFETY: no code ends in a `ForIter`.
    let next = unsafe { &*pc.add(1) };
    let unpacks = matches!(next.op.get(), Op::UnpackSequence | Op::UnpackToVariables);
    unpacks && next.c == 2 && next.b == i.a && next.uses & uses::B != 0
}

/// The next item of `zip`, `enumerate` or `dict.items()`, in two parts; of other iterators as it is.
pub(super) fn next_pair(vm: &mut Vm, iterator: &Value) -> PyResult<Pair> {
    let (class, types) = (iterator.class(), vm.types());
    let pair = if class.is(&types.zip)
        && let Some(zip) = iterator.downcast_ref::<Zip>()
        && zip.len() == 2
    {
        zip.next_pair(vm)?
    } else if class.is(&types.enumerate)
        && let Some(enumerate) = iterator.downcast_ref::<Enumerate>()
    {
        enumerate.next_pair(vm)?
    } else if class.is(&types.dict_itemiterator)
        && let Some(items) = iterator.downcast_ref::<DictIterator>()
    {
        items.advance_pair(vm)?
    } else {
        return Ok(Pair::Item(vm.next(iterator)?));
    };
    Ok(match pair {
        Some((first, second)) => Pair::Items(first, second),
        None => Pair::Item(None),
    })
}

/// Does what the unpacking instruction `i` would do with the pair.
#[inline(always)]
pub(super) fn place_pair(i: &Instruction, registers: Registers, first: Value, second: Value) {
    let (first_at, second_at) = match i.op.get() {
        Op::UnpackToVariables => (i.a, i.a + 1),
        _ => (i.a + 1, i.a),
    };
    registers.set(first_at, first);
    registers.set(second_at, second);
}

/// Unpacks into consecutive registers: temporaries, the first item into the last, the order in which they are stored;
/// or variables, the first item into the first.
pub(super) fn unpack_sequence(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let sequence = registers.own(i.b, i.uses & uses::B != 0);
    let types = vm.types();
    if sequence.class().is(&types.tuple)
        && let Some(tuple) = sequence.downcast_ref::<Tuple>()
        && tuple.len() == i.c as usize
    {
        place(i, registers, tuple.as_slice().iter().cloned());
    } else if sequence.class().is(&types.list)
        && let Some(list) = sequence.downcast_ref::<List>()
        && list.len() == i.c as usize
    {
        // Item by item: what a variable held may change the list when it is dropped.
        let items: smallvec::SmallVec<[Value; 8]> = list.with(|items| items.iter().cloned().collect());
        place(i, registers, items);
    } else {
        let items = unpack_iterable(vm, &sequence, i.c as usize, None)?;
        place(i, registers, items);
    }
    Ok(())
}

#[inline(always)]
fn place(i: &Instruction, registers: Registers, items: impl IntoIterator<Item = Value>) {
    if i.op.get() == Op::UnpackToVariables {
        for (n, item) in items.into_iter().enumerate() {
            registers.set(i.a + n as u16, item);
        }
    } else {
        for (n, item) in items.into_iter().enumerate() {
            registers.set(i.a + i.c - 1 - n as u16, item);
        }
    }
}

fn unpack_iterable(
    vm: &mut Vm,
    sequence: &Value,
    before: usize,
    after: Option<usize>,
) -> PyResult<Vec<Value>> {
    let class = sequence.class();
    if class.slots.iter.get().is_none() && !vm.is_sequence(sequence) {
        let found = class.name();
        return Err(vm.type_error(format!("cannot unpack non-iterable {found} object")));
    }
    let iterator = vm.iter(sequence)?;
    let mut items = Vec::with_capacity(before);
    while items.len() < before {
        match vm.next(&iterator)? {
            Some(item) => items.push(item),
            None => {
                let got = items.len();
                return Err(match after {
                    None => {
                        vm.value_error(format!("not enough values to unpack (expected {before}, got {got})"))
                    }
                    Some(after) => {
                        let expected = before + after;
                        vm.value_error(format!(
                            "not enough values to unpack (expected at least {expected}, got {got})"
                        ))
                    }
                });
            }
        }
    }
    let Some(after) = after else {
        return match vm.next(&iterator)? {
            None => Ok(items),
            Some(_) => Err(vm.value_error(format!("too many values to unpack (expected {before})"))),
        };
    };
    let mut rest = Vec::new();
    while let Some(item) = vm.next(&iterator)? {
        rest.push(item);
    }
    if rest.len() < after {
        let (expected, got) = (before + after, before + rest.len());
        return Err(
            vm.value_error(format!("not enough values to unpack (expected at least {expected}, got {got})"))
        );
    }
    let tail = rest.split_off(rest.len() - after);
    items.push(List::new(rest).into());
    items.extend(tail);
    Ok(items)
}

pub(super) fn unpack_ex(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let oparg = i.x.get() as usize;
    let sequence = registers.take(i.b);
    let items = unpack_iterable(vm, &sequence, oparg & 0xFF, Some(oparg >> 8))?;
    for (n, item) in items.into_iter().rev().enumerate() {
        registers.set(i.a + n as u16, item);
    }
    Ok(())
}
