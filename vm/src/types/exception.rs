//! Exception objects: the storage and the hierarchy. Methods are in `types/exception_methods`.

use crate::interp;
use crate::object::{Class, Ref, Value};
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use std::cell::{Cell, RefCell};

/// An exception of any class. Attributes that only some classes have (`OSError.errno`, `StopIteration.value`)
/// lie in `extra`, at the positions that [`field`] names.
pub struct Exception {
    /// `args`
    pub args: RefCell<Ref<Tuple>>,
    /// `__traceback__`
    pub traceback: RefCell<Option<Ref<crate::types::traceback::Traceback>>>,
    /// `__cause__`
    pub cause: RefCell<Value>,
    /// `__context__`
    pub context: RefCell<Value>,
    /// `__suppress_context__`
    pub suppress_context: Cell<bool>,
    /// Class-specific attributes; `UNBOUND` where one is not set.
    extra: RefCell<Vec<Value>>,
}

crate::payload!(
    Exception,
    "exception",
    |e, visit| {
        visit(e.args.borrow().as_value());
        e.traceback.borrow().iter().for_each(|t| visit(t.as_value()));
        visit(&e.cause.borrow());
        visit(&e.context.borrow());
        e.extra.borrow().iter().for_each(visit);
    },
    |e| {
        let old = (
            e.traceback.take(),
            e.cause.replace(Value::NONE),
            e.context.replace(Value::NONE),
            e.extra.take(),
        );
        drop((old, e.args.replace(interp::current().names().empty_tuple.clone())));
    }
);

/// Positions of class-specific attributes in an [`Exception`].
pub mod field {
    #![allow(missing_docs, reason = "the names are the attributes' own")]
    // StopIteration
    pub const VALUE: usize = 0;
    // SystemExit
    pub const CODE: usize = 0;
    // NameError, AttributeError, ImportError
    pub const NAME: usize = 0;
    pub const OBJ: usize = 1;
    pub const PATH: usize = 1;
    pub const MSG: usize = 2;
    pub const NAME_FROM: usize = 3;
    // OSError
    pub const ERRNO: usize = 0;
    pub const STRERROR: usize = 1;
    pub const FILENAME: usize = 2;
    pub const FILENAME2: usize = 3;
    pub const CHARACTERS_WRITTEN: usize = 4;
    // SyntaxError
    pub const SYNTAX_MSG: usize = 0;
    pub const SYNTAX_FILENAME: usize = 1;
    pub const LINENO: usize = 2;
    pub const OFFSET: usize = 3;
    pub const TEXT: usize = 4;
    pub const END_LINENO: usize = 5;
    pub const END_OFFSET: usize = 6;
    pub const PRINT_FILE_AND_LINE: usize = 7;
    // UnicodeError and its subclasses
    pub const ENCODING: usize = 0;
    pub const OBJECT: usize = 1;
    pub const START: usize = 2;
    pub const END: usize = 3;
    pub const REASON: usize = 4;
    // BaseExceptionGroup
    pub const MESSAGE: usize = 0;
    pub const EXCEPTIONS: usize = 1;
}

impl Exception {
    /// The payload, for `BaseException.__new__`.
    pub fn payload(args: Ref<Tuple>) -> Exception {
        Exception {
            args: RefCell::new(args),
            traceback: RefCell::new(None),
            cause: RefCell::new(Value::NONE),
            context: RefCell::new(Value::NONE),
            suppress_context: Cell::new(false),
            extra: RefCell::new(Vec::new()),
        }
    }

    /// An exception of a built-in class, without running its `__init__`.
    pub fn new(class: &Ref<Class>, args: Vec<Value>) -> Ref<Exception> {
        Ref::new(Exception::payload(Tuple::new(args)), class)
    }

    /// An exception whose only argument is a message.
    pub fn with_message(class: &Ref<Class>, message: &str) -> Ref<Exception> {
        Exception::new(class, vec![Str::from_str(message).into()])
    }

    /// A class-specific attribute, if it is set.
    pub fn get(&self, field: usize) -> Option<Value> {
        self.extra.borrow().get(field).filter(|v| !v.is_unbound()).cloned()
    }

    /// Sets a class-specific attribute (`UNBOUND` deletes it).
    pub fn set(&self, field: usize, value: Value) {
        let old = {
            let mut extra = self.extra.borrow_mut();
            if extra.len() <= field {
                extra.resize_with(field + 1, || Value::UNBOUND);
            }
            std::mem::replace(&mut extra[field], value)
        };
        drop(old);
    }
}

macro_rules! define_exceptions {
    (($object:ident) $($field:ident $name:literal : $base:ident,)*) => {
        /// The built-in exception classes.
        pub struct Exceptions {
            $(#[doc = concat!("`", $name, "`")] pub $field: Ref<Class>,)*
        }

        impl Exceptions {
            pub(crate) fn new($object: &Ref<Class>, type_: &Ref<Class>) -> Exceptions {
                let $object = $object.clone();
                $(let $field = super::native_class::<Exception>($name, &$base, type_);)*
                Exceptions { $($field,)* }
            }

            /// All of them, with their names, bases before subclasses.
            pub fn all(&self) -> Vec<(&'static str, &Ref<Class>)> {
                vec![$(($name, &self.$field),)*]
            }
        }
    };
}

define_exceptions! {
    (object)
    base_exception "BaseException": object,
    exception "Exception": base_exception,
    generator_exit "GeneratorExit": base_exception,
    keyboard_interrupt "KeyboardInterrupt": base_exception,
    system_exit "SystemExit": base_exception,
    base_exception_group "BaseExceptionGroup": base_exception,
    exception_group "ExceptionGroup": base_exception_group,
    arithmetic_error "ArithmeticError": exception,
    floating_point_error "FloatingPointError": arithmetic_error,
    overflow_error "OverflowError": arithmetic_error,
    zero_division_error "ZeroDivisionError": arithmetic_error,
    assertion_error "AssertionError": exception,
    attribute_error "AttributeError": exception,
    buffer_error "BufferError": exception,
    eof_error "EOFError": exception,
    import_error "ImportError": exception,
    module_not_found_error "ModuleNotFoundError": import_error,
    lookup_error "LookupError": exception,
    index_error "IndexError": lookup_error,
    key_error "KeyError": lookup_error,
    memory_error "MemoryError": exception,
    name_error "NameError": exception,
    unbound_local_error "UnboundLocalError": name_error,
    os_error "OSError": exception,
    blocking_io_error "BlockingIOError": os_error,
    child_process_error "ChildProcessError": os_error,
    connection_error "ConnectionError": os_error,
    broken_pipe_error "BrokenPipeError": connection_error,
    connection_aborted_error "ConnectionAbortedError": connection_error,
    connection_refused_error "ConnectionRefusedError": connection_error,
    connection_reset_error "ConnectionResetError": connection_error,
    file_exists_error "FileExistsError": os_error,
    file_not_found_error "FileNotFoundError": os_error,
    interrupted_error "InterruptedError": os_error,
    is_a_directory_error "IsADirectoryError": os_error,
    not_a_directory_error "NotADirectoryError": os_error,
    permission_error "PermissionError": os_error,
    process_lookup_error "ProcessLookupError": os_error,
    timeout_error "TimeoutError": os_error,
    reference_error "ReferenceError": exception,
    runtime_error "RuntimeError": exception,
    not_implemented_error "NotImplementedError": runtime_error,
    recursion_error "RecursionError": runtime_error,
    stop_async_iteration "StopAsyncIteration": exception,
    stop_iteration "StopIteration": exception,
    syntax_error "SyntaxError": exception,
    indentation_error "IndentationError": syntax_error,
    tab_error "TabError": indentation_error,
    system_error "SystemError": exception,
    type_error "TypeError": exception,
    value_error "ValueError": exception,
    unicode_error "UnicodeError": value_error,
    unicode_decode_error "UnicodeDecodeError": unicode_error,
    unicode_encode_error "UnicodeEncodeError": unicode_error,
    unicode_translate_error "UnicodeTranslateError": unicode_error,
    warning "Warning": exception,
    bytes_warning "BytesWarning": warning,
    deprecation_warning "DeprecationWarning": warning,
    encoding_warning "EncodingWarning": warning,
    future_warning "FutureWarning": warning,
    import_warning "ImportWarning": warning,
    pending_deprecation_warning "PendingDeprecationWarning": warning,
    resource_warning "ResourceWarning": warning,
    runtime_warning "RuntimeWarning": warning,
    syntax_warning "SyntaxWarning": warning,
    unicode_warning "UnicodeWarning": warning,
    user_warning "UserWarning": warning,
}
