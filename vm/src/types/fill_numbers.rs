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
    Ok(())
}
