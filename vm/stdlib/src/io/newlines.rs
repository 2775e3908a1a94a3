//! Translation of line ends, and `IncrementalNewlineDecoder`.

use crate::support::{params, store};
use pvm_vm::native::{Args, bind};
use pvm_vm::object::class::flag;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::text::{StrBuilder, StrRef};
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::{Cell, RefCell};

const CR: u8 = 1;
const LF: u8 = 2;
const CRLF: u8 = 4;

/// Translates line ends across the pieces of a text, and remembers which kinds there were.
#[derive(Default)]
pub struct Newlines {
    pub pending_cr: Cell<bool>,
    seen: Cell<u8>,
}

const CARRIAGE_RETURN: u32 = 13;
const LINE_FEED: u32 = 10;

impl Newlines {
    /// The next piece; a carriage return at its end waits for what follows.
    pub fn feed(&self, text: Ref<Str>, translate: bool, is_final: bool) -> Ref<Str> {
        if !self.pending_cr.get() && text.as_ref().find_code(CARRIAGE_RETURN).is_none() {
            if self.seen.get() & LF == 0 && text.as_ref().find_code(LINE_FEED).is_some() {
                self.seen.set(self.seen.get() | LF);
            }
            return text;
        }
        let mut text = text;
        if self.pending_cr.get() && (is_final || !text.is_empty()) {
            text = Str::from_buf(StrRef::Ascii(b"\r").concat(text.as_ref()));
            self.pending_cr.set(false);
        }
        if !is_final && !text.is_empty() && text.as_ref().get(text.len() - 1) == Some(CARRIAGE_RETURN) {
            text = Str::from_part(text.as_ref().view(0..text.len() - 1));
            self.pending_cr.set(true);
        }
        let mut seen = self.seen.get();
        let mut out = StrBuilder::new();
        let mut after_cr = false;
        for code in text.as_ref().code_points() {
            if after_cr {
                after_cr = false;
                if code == LINE_FEED {
                    seen |= CRLF;
                    if !translate {
                        out.push(CARRIAGE_RETURN);
                    }
                    out.push(LINE_FEED);
                    continue;
                }
                seen |= CR;
                out.push(if translate { LINE_FEED } else { CARRIAGE_RETURN });
            }
            match code {
                CARRIAGE_RETURN => after_cr = true,
                LINE_FEED => {
                    seen |= LF;
                    out.push(code);
                }
                _ => out.push(code),
            }
        }
        if after_cr {
            seen |= CR;
            out.push(if translate { LINE_FEED } else { CARRIAGE_RETURN });
        }
        self.seen.set(seen);
        Str::from_buf(out.finish())
    }

    /// Forgets everything.
    pub fn reset(&self) {
        self.pending_cr.set(false);
        self.seen.set(0);
    }

    /// `newlines`
    pub fn kinds(&self) -> Value {
        let all: Vec<Value> = [(CR, "\r"), (LF, "\n"), (CRLF, "\r\n")]
            .iter()
            .filter(|(bit, _)| self.seen.get() & bit != 0)
            .map(|(_, text)| (*text).into())
            .collect();
        match all.as_slice() {
            [] => Value::NONE,
            [one] => one.clone(),
            _ => Tuple::new(all).into(),
        }
    }
}

/// `IncrementalNewlineDecoder`
pub struct NewlineDecoder {
    decoder: RefCell<Value>,
    translate: Cell<bool>,
    newlines: Newlines,
}

pvm_vm::payload!(NewlineDecoder, "IncrementalNewlineDecoder", |d, visit| visit(&d.decoder.borrow()), |d| {
    store(&d.decoder, Value::NONE)
});

#[pymethods(
    name = "IncrementalNewlineDecoder", module = "_io", flags = flag::BASE_TYPE,
    doc = "Codec used when reading a file in universal newlines mode."
)]
impl NewlineDecoder {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, cls: &Ref<Class>, _args: Args<'_>) -> PyResult {
        let decoder = NewlineDecoder {
            decoder: RefCell::new(Value::UNBOUND),
            translate: Cell::new(false),
            newlines: Newlines::default(),
        };
        Ok(Ref::new(decoder, cls).into())
    }

    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<NewlineDecoder>, args: Args<'_>) -> PyResult<()> {
        let ([decoder, translate, _errors], _) = bind::<3, 2, 3>(
            vm,
            "IncrementalNewlineDecoder",
            params![
                ("decoder", Positional, true),
                ("translate", Positional, true),
                ("errors", Positional, false)
            ],
            args,
        )?;
        let translate = match translate {
            Some(value) => vm.truth(value)?,
            None => false,
        };
        this.translate.set(translate);
        this.newlines.reset();
        store(&this.decoder, decoder.cloned().unwrap_or(Value::NONE));
        Ok(())
    }

    #[method(sig = "(input, final=False)")]
    fn decode(
        vm: &mut Vm,
        this: &Ref<NewlineDecoder>,
        input: &Value,
        #[default(false)] is_final: bool,
    ) -> PyResult<Ref<Str>> {
        let decoder = decoder_of(vm, this)?;
        let text = if decoder.is_none() {
            input.clone()
        } else {
            vm.call_method_str(&decoder, "decode", &[input.clone(), is_final.into()])?
        };
        let Some(text) = text.downcast_ref::<Str>() else {
            let found = text.class().name();
            return Err(vm.type_error(format!("decoder should return a string result, not '{found}'")));
        };
        Ok(this.newlines.feed(text.clone(), this.translate.get(), is_final))
    }

    #[method(sig = "()")]
    fn getstate(vm: &mut Vm, this: &Ref<NewlineDecoder>) -> PyResult {
        let decoder = decoder_of(vm, this)?;
        let (buffer, state) = if decoder.is_none() {
            (Bytes::new([]).into(), 0)
        } else {
            let state = vm.call_method_str(&decoder, "getstate", &[])?;
            split_state(vm, &state)?
        };
        let state = state << 1 | i128::from(this.newlines.pending_cr.get());
        Ok(Tuple::new([buffer, pvm_vm::types::int::Int::from_i128(state)]).into())
    }

    #[method(sig = "(state, /)")]
    fn setstate(vm: &mut Vm, this: &Ref<NewlineDecoder>, state: &Value) -> PyResult<()> {
        let decoder = decoder_of(vm, this)?;
        if !state.holds::<Tuple>() {
            return Err(vm.type_error("state argument must be a tuple"));
        }
        let (buffer, state) = split_state(vm, state)?;
        this.newlines.pending_cr.set(state & 1 != 0);
        if !decoder.is_none() {
            let inner = Tuple::new([buffer, pvm_vm::types::int::Int::from_i128(state >> 1)]);
            vm.call_method_str(&decoder, "setstate", &[inner.into()])?;
        }
        Ok(())
    }

    #[method(sig = "()")]
    fn reset(vm: &mut Vm, this: &Ref<NewlineDecoder>) -> PyResult {
        let decoder = decoder_of(vm, this)?;
        this.newlines.reset();
        if decoder.is_none() { Ok(Value::NONE) } else { vm.call_method_str(&decoder, "reset", &[]) }
    }

    #[getter]
    fn newlines(vm: &mut Vm, this: &Ref<NewlineDecoder>) -> PyResult {
        decoder_of(vm, this)?;
        Ok(this.newlines.kinds())
    }
}

fn decoder_of(vm: &mut Vm, this: &Ref<NewlineDecoder>) -> PyResult {
    let decoder = this.decoder.borrow().clone();
    if decoder.is_unbound() {
        return Err(vm.value_error("IncrementalNewlineDecoder.__init__() not called"));
    }
    Ok(decoder)
}

/// The parts of a decoder's state.
pub fn split_state(vm: &mut Vm, state: &Value) -> PyResult<(Value, i128)> {
    let parts = match state.downcast_ref::<Tuple>() {
        Some(tuple) => tuple.as_slice().to_vec(),
        None => Vec::new(),
    };
    let [buffer, flags] = parts.as_slice() else {
        return Err(vm.type_error("illegal decoder state"));
    };
    if !buffer.holds::<Bytes>() {
        let found = buffer.class().name();
        return Err(vm.type_error(format!(
            "illegal decoder state: the first item should be a bytes object, not '{found}'"
        )));
    }
    let flags = vm.to_i128(flags)?;
    Ok((buffer.clone(), flags))
}
