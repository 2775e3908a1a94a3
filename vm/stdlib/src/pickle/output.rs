//! The bytes of a pickle on their way out: frames, and the file behind them.

use super::opcode::FRAME;
use pvm_vm::object::Value;
use pvm_vm::types::bytes::Bytes;
use pvm_vm::{PyResult, Vm};

const FRAME_HEADER: usize = 9;
/// Shorter frames are written without a header.
const FRAME_LEAST: usize = 4;
/// A frame that is as long as this ends at the next boundary of instructions.
pub const FRAME_TARGET: usize = 64 * 1024;

/// Bytes that are collected, and handed to a file's `write` frame by frame.
pub struct Output {
    bytes: Vec<u8>,
    /// Where the current frame's header is.
    frame: Option<usize>,
    framing: bool,
    write: Option<Value>,
}

impl Output {
    /// Output to `write`, or to memory.
    pub fn new(write: Option<Value>) -> Output {
        Output { bytes: Vec::new(), frame: None, framing: false, write }
    }

    /// Frames what follows.
    pub fn start_framing(&mut self) {
        self.framing = true;
    }

    /// Appends bytes.
    #[inline]
    pub fn put(&mut self, bytes: &[u8]) {
        self.open_frame();
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends one instruction.
    #[inline]
    pub fn op(&mut self, opcode: u8) {
        self.open_frame();
        self.bytes.push(opcode);
    }

    #[inline]
    fn open_frame(&mut self) {
        if self.framing && self.frame.is_none() {
            self.frame = Some(self.bytes.len());
            self.bytes.extend_from_slice(&[0; FRAME_HEADER]);
        }
    }

    fn close_frame(&mut self) {
        let Some(start) = self.frame.take() else { return };
        let len = self.bytes.len() - start - FRAME_HEADER;
        if len < FRAME_LEAST {
            self.bytes.drain(start..start + FRAME_HEADER);
            return;
        }
        let header = &mut self.bytes[start..start + FRAME_HEADER];
        header[0] = FRAME;
        header[1..].copy_from_slice(&(len as u64).to_le_bytes());
    }

    /// Between two objects: a long frame ends here.
    pub fn boundary(&mut self, vm: &mut Vm) -> PyResult<()> {
        match self.frame {
            Some(start) if self.bytes.len() - start - FRAME_HEADER >= FRAME_TARGET => {
                self.close_frame();
                self.flush(vm)
            }
            _ => Ok(()),
        }
    }

    /// Appends a header and many bytes, which stay out of frames where they are long.
    pub fn put_long(
        &mut self,
        vm: &mut Vm,
        header: &[u8],
        data: &[u8],
        object: Option<&Value>,
    ) -> PyResult<()> {
        if data.len() < FRAME_TARGET {
            self.put(header);
            self.bytes.extend_from_slice(data);
            return Ok(());
        }
        self.close_frame();
        let framing = std::mem::replace(&mut self.framing, false);
        self.put(header);
        match self.write.clone() {
            Some(write) => {
                self.flush(vm)?;
                let object = object.cloned().unwrap_or_else(|| Bytes::new(data.to_vec()).into());
                vm.call(&write, &[object])?;
            }
            None => self.bytes.extend_from_slice(data),
        }
        self.framing = framing;
        Ok(())
    }

    /// Hands what there is to the file.
    fn flush(&mut self, vm: &mut Vm) -> PyResult<()> {
        if let Some(write) = self.write.clone() {
            let bytes = std::mem::take(&mut self.bytes);
            vm.call(&write, &[Bytes::new(bytes).into()])?;
        }
        Ok(())
    }

    /// Ends the last frame, and gives the bytes that no file has taken.
    pub fn finish(mut self, vm: &mut Vm) -> PyResult<Vec<u8>> {
        self.close_frame();
        self.flush(vm)?;
        Ok(self.bytes)
    }
}
