//! What happens to malformed or unencodable input: the built-in error modes, and handlers written in Python.

use crate::object::{Ref, Value};
use crate::text::codecs::{Builtin, DecodeHandler, EncodeHandler, Problem, Replacement};
use crate::text::{StrBuf, StrRef};
use crate::types::bytes::Bytes;
use crate::types::exception::{Exception, field};
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Raised, Vm};

/// The handler of one call of a codec.
pub struct Handler<'a> {
    vm: &'a mut Vm,
    /// What is decoded or encoded, for the exception.
    object: Option<&'a Value>,
    errors: &'a str,
    builtin: Option<Builtin>,
    /// The registered handler and the exception that it is given, made when first needed.
    custom: Option<(Value, Ref<Exception>)>,
}

impl<'a> Handler<'a> {
    /// For encoding a string.
    pub fn for_text(vm: &'a mut Vm, text: &'a Ref<Str>, errors: &'a str) -> Handler<'a> {
        Handler {
            vm,
            object: Some(text.as_value()),
            errors,
            builtin: Builtin::from_name(errors),
            custom: None,
        }
    }

    /// For decoding bytes; `object` is the bytes object that holds them, if one does.
    pub fn for_bytes(vm: &'a mut Vm, object: Option<&'a Value>, errors: &'a str) -> Handler<'a> {
        Handler { vm, object, errors, builtin: Builtin::from_name(errors), custom: None }
    }

    /// The vm, for callbacks.
    pub fn vm(&mut self) -> &mut Vm {
        self.vm
    }

    fn input_object(&self, input: &[u8]) -> Value {
        match self.object {
            Some(object) if object.downcast_ref::<Bytes>().is_some_and(|b| b.as_slice() == input) => {
                object.clone()
            }
            _ => Bytes::new(input).into(),
        }
    }

    fn text_object(&self, text: StrRef<'_>) -> Value {
        match self.object {
            Some(object) => object.clone(),
            None => text.into(),
        }
    }

    /// Calls the registered handler; gives what it returned and the position, checked against `len`.
    fn call(
        &mut self,
        exception: impl FnOnce(&mut Vm) -> Ref<Exception>,
        problem: Problem<'_>,
        len: usize,
        decoding: bool,
    ) -> PyResult<(Value, usize)> {
        let (callable, exception) = match &self.custom {
            Some((callable, exception)) => {
                exception.set(field::START, problem.start.into());
                exception.set(field::END, problem.end.into());
                exception.set(field::REASON, problem.reason.into());
                (callable.clone(), exception.clone())
            }
            None => {
                let callable = super::lookup_error(self.vm, self.errors)?;
                let exception = exception(self.vm);
                self.custom = Some((callable.clone(), exception.clone()));
                (callable, exception)
            }
        };
        let result = self.vm.call(&callable, &[exception.into()])?;
        let wrong = if decoding {
            "decoding error handler must return (str, int) tuple"
        } else {
            "encoding error handler must return (str/bytes, int) tuple"
        };
        let Some([text, position]) = result.downcast_ref::<Tuple>().map(|t| t.as_slice()) else {
            return Err(self.vm.type_error(wrong));
        };
        if !text.holds::<Str>() && (decoding || !text.holds::<Bytes>()) {
            return Err(self.vm.type_error(wrong));
        }
        let Some(position) = position.as_int() else { return Err(self.vm.type_error(wrong)) };
        let position = position.to_i64().unwrap_or(i64::MAX);
        let at = if position < 0 { position.saturating_add(len as i64) } else { position };
        match usize::try_from(at).ok().filter(|at| *at <= len) {
            Some(at) => Ok((text.clone(), at)),
            None => Err(self.vm.index_error(format!("position {position} from error handler out of bounds"))),
        }
    }
}

impl DecodeHandler for Handler<'_> {
    type Error = Raised;

    fn malformed(&mut self, input: &[u8], problem: Problem<'_>) -> PyResult<(StrBuf, usize)> {
        if let Some(builtin) = self.builtin {
            if let Some(answer) = builtin.decode(input, problem) {
                return Ok(answer);
            }
            if matches!(builtin, Builtin::XmlCharRefReplace | Builtin::NameReplace) {
                return Err(self
                    .vm
                    .type_error("don't know how to handle UnicodeDecodeError in error callback"));
            }
            let object = self.input_object(input);
            return Err(Raised(make_decode_error(problem, object)));
        }
        let object = self.input_object(input);
        let (text, at) = self.call(|_| make_decode_error(problem, object), problem, input.len(), true)?;
        match text.downcast_ref::<Str>() {
            Some(text) => Ok((text.as_ref().to_buf(), at)),
            None => Err(self.vm.type_error("decoding error handler must return (str, int) tuple")),
        }
    }
}

impl EncodeHandler for Handler<'_> {
    type Error = Raised;

    fn unencodable(&mut self, text: StrRef<'_>, problem: Problem<'_>) -> PyResult<(Replacement, usize)> {
        if let Some(mut builtin) = self.builtin {
            return match EncodeHandler::unencodable(&mut builtin, text, problem) {
                Ok(answer) => Ok(answer),
                Err(failure) => {
                    let object = self.text_object(text);
                    let problem = Problem {
                        encoding: &failure.encoding,
                        start: failure.start,
                        end: failure.end,
                        reason: &failure.reason,
                    };
                    Err(Raised(make_encode_error(problem, object)))
                }
            };
        }
        let object = self.text_object(text);
        let (replacement, at) =
            self.call(|_| make_encode_error(problem, object), problem, text.len(), false)?;
        if let Some(bytes) = replacement.downcast_ref::<Bytes>() {
            return Ok((Replacement::Bytes(bytes.as_slice().to_vec()), at));
        }
        match replacement.downcast_ref::<Str>() {
            Some(text) => Ok((Replacement::Text(text.as_ref().to_buf()), at)),
            None => Err(self.vm.type_error("encoding error handler must return (str/bytes, int) tuple")),
        }
    }

    fn fail(&mut self, text: StrRef<'_>, problem: Problem<'_>) -> Raised {
        let object = self.text_object(text);
        Raised(make_encode_error(problem, object))
    }
}

fn make(class: &Ref<crate::object::Class>, problem: Problem<'_>, object: Value) -> Ref<Exception> {
    let args: Vec<Value> = vec![
        problem.encoding.into(),
        object,
        problem.start.into(),
        problem.end.into(),
        problem.reason.into(),
    ];
    let error = Exception::new(class, args.clone());
    for (field, value) in args.into_iter().enumerate() {
        error.set(field, value);
    }
    error
}

/// A `UnicodeDecodeError`.
pub fn make_decode_error(problem: Problem<'_>, object: Value) -> Ref<Exception> {
    make(&crate::interp::current().types().exceptions.unicode_decode_error, problem, object)
}

/// A `UnicodeEncodeError`.
pub fn make_encode_error(problem: Problem<'_>, object: Value) -> Ref<Exception> {
    make(&crate::interp::current().types().exceptions.unicode_encode_error, problem, object)
}

/// Encoding, object, start and end of a Unicode exception, the positions within the object.
pub fn exception_parts(vm: &mut Vm, exception: &Ref<Exception>) -> PyResult<(String, Value, usize, usize)> {
    let get = |vm: &mut Vm, field: usize, name: &str| match exception.get(field) {
        Some(value) => Ok(value),
        None => Err(vm.type_error(format!("{name} attribute not set"))),
    };
    let encoding = match exception.get(field::ENCODING) {
        Some(value) => value.downcast_ref::<Str>().map(|s| s.to_string()).unwrap_or_default(),
        None => String::new(),
    };
    let object = get(vm, field::OBJECT, "object")?;
    let len = match (object.downcast_ref::<Str>(), object.downcast_ref::<Bytes>()) {
        (Some(text), _) => text.len(),
        (_, Some(bytes)) => bytes.as_slice().len(),
        _ => return Err(vm.type_error("object attribute must be unicode")),
    };
    let start = get(vm, field::START, "start")?;
    let end = get(vm, field::END, "end")?;
    let start = vm.to_index(&start)?.clamp(0, (len as i64 - 1).max(0)) as usize;
    let end = (vm.to_index(&end)?.max(1) as usize).min(len);
    Ok((encoding, object, start, end))
}

/// What a built-in error handler answers to an exception: the replacement and the position to go on at.
pub fn handle_builtin(vm: &mut Vm, builtin: Builtin, exception: &Value) -> PyResult {
    let exceptions = &vm.types().exceptions;
    let known =
        exception.downcast_ref::<Exception>().filter(|e| e.class().is_subclass(&exceptions.unicode_error));
    let (Some(error), true) = (known, builtin != Builtin::Strict) else {
        if builtin == Builtin::Strict {
            return match exception.downcast_ref::<Exception>() {
                Some(error) => Err(Raised(error.clone())),
                None => Err(vm.type_error("codec must pass exception instance")),
            };
        }
        return Err(do_not_know(vm, exception));
    };
    let class = error.class();
    let is_encode = class.is_subclass(&exceptions.unicode_encode_error);
    let is_decode = class.is_subclass(&exceptions.unicode_decode_error);
    let is_translate = class.is_subclass(&exceptions.unicode_translate_error);
    let allowed = match builtin {
        Builtin::Ignore | Builtin::Replace | Builtin::BackslashReplace => {
            is_encode || is_decode || is_translate
        }
        Builtin::XmlCharRefReplace | Builtin::NameReplace => is_encode,
        Builtin::SurrogateEscape | Builtin::SurrogatePass => is_encode || is_decode,
        Builtin::Strict => true,
    };
    if !allowed {
        return Err(do_not_know(vm, exception));
    }
    let (encoding, object, start, end) = exception_parts(vm, error)?;
    let problem = Problem { encoding: &encoding, start, end, reason: "" };
    let answer: Option<(Value, usize)> = if let Some(bytes) = object.downcast_ref::<Bytes>() {
        builtin.decode(bytes.as_slice(), problem).map(|(text, at)| (text.into(), at))
    } else if let Some(text) = object.downcast_ref::<Str>() {
        if is_translate {
            builtin.translate(text.as_ref(), problem).map(|(text, at)| (text.into(), at))
        } else {
            builtin.encode(text.as_ref(), problem).map(|(replacement, at)| match replacement {
                Replacement::Text(text) => (text.into(), at),
                Replacement::Bytes(bytes) => (bytes.into(), at),
            })
        }
    } else {
        None
    };
    match answer {
        Some((value, at)) => Ok(Tuple::new([value, at.into()]).into()),
        None => Err(Raised(error.clone())),
    }
}

fn do_not_know(vm: &mut Vm, exception: &Value) -> Raised {
    let class = exception.class().name();
    vm.type_error(format!("don't know how to handle {class} in error callback"))
}
