//! Dialects: which characters separate and quote.

use super::{error, state};
use pvm_vm::native::Args;
use pvm_vm::object::class::flag::BASE_TYPE;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::init::class_of;
use pvm_vm::types::str::Str;
use pvm_vm::vm::{PyResult, Vm};

/// When fields are quoted.
pub mod quoting {
    #![allow(missing_docs, reason = "the names are the module's own")]
    pub const MINIMAL: i64 = 0;
    pub const ALL: i64 = 1;
    pub const NONNUMERIC: i64 = 2;
    pub const NONE: i64 = 3;
    pub const STRINGS: i64 = 4;
    pub const NOTNULL: i64 = 5;
}

/// A dialect.
#[derive(Clone)]
pub struct Dialect {
    /// Separates fields.
    pub delimiter: u32,
    /// A quote within quotes is doubled.
    pub double_quote: bool,
    /// Takes the meaning off the character after it.
    pub escape: Option<u32>,
    /// Ends rows that are written.
    pub line_terminator: Ref<Str>,
    /// Surrounds fields.
    pub quote: Option<u32>,
    /// When fields are quoted.
    pub quoting: i64,
    /// Spaces after a delimiter do not count.
    pub skip_space: bool,
    /// Malformed input is an error.
    pub strict: bool,
}

pvm_vm::payload!(Dialect, "_csv.Dialect");

const NAMES: [&str; 8] = [
    "delimiter",
    "doublequote",
    "escapechar",
    "lineterminator",
    "quotechar",
    "quoting",
    "skipinitialspace",
    "strict",
];

fn shown(value: Option<u32>) -> Value {
    match value {
        Some(code) => Str::from_code_point(code).into(),
        None => Value::NONE,
    }
}

fn character(vm: &mut Vm, name: &str, value: Option<&Value>, default: Option<u32>) -> PyResult<Option<u32>> {
    let Some(value) = value else { return Ok(default) };
    if value.is_none() {
        return Ok(None);
    }
    let Some(text) = value.downcast_ref::<Str>() else {
        let class = value.class().name();
        return Err(vm.type_error(format!("\"{name}\" must be string or None, not {class}")));
    };
    if text.len() > 1 {
        return Err(vm.type_error(format!("\"{name}\" must be a 1-character string")));
    }
    Ok(text.as_ref().get(0))
}

impl Dialect {
    /// The dialect that arguments of `reader`, `writer` and others describe: a base, and keywords.
    pub fn from_arguments(vm: &mut Vm, base: Option<&Value>, args: Args<'_>) -> PyResult<Ref<Dialect>> {
        let mut base = base.filter(|base| !base.is_none()).cloned();
        let mut values: [Option<Value>; 8] = Default::default();
        for (key, value) in args.keywords() {
            let name = key.downcast_ref::<Str>().map(|key| key.to_string()).unwrap_or_default();
            if name == "dialect" && base.is_none() {
                base = Some(value.clone()).filter(|base| !base.is_none());
                continue;
            }
            match NAMES.iter().position(|known| *known == name) {
                Some(index) => values[index] = Some(value.clone()),
                None => {
                    return Err(
                        vm.type_error(format!("'{name}' is an invalid keyword argument for this function"))
                    );
                }
            }
        }
        if let Some(name) = base.as_ref().filter(|base| base.holds::<Str>()) {
            base = match state(vm).dialects.get(vm, name)? {
                Some(dialect) => Some(dialect),
                None => return Err(error(vm, "unknown dialect")),
            };
        }
        if let Some(base) = &base {
            if let Some(dialect) = base.downcast_ref::<Dialect>()
                && values.iter().all(Option::is_none)
            {
                return Ok(dialect.clone());
            }
            for (name, value) in NAMES.iter().zip(&mut values) {
                if value.is_none() {
                    *value = vm.lookup_attr_str(base, name)?;
                }
            }
        }
        let made = Dialect::from_values(vm, &values)?;
        let class = class_of::<Dialect>(vm)?;
        Ok(Ref::new(made, &class))
    }

    fn from_values(vm: &mut Vm, values: &[Option<Value>; 8]) -> PyResult<Dialect> {
        let [delimiter, double_quote, escape, terminator, quote, quoting, skip_space, strict] = values;
        let delimiter = match delimiter {
            None => u32::from(b','),
            Some(value) => {
                let Some(text) = value.downcast_ref::<Str>() else {
                    let class = value.class().name();
                    return Err(vm.type_error(format!("\"delimiter\" must be string, not {class}")));
                };
                match (text.len(), text.as_ref().get(0)) {
                    (1, Some(code)) => code,
                    _ => return Err(vm.type_error("\"delimiter\" must be a 1-character string")),
                }
            }
        };
        let truth = |vm: &mut Vm, value: &Option<Value>, default: bool| match value {
            Some(value) => vm.truth(value),
            None => Ok(default),
        };
        let double_quote = truth(vm, double_quote, true)?;
        let escape = character(vm, "escapechar", escape.as_ref(), None)?;
        let line_terminator = match terminator {
            None => Str::from_str("\r\n"),
            Some(value) => match value.downcast_ref::<Str>() {
                Some(text) => text.clone(),
                None if value.is_none() => {
                    return Err(vm.type_error("\"lineterminator\" must be a string, not None"));
                }
                None => {
                    let class = value.class().name();
                    return Err(vm.type_error(format!("\"lineterminator\" must be a string, not {class}")));
                }
            },
        };
        let quotes_nothing = quote.as_ref().is_some_and(Value::is_none) && quoting.is_none();
        let quote = character(vm, "quotechar", quote.as_ref(), Some(u32::from(b'"')))?;
        let quoting = match quoting {
            None if quotes_nothing => quoting::NONE,
            None => quoting::MINIMAL,
            Some(value) => {
                if !value.class().is(&vm.types().int) {
                    return Err(vm.type_error(
                        "\"quoting\" must be an integer, not ".to_owned() + &value.class().name(),
                    ));
                }
                match value.as_small_int().filter(|i| (0..=5).contains(i)) {
                    Some(quoting) => quoting,
                    None => return Err(vm.type_error("bad \"quoting\" value")),
                }
            }
        };
        let skip_space = truth(vm, skip_space, false)?;
        let strict = truth(vm, strict, false)?;
        if quoting != quoting::NONE && quote.is_none() {
            return Err(vm.type_error("quotechar must be set if quoting enabled"));
        }
        Ok(Dialect { delimiter, double_quote, escape, line_terminator, quote, quoting, skip_space, strict })
    }
}

/// CSV dialect
#[pvm_vm_macros::pymethods(name = "Dialect", module = "_csv", flags = BASE_TYPE)]
impl Dialect {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult {
        let made = Dialect::from_arguments(vm, args.pos().first(), args)?;
        let own = class_of::<Dialect>(vm)?;
        if class.is(&own) {
            return Ok(made.into());
        }
        Ok(Ref::new((*made).clone(), class).into())
    }

    #[getter]
    fn delimiter(&self) -> Value {
        shown(Some(self.delimiter))
    }

    #[getter]
    fn doublequote(&self) -> bool {
        self.double_quote
    }

    #[getter]
    fn escapechar(&self) -> Value {
        shown(self.escape)
    }

    #[getter]
    fn lineterminator(&self) -> Value {
        (&self.line_terminator).into()
    }

    #[getter]
    fn quotechar(&self) -> Value {
        shown(self.quote)
    }

    #[getter]
    fn quoting(&self) -> i64 {
        self.quoting
    }

    #[getter]
    fn skipinitialspace(&self) -> bool {
        self.skip_space
    }

    #[getter]
    fn strict(&self) -> bool {
        self.strict
    }
}
