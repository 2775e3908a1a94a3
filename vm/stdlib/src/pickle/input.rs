//! The bytes of a pickle on their way in.

use super::{State, unpickling_error};
use pvm_vm::object::Value;
use pvm_vm::types::bytearray::ByteArray;
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::memoryview::MemoryView;
use pvm_vm::{PyResult, Raised, Vm};

/// How much a file is asked to show beforehand.
const PREFETCH: usize = 128 * 1024;

/// Bytes in memory, with the file that more come from.
pub struct Input {
    bytes: Vec<u8>,
    position: usize,
    file: Option<File>,
}

struct File {
    read: Value,
    readline: Value,
    readinto: Option<Value>,
    peek: Option<Value>,
    /// From where the bytes are only shown by `peek`, and still to be read.
    peeked_from: Option<usize>,
}

impl Input {
    /// A pickle in memory.
    pub fn from_bytes(bytes: Vec<u8>) -> Input {
        Input { bytes, position: 0, file: None }
    }

    /// A pickle in a file.
    pub fn from_file(vm: &mut Vm, file: &Value) -> PyResult<Input> {
        let peek = vm.lookup_attr_str(file, "peek")?;
        let readinto = vm.lookup_attr_str(file, "readinto")?;
        let (read, readline) = (vm.lookup_attr_str(file, "read")?, vm.lookup_attr_str(file, "readline")?);
        let (Some(read), Some(readline)) = (read, readline) else {
            return Err(vm.type_error("file must have 'read' and 'readline' attributes"));
        };
        let file = File { read, readline, readinto, peek, peeked_from: None };
        Ok(Input { bytes: Vec::new(), position: 0, file: Some(file) })
    }

    /// Reads in earnest what was only shown and is used up.
    fn skip_consumed(&mut self, vm: &mut Vm) -> PyResult<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let Some(start) = file.peeked_from.take() else { return Ok(()) };
        let consumed = self.position - start;
        self.bytes.truncate(self.position);
        if consumed > 0 {
            let read = file.read.clone();
            vm.call(&read, &[consumed.into()])?;
        }
        Ok(())
    }

    /// Makes `count` bytes available.
    fn fill(&mut self, vm: &mut Vm, count: usize) -> PyResult<()> {
        self.skip_consumed(vm)?;
        let Some(file) = &mut self.file else { return Err(truncated(vm)) };
        self.bytes.drain(..self.position);
        self.position = 0;
        let start = self.bytes.len();
        if let Some(peek) = file.peek.clone() {
            match vm.call(&peek, &[PREFETCH.into()]) {
                Ok(shown) => {
                    let shown = vm.bytes_of(&shown)?;
                    self.bytes.extend_from_slice(&shown);
                    file.peeked_from = Some(start);
                    if self.bytes.len() >= count {
                        return Ok(());
                    }
                    self.bytes.truncate(start);
                    file.peeked_from = None;
                }
                Err(raised) if raised.is(&vm.types().exceptions.not_implemented_error) => file.peek = None,
                Err(raised) => return Err(raised),
            }
        }
        let (read, wanted) = (file.read.clone(), count - start);
        let found = vm.call(&read, &[wanted.into()])?;
        let Some(found) = found.downcast_ref::<Bytes>() else {
            let class = found.class().name();
            return Err(vm.value_error(format!("read() returned non-bytes object ({class})")));
        };
        self.bytes.extend_from_slice(found.as_slice());
        if found.as_slice().len() < wanted {
            return Err(truncated(vm));
        }
        Ok(())
    }

    /// The next bytes.
    #[inline]
    pub fn take(&mut self, vm: &mut Vm, count: usize) -> PyResult<&[u8]> {
        if self.bytes.len() - self.position < count {
            self.fill(vm, count)?;
        }
        let start = self.position;
        self.position += count;
        Ok(&self.bytes[start..self.position])
    }

    /// The next byte.
    #[inline]
    pub fn byte(&mut self, vm: &mut Vm) -> PyResult<u8> {
        self.take(vm, 1).map(|bytes| bytes[0])
    }

    /// The next instruction. That there is none is another error than that it is cut off.
    pub fn opcode(&mut self, vm: &mut Vm) -> PyResult<u8> {
        match self.byte(vm) {
            Err(raised) if raised.is(&State::get(vm)?.unpickling_error) => {
                Err(vm.eof_error("Ran out of input"))
            }
            other => other,
        }
    }

    /// The next bytes as an array.
    pub fn array<const N: usize>(&mut self, vm: &mut Vm) -> PyResult<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(vm, N)?);
        Ok(array)
    }

    /// A line, without its end.
    pub fn line(&mut self, vm: &mut Vm) -> PyResult<Vec<u8>> {
        if let Some(len) = memchr::memchr(b'\n', &self.bytes[self.position..]) {
            let line = self.bytes[self.position..self.position + len].to_vec();
            self.position += len + 1;
            return Ok(line);
        }
        self.skip_consumed(vm)?;
        let Some(file) = &self.file else { return Err(truncated(vm)) };
        let readline = file.readline.clone();
        let found = vm.call(&readline, &[])?;
        let Some(found) = found.downcast_ref::<Bytes>() else {
            let class = found.class().name();
            return Err(vm.value_error(format!("readline() returned non-bytes object ({class})")));
        };
        let mut line = self.bytes.split_off(self.position);
        line.extend_from_slice(found.as_slice());
        match line.pop() {
            Some(b'\n') => Ok(line),
            _ => Err(truncated(vm)),
        }
    }

    /// Fills a bytearray.
    pub fn read_into(&mut self, vm: &mut Vm, count: usize) -> PyResult {
        let ready = self.bytes.len() - self.position;
        let readinto = self.file.as_ref().and_then(|file| file.readinto.clone());
        let (true, Some(readinto)) = (ready < count, readinto) else {
            let bytes = self.take(vm, count)?.to_vec();
            return Ok(ByteArray::new(bytes).into());
        };
        let mut bytes = self.bytes[self.position..].to_vec();
        self.position = self.bytes.len();
        self.skip_consumed(vm)?;
        if count > isize::MAX as usize {
            return Err(vm.memory_error());
        }
        let start = bytes.len();
        bytes.resize(count, 0);
        let array: Value = ByteArray::new(bytes).into();
        let mut at = start;
        while at < count {
            let mut view = vm.buffer(&array)?;
            view.offset = at;
            view.shape = [count - at].into_iter().collect();
            let read = vm.call(&readinto, &[MemoryView::new(view).into()])?;
            let read = usize::try_from(vm.to_index(&read)?).unwrap_or(0);
            if read == 0 || read > count - at {
                return Err(truncated(vm));
            }
            at += read;
        }
        Ok(array)
    }

    /// Leaves the file behind the pickle.
    pub fn finish(&mut self, vm: &mut Vm) -> PyResult<()> {
        self.skip_consumed(vm)
    }

    /// Reads a whole frame beforehand.
    pub fn frame(&mut self, vm: &mut Vm, len: u64) -> PyResult<()> {
        match usize::try_from(len) {
            Ok(len) if len <= isize::MAX as usize => {
                if self.bytes.len() - self.position < len {
                    self.fill(vm, len)?;
                }
                Ok(())
            }
            _ => Err(vm.overflow_error("FRAME length exceeds system's maximum of 9223372036854775807 bytes")),
        }
    }
}

#[cold]
fn truncated(vm: &mut Vm) -> Raised {
    unpickling_error(vm, "pickle data was truncated")
}
