//! Gives numbers, containers and their iterators their methods.

use super::init::fill;
use crate::vm::{PyResult, Vm};

/// Fills the classes, bases before subclasses.
pub(crate) fn fill_numbers(vm: &mut Vm) -> PyResult<()> {
    let types = vm.types();
    fill::<super::int::Int>(vm, &types.int)?;
    fill::<super::bool_methods::Bool>(vm, &types.bool)?;
    fill::<super::float::Float>(vm, &types.float)?;
    fill::<super::complex::Complex>(vm, &types.complex)?;
    fill::<super::singleton_methods::NoneType>(vm, &types.none_type)?;
    fill::<super::singleton_methods::EllipsisType>(vm, &types.ellipsis)?;
    fill::<super::singleton_methods::NotImplementedType>(vm, &types.not_implemented_type)?;
    fill_containers(vm)?;
    fill_iterators(vm)?;
    fill_typing(vm)
}

fn fill_containers(vm: &mut Vm) -> PyResult<()> {
    use super::dict_methods::views;
    let types = vm.types();
    fill::<super::tuple::Tuple>(vm, &types.tuple)?;
    fill::<super::list::List>(vm, &types.list)?;
    fill::<super::dict::Dict>(vm, &types.dict)?;
    fill::<views::DictKeys>(vm, &types.dict_keys)?;
    fill::<views::DictValues>(vm, &types.dict_values)?;
    fill::<views::DictItems>(vm, &types.dict_items)?;
    fill::<super::set::Set>(vm, &types.set)?;
    fill::<super::set_methods::FrozenSet>(vm, &types.frozenset)?;
    fill::<super::range::Range>(vm, &types.range)?;
    fill::<super::slice::Slice>(vm, &types.slice)
}

fn fill_iterators(vm: &mut Vm) -> PyResult<()> {
    use super::dict_methods::iterators as dict;
    use super::iterator_methods as other;
    let types = vm.types();
    fill::<super::tuple::TupleIterator>(vm, &types.tuple_iterator)?;
    fill::<super::list::ListIterator>(vm, &types.list_iterator)?;
    fill::<dict::KeyIterator>(vm, &types.dict_keyiterator)?;
    fill::<dict::ValueIterator>(vm, &types.dict_valueiterator)?;
    fill::<dict::ItemIterator>(vm, &types.dict_itemiterator)?;
    fill::<dict::ReverseKeyIterator>(vm, &types.dict_reversekeyiterator)?;
    fill::<dict::ReverseValueIterator>(vm, &types.dict_reversevalueiterator)?;
    fill::<dict::ReverseItemIterator>(vm, &types.dict_reverseitemiterator)?;
    fill::<super::set_methods::SetIterator>(vm, &types.set_iterator)?;
    fill::<super::range::RangeIterator>(vm, &types.range_iterator)?;
    fill::<super::range_methods::LongRangeIterator>(vm, &types.longrange_iterator)?;
    fill::<super::iterators::SequenceIterator>(vm, &types.sequence_iterator)?;
    fill::<super::iterators::CallableIterator>(vm, &types.callable_iterator)?;
    fill::<other::enumerate::Enumerate>(vm, &types.enumerate)?;
    fill::<other::zip::Zip>(vm, &types.zip)?;
    fill::<other::map_filter::Map>(vm, &types.map)?;
    fill::<other::map_filter::Filter>(vm, &types.filter)?;
    fill::<other::reversed::Reversed>(vm, &types.reversed)
}

fn fill_typing(vm: &mut Vm) -> PyResult<()> {
    use super::typing;
    let types = vm.types();
    fill::<typing::TypeVar>(vm, &types.type_var)?;
    fill::<typing::ParamSpec>(vm, &types.param_spec)?;
    fill::<typing::ParamSpecArgs>(vm, &types.param_spec_args)?;
    fill::<typing::ParamSpecKwargs>(vm, &types.param_spec_kwargs)?;
    fill::<typing::TypeVarTuple>(vm, &types.type_var_tuple)?;
    fill::<typing::TypeAlias>(vm, &types.type_alias)?;
    fill::<typing::Generic>(vm, &types.generic)?;
    // Instances are made as those of `object` are.
    types.generic.set_flags(crate::object::class::flag::NO_INSTANTIATION, false);
    types.generic.slots.new.set(types.object.slots.new.get());
    Ok(())
}
