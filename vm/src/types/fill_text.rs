//! Fills the classes of text and bytes.

use crate::types::init::fill;
use crate::vm::{PyResult, Vm};

/// Gives `str`, `bytes` and their relatives their methods.
pub(crate) fn fill_text(vm: &mut Vm) -> PyResult<()> {
    let types = vm.types();
    fill::<super::str::Str>(vm, &types.str)?;
    fill::<super::str_methods::StrIterator>(vm, &types.str_iterator)?;
    fill::<super::str_methods::StrIterator>(vm, &types.str_ascii_iterator)?;
    fill::<super::bytes::Bytes>(vm, &types.bytes)?;
    fill::<super::bytearray::ByteArray>(vm, &types.bytearray)?;
    fill::<super::bytes_methods::BytesIterator>(vm, &types.bytes_iterator)?;
    fill::<super::bytes_methods::BytesIterator>(vm, &types.bytearray_iterator)?;
    fill::<super::memoryview::MemoryView>(vm, &types.memoryview)?;
    fill::<super::memoryview_methods::MemoryIterator>(vm, &types.memory_iterator)?;
    Ok(())
}
