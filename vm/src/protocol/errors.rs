//! Making exceptions.

use crate::number::{ErrorKind, NumberError};
use crate::object::{Class, Ref, Value};
use crate::types::exception::{Exception, field};
use crate::types::str::Str;
use crate::vm::{PyResult, Raised, Vm};

macro_rules! error_constructors {
    ($($name:ident),*) => {
        impl Vm {
            $(
                #[doc = concat!("A `", stringify!($name), "` with a message.")]
                #[cold]
                pub fn $name(&mut self, message: impl AsRef<str>) -> Raised {
                    let class = &self.types().exceptions.$name;
                    self.new_error(class, message)
                }
            )*
        }
    };
}

error_constructors!(
    type_error,
    value_error,
    index_error,
    runtime_error,
    overflow_error,
    zero_division_error,
    system_error,
    recursion_error,
    not_implemented_error,
    buffer_error,
    eof_error,
    lookup_error,
    assertion_error,
    reference_error,
    unicode_error,
    arithmetic_error,
    os_error
);

impl Vm {
    /// An exception of a class (built-in, or native subclass of one) with a message.
    #[cold]
    pub fn new_error(&mut self, class: &Ref<Class>, message: impl AsRef<str>) -> Raised {
        Raised(Exception::with_message(class, message.as_ref()))
    }

    /// An exception of a class with any arguments, made by calling the class.
    #[cold]
    pub fn new_error_with(&mut self, class: &Ref<Class>, args: &[Value]) -> Raised {
        match self.call(class.as_value(), args) {
            Ok(value) => match value.downcast::<Exception>() {
                Ok(exception) => Raised(exception),
                Err(other) => {
                    let (class, found) = (class.name(), other.class().name());
                    self.type_error(format!(
                        "calling {class} should have returned an instance of BaseException, not {found}"
                    ))
                }
            },
            Err(raised) => raised,
        }
    }

    /// A `MemoryError`.
    #[cold]
    pub fn memory_error(&mut self) -> Raised {
        Raised(Exception::new(&self.types().exceptions.memory_error, Vec::new()))
    }

    /// Raises `MemoryError` where the system would not give that many bytes. For sizes that the program chooses: an
    /// allocation that fails ends the process.
    #[inline]
    pub fn check_memory(&mut self, bytes: usize) -> PyResult<()> {
        if bytes < 1 << 20 || Vec::<u8>::new().try_reserve_exact(bytes).is_ok() {
            return Ok(());
        }
        Err(self.memory_error())
    }

    /// A `KeyError` for a key.
    #[cold]
    pub fn key_error(&mut self, key: Value) -> Raised {
        Raised(Exception::new(&self.types().exceptions.key_error, vec![key]))
    }

    /// An `AttributeError` that knows the object and the name, so that it can suggest another.
    #[cold]
    pub fn attribute_error(&mut self, object: &Value, name: &Ref<Str>, message: impl AsRef<str>) -> Raised {
        let error = Exception::with_message(&self.types().exceptions.attribute_error, message.as_ref());
        error.set(field::NAME, name.into());
        error.set(field::OBJ, object.clone());
        Raised(error)
    }

    /// The `AttributeError` of a missing attribute.
    #[cold]
    pub fn no_attribute(&mut self, object: &Value, name: &Ref<Str>) -> Raised {
        let message = match object.downcast_ref::<Class>() {
            Some(class) => format!("type object '{}' has no attribute '{name}'", class.name()),
            None => format!("'{}' object has no attribute '{name}'", object.class().name()),
        };
        self.attribute_error(object, name, message)
    }

    /// Tells an `AttributeError` that somebody has raised by hand what was looked up where.
    #[cold]
    pub fn with_attribute(&self, raised: Raised, object: &Value, name: &Ref<Str>) -> Raised {
        if raised.is(&self.types().exceptions.attribute_error)
            && raised.0.get(field::NAME).is_none()
            && raised.0.get(field::OBJ).is_none()
        {
            raised.0.set(field::NAME, name.into());
            raised.0.set(field::OBJ, object.clone());
        }
        raised
    }

    /// A `NameError` that knows the name.
    #[cold]
    pub fn name_error(&mut self, name: &Ref<Str>, message: impl AsRef<str>) -> Raised {
        let error = Exception::with_message(&self.types().exceptions.name_error, message.as_ref());
        error.set(field::NAME, name.into());
        Raised(error)
    }

    /// An `ImportError` that knows the module's name and path.
    #[cold]
    pub fn import_error(&mut self, message: impl AsRef<str>, name: Value, path: Value) -> Raised {
        let error = Exception::with_message(&self.types().exceptions.import_error, message.as_ref());
        error.set(field::MSG, Str::from_str(message.as_ref()).into());
        error.set(field::NAME, name);
        error.set(field::PATH, path);
        Raised(error)
    }

    /// A `StopIteration` with a value.
    #[cold]
    pub fn stop_iteration(&mut self, value: Value) -> Raised {
        let args = if value.is_none() { Vec::new() } else { vec![value.clone()] };
        let error = Exception::new(&self.types().exceptions.stop_iteration, args);
        error.set(field::VALUE, value);
        Raised(error)
    }

    /// The exception of a failed numeric operation.
    #[cold]
    pub fn number_error(&mut self, error: NumberError) -> Raised {
        let exceptions = &self.types().exceptions;
        let class = match error.kind {
            ErrorKind::ZeroDivision => &exceptions.zero_division_error,
            ErrorKind::Overflow => &exceptions.overflow_error,
            ErrorKind::Value => &exceptions.value_error,
            ErrorKind::Type => &exceptions.type_error,
            ErrorKind::Range => &exceptions.index_error,
            ErrorKind::Memory => return self.memory_error(),
        };
        self.new_error(class, &*error.message)
    }

    /// The `UnicodeEncodeError` of a lone surrogate in text that must be UTF-8.
    #[cold]
    pub fn surrogate_error(&mut self, text: &Ref<Str>, position: usize) -> Raised {
        let class = &self.types().exceptions.unicode_encode_error;
        let reason = Str::from_str("surrogates not allowed");
        let args = vec!["utf-8".into(), text.into(), position.into(), (position + 1).into(), reason.into()];
        let error = Exception::new(class, args.clone());
        for (field, value) in args.into_iter().enumerate() {
            error.set(field, value);
        }
        Raised(error)
    }

    /// The `OverflowError` of an integer argument that does not fit its native type.
    #[cold]
    pub fn integer_range_error(&mut self, value: i128, unsigned: bool, native: &str) -> Raised {
        if unsigned && value < 0 {
            return self.overflow_error(format!("can't convert negative value to {}", c_type(native)));
        }
        self.overflow_error(format!("Python int too large to convert to C {}", c_type(native)))
    }

    /// Reports an exception that cannot be raised where it happened (`sys.unraisablehook`).
    pub fn write_unraisable(&mut self, raised: Raised, message: Option<&str>, object: Option<&Value>) {
        crate::types::exception_methods::unraisable::report(self, raised, message, object);
    }

    /// The exception of a failed system call, `OSError` or the subclass for its number.
    #[cold]
    pub fn os_error_from(&mut self, error: &std::io::Error, filename: Option<Value>) -> Raised {
        let errno = error.raw_os_error().unwrap_or(0);
        let text = error.to_string();
        let text = text.split(" (os error").next().unwrap_or("").to_owned();
        let mut args = vec![Value::from(errno), text.into()];
        args.extend(filename);
        let class = &self.types().exceptions.os_error;
        self.new_error_with(class, &args)
    }
}

fn c_type(native: &str) -> &'static str {
    match native {
        "i8" => "char",
        "u8" => "unsigned char",
        "i16" => "short",
        "u16" => "unsigned short",
        "i32" => "int",
        "u32" => "unsigned int",
        "i64" => "long",
        "u64" => "unsigned long",
        "usize" => "size_t",
        _ => "ssize_t",
    }
}
