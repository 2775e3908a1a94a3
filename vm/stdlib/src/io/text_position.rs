//! `seek` and `tell` of text streams: positions are cookies that also hold the decoder's state.

use super::base::unsupported;
use super::newlines::split_state;
use super::text::{Codec, TextIoWrapper};
use pvm_vm::object::{Ref, Value};
use pvm_vm::types::int::Int;
use pvm_vm::types::str_codecs::Fast;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// Where a text stream stands.
#[derive(Default)]
struct Cookie {
    position: u64,
    flags: u64,
    bytes_to_feed: u64,
    chars_to_skip: u64,
    need_eof: bool,
}

impl Cookie {
    fn pack(&self) -> Value {
        if self.flags == 0 && self.bytes_to_feed == 0 && self.chars_to_skip == 0 && !self.need_eof {
            return self.position.into();
        }
        let words = [self.position, self.flags, self.bytes_to_feed, self.chars_to_skip, self.need_eof.into()];
        let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        Int::from_integer(pvm_vm::number::Integer::from_bytes(
            &bytes,
            pvm_vm::number::integer::ByteOrder::Little,
            false,
        ))
    }

    fn unpack(vm: &mut Vm, value: &Value) -> PyResult<Cookie> {
        let index = vm.index(value)?;
        let (text, negative) = match index.as_int() {
            Some(int) => {
                let digits = int.to_radix(16);
                (digits.trim_start_matches('-').to_owned(), digits.starts_with('-'))
            }
            None => (String::new(), false),
        };
        if negative {
            let shown = vm.repr(value)?;
            return Err(vm.value_error(format!("negative seek position {shown}")));
        }
        if text.len() > 80 {
            return Err(vm.overflow_error("int too big to convert"));
        }
        let word = |i: usize| {
            let end = text.len().saturating_sub(16 * i);
            let start = text.len().saturating_sub(16 * (i + 1));
            u64::from_str_radix(&text[start..end], 16).unwrap_or(0)
        };
        Ok(Cookie {
            position: word(0),
            flags: word(1),
            bytes_to_feed: word(2),
            chars_to_skip: word(3),
            need_eof: word(4) != 0,
        })
    }
}

impl TextIoWrapper {
    /// What the decoder holds back, and its flags.
    pub(super) fn decoder_state(&self, vm: &mut Vm) -> PyResult<(Vec<u8>, i128)> {
        let decoder = self.decoder.borrow().clone();
        match decoder {
            Codec::Fast(_) | Codec::None => {
                Ok((self.undecoded.borrow().clone(), i128::from(self.newlines.pending_cr.get())))
            }
            Codec::Object(decoder) => {
                let state = vm.call_method_str(&decoder, "getstate", &[])?;
                let (bytes, flags) = split_state(vm, &state)?;
                Ok((vm.bytes_of(&bytes)?, flags))
            }
        }
    }

    fn set_decoder_state(&self, vm: &mut Vm, bytes: &[u8], flags: i128) -> PyResult<()> {
        let decoder = self.decoder.borrow().clone();
        match decoder {
            Codec::Fast(_) | Codec::None => {
                *self.undecoded.borrow_mut() = bytes.to_vec();
                self.newlines.pending_cr.set(flags & 1 != 0);
                Ok(())
            }
            Codec::Object(decoder) => {
                let state: Value = Tuple::new([bytes.into(), Int::from_i128(flags)]).into();
                vm.call_method_str(&decoder, "setstate", &[state]).map(drop)
            }
        }
    }

    /// Begins to decode anew.
    pub(super) fn reset_decoder(&self, vm: &mut Vm) -> PyResult<()> {
        let decoder = self.decoder.borrow().clone();
        self.undecoded.borrow_mut().clear();
        self.newlines.reset();
        match decoder {
            Codec::Object(decoder) => vm.call_method_str(&decoder, "reset", &[]).map(drop),
            _ => Ok(()),
        }
    }

    /// Begins to encode anew, at the start of the stream or elsewhere (where no byte order mark goes).
    pub(super) fn restart_encoder(&self, vm: &mut Vm, at_start: bool) -> PyResult<()> {
        let encoder = self.encoder.borrow().clone();
        match encoder {
            Codec::Object(encoder) if at_start => vm.call_method_str(&encoder, "reset", &[]).map(drop),
            Codec::Object(encoder) => vm.call_method_str(&encoder, "setstate", &[0.into()]).map(drop),
            _ => Ok(()),
        }
    }

    /// The cookie of a position within the last chunk.
    fn position_within(&self, vm: &mut Vm, start: u64, flags: i128, input: &[u8]) -> PyResult<Cookie> {
        let mut skip = self.used.get();
        let plain = matches!(*self.decoder.borrow(), Codec::Fast(Fast::Utf8 | Fast::Ascii | Fast::Latin1));
        let mut cookie = Cookie { position: start, flags: flags as u64, ..Cookie::default() };
        if skip == 0 {
            return Ok(cookie);
        }
        let prefix = input.get(..skip).unwrap_or(&[]);
        if plain && flags == 0 && prefix.len() == skip && prefix.is_ascii() && !input.contains(&b'\r') {
            cookie.position += skip as u64;
            return Ok(cookie);
        }
        self.set_decoder_state(vm, &[], flags)?;
        let mut decoded = 0;
        let mut fed = 0;
        let mut done = false;
        for byte in input {
            decoded += self.decode(vm, std::slice::from_ref(byte), false)?.len();
            fed += 1;
            let (held, now) = self.decoder_state(vm)?;
            if held.is_empty() && decoded <= skip {
                cookie.position += fed;
                cookie.flags = now as u64;
                skip -= decoded;
                (decoded, fed) = (0, 0);
            }
            if decoded >= skip {
                done = true;
                break;
            }
        }
        if !done {
            decoded += self.decode(vm, &[], true)?.len();
            cookie.need_eof = true;
            if decoded < skip {
                return Err(
                    vm.new_error(&vm.types().exceptions.os_error, "can't reconstruct logical file position")
                );
            }
        }
        cookie.bytes_to_feed = fed;
        cookie.chars_to_skip = skip as u64;
        Ok(cookie)
    }
}

#[pymethods(name = "TextIOWrapper", part = POSITION)]
impl TextIoWrapper {
    #[method(sig = "()")]
    fn tell(vm: &mut Vm, this: &Ref<TextIoWrapper>) -> PyResult {
        let buffer = this.check_open(vm)?;
        if !this.seekable.get() {
            return Err(unsupported(vm, "underlying stream is not seekable"));
        }
        if !this.telling.get() {
            return Err(
                vm.new_error(&vm.types().exceptions.os_error, "telling position disabled by next() call")
            );
        }
        this.write_pending(vm)?;
        vm.call_method_str(this.as_value(), "flush", &[])?;
        let position = vm.call_method_str(&buffer, "tell", &[])?;
        let snapshot = this.snapshot.borrow().clone();
        let (Some((flags, input)), false) = (snapshot, matches!(*this.decoder.borrow(), Codec::None)) else {
            return Ok(position);
        };
        let start = u64::try_from(vm.to_i128(&position)? - input.len() as i128).unwrap_or(0);
        let saved = this.decoder_state(vm)?;
        let cookie = this.position_within(vm, start, i128::from(flags), &input);
        this.set_decoder_state(vm, &saved.0, saved.1)?;
        Ok(cookie?.pack())
    }

    #[method(sig = "(cookie, whence=0, /)")]
    fn seek(vm: &mut Vm, this: &Ref<TextIoWrapper>, cookie: &Value, #[default(0)] whence: i64) -> PyResult {
        let buffer = this.check_open(vm)?;
        if !this.seekable.get() {
            return Err(unsupported(vm, "underlying stream is not seekable"));
        }
        let mut cookie = cookie.clone();
        match whence {
            0 => {}
            1 => {
                if vm.truth(&cookie)? {
                    return Err(unsupported(vm, "can't do nonzero cur-relative seeks"));
                }
                cookie = vm.call_method_str(this.as_value(), "tell", &[])?;
            }
            2 => {
                if vm.truth(&cookie)? {
                    return Err(unsupported(vm, "can't do nonzero end-relative seeks"));
                }
                vm.call_method_str(this.as_value(), "flush", &[])?;
                this.forget_decoded();
                *this.snapshot.borrow_mut() = None;
                this.reset_decoder(vm)?;
                let position = vm.call_method_str(&buffer, "seek", &[0.into(), 2.into()])?;
                let at_start = !vm.truth(&position)?;
                this.restart_encoder(vm, at_start)?;
                return Ok(position);
            }
            _ => {
                return Err(vm.value_error(format!("invalid whence ({whence}, should be 0, 1 or 2)")));
            }
        }
        let place = Cookie::unpack(vm, &cookie)?;
        vm.call_method_str(this.as_value(), "flush", &[])?;
        vm.call_method_str(&buffer, "seek", &[place.position.into()])?;
        this.forget_decoded();
        *this.snapshot.borrow_mut() = None;
        let start = place.position == 0 && place.flags == 0;
        if start {
            this.reset_decoder(vm)?;
        } else {
            this.set_decoder_state(vm, &[], i128::from(place.flags))?;
        }
        if !matches!(*this.decoder.borrow(), Codec::None) {
            *this.snapshot.borrow_mut() = Some((place.flags as i64, Vec::new()));
        }
        if place.chars_to_skip > 0 {
            let input = vm.call_method_str(&buffer, "read", &[place.bytes_to_feed.into()])?;
            let input = vm.bytes_of(&input)?;
            let text = this.decode(vm, &input, place.need_eof)?;
            *this.snapshot.borrow_mut() = Some((place.flags as i64, input));
            if (text.len() as u64) < place.chars_to_skip {
                return Err(
                    vm.new_error(&vm.types().exceptions.os_error, "can't restore logical file position")
                );
            }
            let old = this.decoded.replace(Some(text));
            drop(old);
            this.used.set(place.chars_to_skip as usize);
        }
        this.restart_encoder(vm, start)?;
        Ok(cookie)
    }

    #[method(sig = "(pos=None, /)")]
    fn truncate(vm: &mut Vm, this: &Ref<TextIoWrapper>, pos: Option<Value>) -> PyResult {
        let buffer = this.check_open(vm)?;
        vm.call_method_str(this.as_value(), "flush", &[])?;
        vm.call_method_str(&buffer, "truncate", &[pos.unwrap_or(Value::NONE)])
    }
}
