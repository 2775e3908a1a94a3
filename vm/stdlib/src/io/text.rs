//! `TextIOWrapper`: text over a buffered stream.

use super::base::{STREAM, TextBase, is_closed, text_of, unsupported};
use super::buffered::{Buffered, BufferedReader, BufferedWriter};
use super::file::{FileIo, name_text};
use super::newlines::{NewlineDecoder, Newlines};
use super::string::line_end;
use crate::support::{params, store};
use crate::system;
use pvm_vm::native::{Args, bind};
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::text::codecs::{single, utf8};
use pvm_vm::text::{StrBuilder, StrRef};
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::init::class_of;
use pvm_vm::types::str::Str;
use pvm_vm::types::str_codecs::{self, Fast, Handler};
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::{Cell, RefCell};

/// Bytes read or written at a time.
pub(super) const CHUNK: usize = 8192;

/// A decoder or an encoder.
#[derive(Clone)]
pub(super) enum Codec {
    /// The stream does not go that way.
    None,
    /// A codec of this program.
    Fast(Fast),
    /// An incremental codec object.
    Object(Value),
}

/// How lines end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Any end is read as a line feed; line feeds are written.
    Translated,
    /// Any end is kept.
    Universal,
    /// This one only.
    Exact(&'static str),
}

/// The wrapper.
#[repr(C)]
pub struct TextIoWrapper {
    base: TextBase,
    /// `UNBOUND` before `__init__`, `None` once detached.
    buffer: RefCell<Value>,
    encoding: RefCell<Value>,
    pub(super) errors: RefCell<String>,
    ending: Cell<Ending>,
    line_buffering: Cell<bool>,
    write_through: Cell<bool>,
    pub(super) seekable: Cell<bool>,
    pub(super) telling: Cell<bool>,
    has_read1: Cell<bool>,
    pub(super) encoder: RefCell<Codec>,
    pub(super) decoder: RefCell<Codec>,
    pub(super) undecoded: RefCell<Vec<u8>>,
    pub(super) newlines: Newlines,
    /// Encoded text that the buffer has not got yet.
    pub(super) pending: RefCell<Vec<u8>>,
    pub(super) decoded: RefCell<Option<Ref<Str>>>,
    /// How many characters of `decoded` were taken.
    pub(super) used: Cell<usize>,
    /// The decoder's flags before the last chunk, and what it decoded then.
    /// (Not 128 bits: objects are aligned to eight bytes.)
    pub(super) snapshot: RefCell<Option<(i64, Vec<u8>)>>,
}

fn visit_codec(codec: &RefCell<Codec>, visit: &mut dyn FnMut(&Value)) {
    if let Codec::Object(object) = &*codec.borrow() {
        visit(object);
    }
}

pvm_vm::payload!(
    TextIoWrapper,
    "TextIOWrapper",
    parent = TextBase,
    |t, visit| {
        visit(&t.buffer.borrow());
        visit(&t.encoding.borrow());
        visit_codec(&t.encoder, visit);
        visit_codec(&t.decoder, visit);
        if let Some(text) = t.decoded.borrow().as_ref() {
            visit(text.as_value());
        }
    },
    |t| {
        store(&t.buffer, Value::NONE);
        let old = (t.encoder.replace(Codec::None), t.decoder.replace(Codec::None));
        drop(old);
    }
);

impl TextIoWrapper {
    fn payload() -> TextIoWrapper {
        TextIoWrapper {
            base: TextBase::default(),
            buffer: RefCell::new(Value::UNBOUND),
            encoding: RefCell::new(Value::NONE),
            errors: RefCell::new("strict".to_owned()),
            ending: Cell::new(Ending::Translated),
            line_buffering: Cell::new(false),
            write_through: Cell::new(false),
            seekable: Cell::new(false),
            telling: Cell::new(false),
            has_read1: Cell::new(false),
            encoder: RefCell::new(Codec::None),
            decoder: RefCell::new(Codec::None),
            undecoded: RefCell::default(),
            newlines: Newlines::default(),
            pending: RefCell::default(),
            decoded: RefCell::default(),
            used: Cell::new(0),
            snapshot: RefCell::default(),
        }
    }

    /// The stream below.
    pub(super) fn buffer(&self, vm: &mut Vm) -> PyResult {
        let buffer = self.buffer.borrow().clone();
        if buffer.is_unbound() {
            return Err(vm.value_error("I/O operation on uninitialized object"));
        }
        if buffer.is_none() {
            return Err(vm.value_error("underlying buffer has been detached"));
        }
        Ok(buffer)
    }

    pub(super) fn check_open(&self, vm: &mut Vm) -> PyResult {
        let buffer = self.buffer(vm)?;
        if is_closed(vm, &buffer)? {
            Err(vm.value_error("I/O operation on closed file."))
        } else {
            Ok(buffer)
        }
    }

    fn is_universal(&self) -> bool {
        matches!(self.ending.get(), Ending::Translated | Ending::Universal)
    }

    fn set_newline(&self, vm: &mut Vm, newline: Option<&Value>) -> PyResult<()> {
        let ending = match newline {
            None => Ending::Translated,
            Some(value) if value.is_none() => Ending::Translated,
            Some(value) => {
                let Some(text) = value.downcast_ref::<Str>() else {
                    let found = value.class().name();
                    return Err(vm.type_error(format!(
                        "TextIOWrapper() argument 'newline' must be str or None, not {found}"
                    )));
                };
                match text.to_string().as_str() {
                    "" => Ending::Universal,
                    "\n" => Ending::Exact("\n"),
                    "\r" => Ending::Exact("\r"),
                    "\r\n" => Ending::Exact("\r\n"),
                    _ => {
                        let text = text.to_string();
                        return Err(vm.value_error(format!("illegal newline value: {text}")));
                    }
                }
            }
        };
        self.ending.set(ending);
        Ok(())
    }

    /// Sets up the codecs for the encoding.
    fn set_codecs(&self, vm: &mut Vm, buffer: &Value, encoding: &str) -> PyResult<()> {
        let readable = vm.call_method_str(buffer, "readable", &[])?;
        let readable = vm.truth(&readable)?;
        let writable = vm.call_method_str(buffer, "writable", &[])?;
        let writable = vm.truth(&writable)?;
        let fast = str_codecs::fast_encoding(encoding)
            .filter(|fast| matches!(fast, Fast::Utf8 | Fast::Ascii | Fast::Latin1));
        let (mut decoder, mut encoder) = (Codec::None, Codec::None);
        if let Some(fast) = fast {
            if readable {
                decoder = Codec::Fast(fast);
            }
            if writable {
                encoder = Codec::Fast(fast);
            }
        } else {
            let info = str_codecs::lookup(vm, encoding)?;
            if let Some(is_text) = vm.lookup_attr_str(&info, "_is_text_encoding")?
                && !vm.truth(&is_text)?
            {
                let message = format!(
                    "'{encoding}' is not a text encoding; use codecs.open() to handle arbitrary codecs"
                );
                return Err(vm.new_error(&vm.types().exceptions.lookup_error, message));
            }
            let errors: Value = self.errors.borrow().as_str().into();
            if readable {
                let made = vm.call_method_str(&info, "incrementaldecoder", std::slice::from_ref(&errors))?;
                let made = if self.is_universal() {
                    let class = class_of::<NewlineDecoder>(vm)?;
                    let translate = self.ending.get() == Ending::Translated;
                    vm.call(class.as_value(), &[made, translate.into()])?
                } else {
                    made
                };
                decoder = Codec::Object(made);
            }
            if writable {
                encoder = Codec::Object(vm.call_method_str(&info, "incrementalencoder", &[errors])?);
            }
        }
        let old = (self.decoder.replace(decoder), self.encoder.replace(encoder));
        drop(old);
        Ok(())
    }

    /// Decodes a chunk.
    pub(super) fn decode(&self, vm: &mut Vm, bytes: &[u8], is_final: bool) -> PyResult<Ref<Str>> {
        let decoder = self.decoder.borrow().clone();
        match decoder {
            Codec::None => Err(unsupported(vm, "not readable")),
            Codec::Fast(fast) => {
                let text = self.decode_fast(vm, fast, bytes, is_final)?;
                Ok(if self.is_universal() {
                    self.newlines.feed(text, self.ending.get() == Ending::Translated, is_final)
                } else {
                    text
                })
            }
            Codec::Object(decoder) => {
                let result = vm.call_method_str(&decoder, "decode", &[bytes.into(), is_final.into()])?;
                text_of(vm, &result, "decoder should return a string result")
            }
        }
    }

    fn decode_fast(&self, vm: &mut Vm, fast: Fast, bytes: &[u8], is_final: bool) -> PyResult<Ref<Str>> {
        let joined;
        let mut bytes = bytes;
        if !self.undecoded.borrow().is_empty() {
            let mut all = self.undecoded.take();
            all.extend_from_slice(bytes);
            joined = all;
            bytes = &joined;
        }
        if fast == Fast::Latin1 {
            return Ok(Str::from_buf(single::decode_latin1(bytes)));
        }
        if bytes.is_ascii() {
            return Ok(Str::from_ref(StrRef::Ascii(bytes)));
        }
        let errors = self.errors.borrow().clone();
        let mut handler = Handler::for_bytes(vm, None, &errors);
        if fast == Fast::Ascii {
            return single::decode_ascii(bytes, &mut handler).map(Str::from_buf);
        }
        let decoded = utf8::decode(bytes, is_final, &mut handler)?;
        *self.undecoded.borrow_mut() = bytes[decoded.consumed.min(bytes.len())..].to_vec();
        Ok(Str::from_buf(decoded.text))
    }

    /// Drops what was decoded but not taken.
    pub(super) fn forget_decoded(&self) {
        let old = self.decoded.take();
        self.used.set(0);
        drop(old);
    }

    /// Reads and decodes one more chunk; whether there was one.
    pub(super) fn read_chunk(&self, vm: &mut Vm, hint: usize) -> PyResult<bool> {
        if matches!(*self.decoder.borrow(), Codec::None) {
            return Err(unsupported(vm, "not readable"));
        }
        let state = if self.telling.get() { Some(self.decoder_state(vm)?) } else { None };
        let buffer = self.buffer(vm)?;
        let count = hint.max(CHUNK);
        let reader = class_of::<BufferedReader>(vm)?;
        let bytes = match buffer.downcast_ref::<BufferedReader>() {
            Some(exact) if buffer.class().is(&reader) => exact.0.read_once(vm, count)?,
            _ => {
                let method = if self.has_read1.get() { "read1" } else { "read" };
                let part = vm.call_method_str(&buffer, method, &[count.into()])?;
                if !vm.is_bytes_like(&part) {
                    let found = part.class().name();
                    return Err(vm.type_error(format!(
                        "underlying {method}() should have returned a bytes-like object, not '{found}'"
                    )));
                }
                vm.bytes_of(&part)?
            }
        };
        let is_end = bytes.is_empty();
        let text = self.decode(vm, &bytes, is_end)?;
        let mut has_text = !text.is_empty();
        let old = self.decoded.replace(Some(text));
        drop(old);
        self.used.set(0);
        if let Some((mut before, flags)) = state {
            before.extend_from_slice(&bytes);
            *self.snapshot.borrow_mut() = Some((flags as i64, before));
        }
        has_text |= !is_end;
        Ok(has_text)
    }

    /// Takes up to `count` decoded characters.
    fn take(&self, count: usize) -> Ref<Str> {
        let decoded = self.decoded.borrow();
        let Some(text) = decoded.as_ref() else { return Str::from_str("") };
        let start = self.used.get().min(text.len());
        let end = start.saturating_add(count).min(text.len());
        self.used.set(end);
        if start == 0 && end == text.len() {
            return text.clone();
        }
        Str::from_part(text.as_ref().view(start..end))
    }

    pub(super) fn read_line(&self, vm: &mut Vm, limit: i64) -> PyResult<Ref<Str>> {
        self.write_pending(vm)?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let (newline, universal) = match self.ending.get() {
            Ending::Translated => (Some("\n"), false),
            Ending::Universal => (None, true),
            Ending::Exact(text) => (Some(text), false),
        };
        let mut line: Option<StrBuilder> = None;
        loop {
            while self.decoded.borrow().as_ref().is_none_or(|text| self.used.get() >= text.len()) {
                if !self.read_chunk(vm, 0)? {
                    self.forget_decoded();
                    *self.snapshot.borrow_mut() = None;
                    return Ok(line.map_or_else(|| Str::from_str(""), |line| Str::from_buf(line.finish())));
                }
            }
            let before = line.as_ref().map_or(0, StrBuilder::len);
            let found = {
                let decoded = self.decoded.borrow();
                let Some(text) = decoded.as_ref() else { continue };
                let rest = text.as_ref().view(self.used.get()..text.len());
                let split = newline == Some("\r\n")
                    && rest.get(0) == Some(10)
                    && before > 0
                    && line.as_ref().is_some_and(|line| line.as_ref().get(before - 1) == Some(13));
                if split { Some(1) } else { line_end(rest, newline, universal) }
            };
            let wanted = found.unwrap_or(usize::MAX).min(limit - before);
            let part = self.take(wanted);
            if found.is_some() || before + part.len() >= limit {
                return Ok(match line {
                    None => part,
                    Some(mut line) => {
                        line.push_str(part.as_ref());
                        Str::from_buf(line.finish())
                    }
                });
            }
            line.get_or_insert_with(StrBuilder::new).push_str(part.as_ref());
        }
    }

    /// Gives encoded text to the buffer.
    pub(super) fn write_pending(&self, vm: &mut Vm) -> PyResult<()> {
        if self.pending.borrow().is_empty() {
            return Ok(());
        }
        let bytes = self.pending.take();
        let buffer = self.buffer(vm)?;
        let writer = class_of::<BufferedWriter>(vm)?;
        match buffer.downcast_ref::<BufferedWriter>() {
            Some(exact) if buffer.class().is(&writer) => exact.0.write_bytes(vm, &bytes).map(drop),
            _ => vm.call_method_str(&buffer, "write", &[bytes.into()]).map(drop),
        }
    }

    fn encode(&self, vm: &mut Vm, text: &Ref<Str>) -> PyResult<()> {
        let encoder = self.encoder.borrow().clone();
        match encoder {
            Codec::None => Err(unsupported(vm, "not writable")),
            Codec::Fast(fast) => {
                if let (Fast::Utf8 | Fast::Ascii | Fast::Latin1, Some(ascii)) =
                    (fast, text.as_ref().as_ascii())
                {
                    self.pending.borrow_mut().extend_from_slice(ascii);
                    return Ok(());
                }
                let errors = self.errors.borrow().clone();
                let bytes = str_codecs::encode_fast(vm, text, fast, &errors)?;
                self.pending.borrow_mut().extend_from_slice(&bytes);
                Ok(())
            }
            Codec::Object(encoder) => {
                let bytes = vm.call_method_str(&encoder, "encode", &[text.into()])?;
                let Some(bytes) = bytes.downcast_ref::<Bytes>() else {
                    let found = bytes.class().name();
                    return Err(vm.type_error(format!("encoder should return a bytes object, not '{found}'")));
                };
                self.pending.borrow_mut().extend_from_slice(bytes.as_slice());
                Ok(())
            }
        }
    }

    fn write_text(&self, vm: &mut Vm, text: &Ref<Str>) -> PyResult<()> {
        let has_lf = text.as_ref().find_code(10).is_some();
        let translated = match self.ending.get() {
            Ending::Exact(end @ ("\r" | "\r\n")) if has_lf => pvm_vm::text::edit::replace(
                text.as_ref(),
                StrRef::Ascii(b"\n"),
                StrRef::Ascii(end.as_bytes()),
                None,
            )
            .map(Str::from_buf),
            _ => None,
        };
        let text = translated.as_ref().unwrap_or(text);
        let flush = self.line_buffering.get() && (has_lf || text.as_ref().find_code(13).is_some());
        self.encode(vm, text)?;
        if flush || self.write_through.get() || self.pending.borrow().len() >= CHUNK {
            self.write_pending(vm)?;
        }
        if flush {
            let buffer = self.buffer(vm)?;
            let writer = class_of::<BufferedWriter>(vm)?;
            match buffer.downcast_ref::<BufferedWriter>() {
                Some(exact) if buffer.class().is(&writer) => exact.0.flush_unwritten(vm)?,
                _ => drop(vm.call_method_str(&buffer, "flush", &[])?),
            }
        }
        if self.decoded.borrow().is_some() {
            self.forget_decoded();
        }
        if self.snapshot.borrow().is_some() {
            *self.snapshot.borrow_mut() = None;
            self.reset_decoder(vm)?;
        }
        Ok(())
    }
}

/// The encoding of the locale.
fn locale_encoding(_vm: &Vm) -> &'static str {
    "UTF-8"
}

#[pymethods(
    name = "TextIOWrapper", module = "_io", flags = STREAM, parts = [POSITION],
    doc = "Character and line based layer over a BufferedIOBase object, buffer.",
    base = class_of::<TextBase>(vm).unwrap_or_else(|_| vm.types().object.clone())
)]
impl TextIoWrapper {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, cls: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(TextIoWrapper::payload(), cls).into())
    }

    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<TextIoWrapper>, args: Args<'_>) -> PyResult<()> {
        let ([buffer, encoding, errors, newline, line_buffering, write_through], _) = bind::<6, 1, 6>(
            vm,
            "TextIOWrapper",
            params![
                ("buffer", Positional, true),
                ("encoding", Positional, false),
                ("errors", Positional, false),
                ("newline", Positional, false),
                ("line_buffering", Positional, false),
                ("write_through", Positional, false)
            ],
            args,
        )?;
        let buffer = buffer.cloned().unwrap_or(Value::NONE);
        store(&this.buffer, Value::UNBOUND);
        let encoding: Value = match encoding.filter(|e| !e.is_none()) {
            Some(encoding) => {
                let text = text_of(vm, encoding, "TextIOWrapper() argument 'encoding' must be str or None")?;
                if text.as_ref().equals_str("locale") { locale_encoding(vm).into() } else { encoding.clone() }
            }
            None => locale_encoding(vm).into(),
        };
        let errors = match errors.filter(|e| !e.is_none()) {
            Some(errors) => {
                text_of(vm, errors, "TextIOWrapper() argument 'errors' must be str or None")?.to_string()
            }
            None => "strict".to_owned(),
        };
        if errors.contains('\0') {
            return Err(vm.value_error("embedded null character"));
        }
        this.set_newline(vm, newline)?;
        *this.errors.borrow_mut() = errors;
        let name = text_of(vm, &encoding, "encoding must be str")?.to_string();
        if name.contains('\0') {
            return Err(vm.value_error("embedded null character"));
        }
        this.set_codecs(vm, &buffer, &name)?;
        store(&this.encoding, encoding);
        let flag = |vm: &mut Vm, value: Option<&Value>| match value {
            Some(value) => vm.truth(value),
            None => Ok(false),
        };
        this.line_buffering.set(flag(vm, line_buffering)?);
        this.write_through.set(flag(vm, write_through)?);
        this.forget_decoded();
        *this.snapshot.borrow_mut() = None;
        this.undecoded.borrow_mut().clear();
        this.pending.borrow_mut().clear();
        this.newlines.reset();
        let seekable = vm.call_method_str(&buffer, "seekable", &[])?;
        let seekable = vm.truth(&seekable)?;
        this.seekable.set(seekable);
        this.telling.set(seekable);
        this.has_read1.set(vm.lookup_attr_str(&buffer, "read1")?.is_some());
        store(&this.buffer, buffer.clone());
        if !matches!(*this.encoder.borrow(), Codec::None) {
            super::note_writer(vm, this.as_value());
        }
        if seekable && matches!(*this.encoder.borrow(), Codec::Object(_)) {
            let position = vm.call_method_str(&buffer, "tell", &[])?;
            if vm.to_i128(&position)? != 0 {
                this.restart_encoder(vm, false)?;
            }
        }
        Ok(())
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<TextIoWrapper>) -> PyResult {
        this.check_initialized(vm)?;
        let mut text = "<_io.TextIOWrapper".to_owned();
        if let Some(name) = name_text(vm, this.as_value())? {
            text.push_str(&format!(" name={name}"));
        }
        if let Some(mode) = vm.lookup_attr_str(this.as_value(), "mode")? {
            text.push_str(&format!(" mode={}", vm.repr(&mode)?));
        }
        let encoding = this.encoding.borrow().clone();
        text.push_str(&format!(" encoding={}>", vm.repr(&encoding)?));
        Ok(text.into())
    }

    fn check_initialized(&self, vm: &mut Vm) -> PyResult<()> {
        if self.buffer.borrow().is_unbound() {
            return Err(vm.value_error("I/O operation on uninitialized object"));
        }
        Ok(())
    }

    #[method(sig = "(*, encoding=None, errors=None, newline=None, line_buffering=None, write_through=None)")]
    fn reconfigure(
        vm: &mut Vm,
        this: &Ref<TextIoWrapper>,
        encoding: Option<Value>,
        errors: Option<Value>,
        newline: pvm_vm::native::Optional<Value>,
        line_buffering: Option<Value>,
        write_through: Option<Value>,
    ) -> PyResult<()> {
        let buffer = this.buffer(vm)?;
        let newline = newline.present();
        if (encoding.is_some() || errors.is_some() || newline.is_some()) && this.decoded.borrow().is_some() {
            return Err(unsupported(
                vm,
                "It is not possible to set the encoding or newline of stream after the first read",
            ));
        }
        let line_buffering = match line_buffering {
            Some(value) => vm.truth(&value)?,
            None => this.line_buffering.get(),
        };
        let write_through = match write_through {
            Some(value) => vm.truth(&value)?,
            None => this.write_through.get(),
        };
        vm.call_method_str(this.as_value(), "flush", &[])?;
        if encoding.is_some() || errors.is_some() || newline.is_some() {
            if let Some(newline) = &newline {
                this.set_newline(vm, Some(newline))?;
            }
            let errors = match (&errors, &encoding) {
                (Some(errors), _) => {
                    text_of(vm, errors, "reconfigure() argument 'errors' must be str or None")?.to_string()
                }
                (None, Some(_)) => "strict".to_owned(),
                (None, None) => this.errors.borrow().clone(),
            };
            let encoding = match encoding {
                Some(encoding) => {
                    let text =
                        text_of(vm, &encoding, "reconfigure() argument 'encoding' must be str or None")?;
                    if text.as_ref().equals_str("locale") { locale_encoding(vm).into() } else { encoding }
                }
                None => this.encoding.borrow().clone(),
            };
            let name = text_of(vm, &encoding, "encoding must be str")?.to_string();
            *this.errors.borrow_mut() = errors;
            this.set_codecs(vm, &buffer, &name)?;
            store(&this.encoding, encoding);
            if this.seekable.get() && matches!(*this.encoder.borrow(), Codec::Object(_)) {
                let position = vm.call_method_str(&buffer, "tell", &[])?;
                if vm.to_i128(&position)? != 0 {
                    this.restart_encoder(vm, false)?;
                }
            }
        }
        this.line_buffering.set(line_buffering);
        this.write_through.set(write_through);
        Ok(())
    }

    #[method(sig = "()")]
    fn detach(vm: &mut Vm, this: &Ref<TextIoWrapper>) -> PyResult {
        let buffer = this.buffer(vm)?;
        vm.call_method_str(this.as_value(), "flush", &[])?;
        store(&this.buffer, Value::NONE);
        Ok(buffer)
    }

    #[method(sig = "(text, /)")]
    fn write(vm: &mut Vm, this: &Ref<TextIoWrapper>, text: &Value) -> PyResult<usize> {
        let Some(string) = text.downcast_ref::<Str>() else {
            let found = text.class().name();
            return Err(vm.type_error(format!("write() argument must be str, not {found}")));
        };
        this.check_open(vm)?;
        this.write_text(vm, string)?;
        Ok(string.len())
    }

    #[method(sig = "(size=-1, /)")]
    fn read(vm: &mut Vm, this: &Ref<TextIoWrapper>, size: Option<Value>) -> PyResult<Ref<Str>> {
        let size = super::base::optional_size(vm, size)?;
        let buffer = this.check_open(vm)?;
        if matches!(*this.decoder.borrow(), Codec::None) {
            return Err(unsupported(vm, "not readable"));
        }
        this.write_pending(vm)?;
        let Ok(size) = usize::try_from(size) else {
            let bytes = vm.call_method_str(&buffer, "read", &[])?;
            if bytes.is_none() {
                return Err(vm.type_error(
                    "underlying read() should have returned a bytes-like object, not 'NoneType'",
                ));
            }
            let bytes = vm.bytes_of(&bytes)?;
            let rest = this.decode(vm, &bytes, true)?;
            let taken = this.take(usize::MAX);
            this.forget_decoded();
            *this.snapshot.borrow_mut() = None;
            return Ok(if taken.is_empty() { rest } else { Str::joined(&taken, &rest) });
        };
        let mut text = this.take(size);
        if text.len() < size {
            let mut all = StrBuilder::new();
            all.push_str(text.as_ref());
            while all.len() < size {
                if !this.read_chunk(vm, size - all.len())? {
                    break;
                }
                all.push_str(this.take(size - all.len()).as_ref());
            }
            text = Str::from_buf(all.finish());
        }
        Ok(text)
    }

    #[method(sig = "(size=-1, /)")]
    fn readline(vm: &mut Vm, this: &Ref<TextIoWrapper>, size: Option<Value>) -> PyResult<Ref<Str>> {
        let size = super::base::optional_size(vm, size)?;
        this.check_open(vm)?;
        this.read_line(vm, size)
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<TextIoWrapper>) -> PyResult<Option<Value>> {
        this.check_open(vm)?;
        this.telling.set(false);
        let own = class_of::<TextIoWrapper>(vm)?;
        let line: Value = if this.class().is(&own) {
            this.read_line(vm, -1)?.into()
        } else {
            vm.call_method_str(this.as_value(), "readline", &[])?
        };
        if vm.length(&line)? == 0 {
            *this.snapshot.borrow_mut() = None;
            this.telling.set(this.seekable.get());
            return Ok(None);
        }
        Ok(Some(line))
    }

    #[method(sig = "()")]
    fn flush(vm: &mut Vm, this: &Ref<TextIoWrapper>) -> PyResult {
        let buffer = this.check_open(vm)?;
        this.telling.set(this.seekable.get());
        this.write_pending(vm)?;
        vm.call_method_str(&buffer, "flush", &[])
    }

    #[method(sig = "()")]
    fn close(vm: &mut Vm, this: &Ref<TextIoWrapper>) -> PyResult<()> {
        let buffer = this.buffer(vm)?;
        if is_closed(vm, &buffer)? {
            return Ok(());
        }
        if this.base.0.finalizing.get() {
            let _ = vm.call_method_str(&buffer, "_dealloc_warn", &[this.into()]);
        }
        let flushed = vm.call_method_str(this.as_value(), "flush", &[]);
        let closed = vm.call_method_str(&buffer, "close", &[]);
        match (flushed, closed) {
            (Ok(_), closed) => closed.map(drop),
            (Err(first), Ok(_)) => Err(first),
            (Err(first), Err(second)) => {
                let old = second.0.context.replace(first.value());
                drop(old);
                Err(second)
            }
        }
    }

    #[method(sig = "()")]
    fn fileno(vm: &mut Vm, this: &Ref<TextIoWrapper>) -> PyResult {
        let buffer = this.buffer(vm)?;
        vm.call_method_str(&buffer, "fileno", &[])
    }
    #[method(sig = "()")]
    fn seekable(vm: &mut Vm, this: &Ref<TextIoWrapper>) -> PyResult {
        let buffer = this.buffer(vm)?;
        vm.call_method_str(&buffer, "seekable", &[])
    }
    #[method(sig = "()")]
    fn readable(vm: &mut Vm, this: &Ref<TextIoWrapper>) -> PyResult {
        let buffer = this.buffer(vm)?;
        vm.call_method_str(&buffer, "readable", &[])
    }
    #[method(sig = "()")]
    fn writable(vm: &mut Vm, this: &Ref<TextIoWrapper>) -> PyResult {
        let buffer = this.buffer(vm)?;
        vm.call_method_str(&buffer, "writable", &[])
    }
    #[method(sig = "()")]
    fn isatty(vm: &mut Vm, this: &Ref<TextIoWrapper>) -> PyResult {
        let buffer = this.buffer(vm)?;
        vm.call_method_str(&buffer, "isatty", &[])
    }
    #[method(sig = "")]
    fn __getstate__(vm: &mut Vm, this: &Ref<TextIoWrapper>) -> PyResult<()> {
        let class = this.class().name();
        Err(vm.type_error(format!("cannot pickle '{class}' object")))
    }

    #[getter(name = "buffer")]
    fn buffer_value(this: &Ref<TextIoWrapper>) -> Value {
        this.buffer.borrow().clone()
    }
    #[getter]
    fn name(vm: &mut Vm, this: &Ref<TextIoWrapper>) -> PyResult {
        let buffer = this.buffer(vm)?;
        vm.get_attr_str(&buffer, "name")
    }
    #[getter]
    fn closed(vm: &mut Vm, this: &Ref<TextIoWrapper>) -> PyResult {
        let buffer = this.buffer(vm)?;
        vm.get_attr_str(&buffer, "closed")
    }
    #[getter]
    fn encoding(this: &Ref<TextIoWrapper>) -> Value {
        this.encoding.borrow().clone()
    }
    #[getter]
    fn errors(this: &Ref<TextIoWrapper>) -> Value {
        this.errors.borrow().as_str().into()
    }
    #[getter]
    fn line_buffering(this: &Ref<TextIoWrapper>) -> bool {
        this.line_buffering.get()
    }
    #[getter]
    fn write_through(this: &Ref<TextIoWrapper>) -> bool {
        this.write_through.get()
    }
    #[getter]
    fn newlines(vm: &mut Vm, this: &Ref<TextIoWrapper>) -> PyResult {
        let decoder = this.decoder.borrow().clone();
        match decoder {
            Codec::Fast(_) => Ok(this.newlines.kinds()),
            Codec::Object(decoder) => Ok(vm.lookup_attr_str(&decoder, "newlines")?.unwrap_or(Value::NONE)),
            Codec::None => Ok(Value::NONE),
        }
    }
    #[getter(name = "_CHUNK_SIZE")]
    fn chunk_size(_this: &Ref<TextIoWrapper>) -> usize {
        CHUNK
    }
    #[setter(name = "_CHUNK_SIZE")]
    fn set_chunk_size(_vm: &mut Vm, _this: &Ref<TextIoWrapper>, _value: Option<Value>) -> PyResult<()> {
        Ok(())
    }
    #[getter]
    fn _finalizing(this: &Ref<TextIoWrapper>) -> bool {
        this.base.0.finalizing.get()
    }
}

/// A standard stream over a descriptor: `sys.stdin`, `sys.stdout`, `sys.stderr`. `None` where it is not open.
pub fn standard_stream(
    vm: &mut Vm,
    fd: i32,
    write: bool,
    line_buffering: Option<bool>,
    errors: Option<&str>,
) -> PyResult<Value> {
    let is_open = system::descriptor(fd).is_ok_and(|fd| rustix::fs::fstat(fd).is_ok());
    if !is_open {
        return Ok(Value::NONE);
    }
    let name = match fd {
        0 => "<stdin>",
        1 => "<stdout>",
        _ => "<stderr>",
    };
    let raw = FileIo::over(vm, fd, write, name)?;
    let unbuffered = vm.interp.config.unbuffered && write;
    let line_buffering = line_buffering.unwrap_or_else(|| fd == 2 || system::is_terminal(fd)) && !unbuffered;
    let buffer: Value = if unbuffered { (&raw).into() } else { Buffered::over(vm, &raw, write)? };
    let errors = errors.unwrap_or(if fd == 2 { "backslashreplace" } else { "strict" });
    let stream = TextIoWrapper::payload();
    *stream.encoding.borrow_mut() = "utf-8".into();
    *stream.errors.borrow_mut() = errors.to_owned();
    let codec = Codec::Fast(Fast::Utf8);
    *(if write { stream.encoder.borrow_mut() } else { stream.decoder.borrow_mut() }) = codec;
    stream.ending.set(if write { Ending::Exact("\n") } else { Ending::Translated });
    stream.line_buffering.set(line_buffering);
    stream.write_through.set(unbuffered);
    stream.has_read1.set(!write);
    let seekable = vm.call_method_str(&buffer, "seekable", &[])?;
    let seekable = vm.truth(&seekable)?;
    stream.seekable.set(seekable);
    stream.telling.set(seekable);
    *stream.buffer.borrow_mut() = buffer;
    let class = class_of::<TextIoWrapper>(vm)?;
    let stream = Ref::new(stream, &class);
    vm.set_attr_str(stream.as_value(), "mode", if write { "w" } else { "r" })?;
    Ok(stream.into())
}
