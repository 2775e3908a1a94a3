//! Writing.

use super::dialect::{Dialect, quoting};
use super::error;
use pvm_vm::native::Args;
use pvm_vm::object::class::flag::NO_INSTANTIATION;
use pvm_vm::object::{Ref, Value};
use pvm_vm::text::{StrBuilder, StrRef};
use pvm_vm::types::init::class_of;
use pvm_vm::types::str::Str;
use pvm_vm::vm::{PyResult, Vm};

/// A writer.
pub struct Writer {
    write: Value,
    dialect: Ref<Dialect>,
}

pvm_vm::payload!(
    Writer,
    "_csv.writer",
    |w, visit| {
        visit(&w.write);
        visit(w.dialect.as_value());
    },
    |_w| ()
);

/// A row in the making.
struct Row<'a> {
    dialect: &'a Dialect,
    out: StrBuilder,
    fields: usize,
}

impl Row<'_> {
    fn add(&mut self, vm: &mut Vm, text: StrRef<'_>, quoted: bool) -> PyResult<()> {
        let dialect = self.dialect;
        if self.fields > 0 {
            self.out.push(dialect.delimiter);
        }
        self.fields += 1;
        let mut quoted = quoted;
        let mut body = StrBuilder::with_capacity(text.kind(), text.len());
        for c in text.code_points() {
            let special = c == dialect.delimiter
                || Some(c) == dialect.escape
                || Some(c) == dialect.quote
                || dialect.line_terminator.as_ref().find_code(c).is_some();
            if special {
                let mut escape = false;
                if dialect.quoting == quoting::NONE {
                    escape = true;
                } else {
                    if Some(c) == dialect.quote {
                        if dialect.double_quote {
                            body.push(c);
                        } else {
                            escape = true;
                        }
                    } else if Some(c) == dialect.escape {
                        escape = true;
                    }
                    quoted |= !escape;
                }
                if escape {
                    match dialect.escape {
                        Some(escape) => body.push(escape),
                        None => return Err(error(vm, "need to escape, but no escapechar set")),
                    }
                }
            }
            body.push(c);
        }
        let quote = dialect.quote.filter(|_| quoted);
        if let Some(quote) = quote {
            self.out.push(quote);
        }
        self.out.push_str(body.as_ref());
        if let Some(quote) = quote {
            self.out.push(quote);
        }
        Ok(())
    }
}

fn is_number(value: &Value) -> bool {
    let slots = &value.class().slots;
    slots.index.get().is_some()
        || slots.int.get().is_some()
        || slots.float.get().is_some()
        || value.holds::<pvm_vm::types::complex::Complex>()
}

impl Writer {
    /// `_csv.writer`
    pub fn make(vm: &mut Vm, args: Args<'_>) -> PyResult {
        let (file, dialect) = match args.pos() {
            [file] => (file, None),
            [file, dialect] => (file, Some(dialect)),
            other => {
                let given = other.len();
                let (bound, count, plural) =
                    if given == 0 { ("at least", 1, "") } else { ("at most", 2, "s") };
                return Err(
                    vm.type_error(format!("writer expected {bound} {count} argument{plural}, got {given}"))
                );
            }
        };
        let dialect = Dialect::from_arguments(vm, dialect, args)?;
        let write = vm.lookup_attr_str(file, "write")?;
        let Some(write) = write.filter(|write| vm.is_callable(write)) else {
            return Err(vm.type_error("argument 1 must have a \"write\" method"));
        };
        let class = class_of::<Writer>(vm)?;
        Ok(Ref::new(Writer { write, dialect }, &class).into())
    }

    fn row(&self, vm: &mut Vm, fields: &Value) -> PyResult {
        let iterator = match vm.iter(fields) {
            Ok(iterator) => iterator,
            Err(raised) if raised.is(&vm.types().exceptions.type_error) => {
                let class = fields.class().name();
                return Err(error(vm, format!("iterable expected, not {class}")));
            }
            Err(raised) => return Err(raised),
        };
        let dialect = &*self.dialect;
        let mut row = Row { dialect, out: StrBuilder::new(), fields: 0 };
        while let Some(field) = vm.next(&iterator)? {
            let quoted = match dialect.quoting {
                quoting::NONNUMERIC => !is_number(&field),
                quoting::ALL => true,
                quoting::STRINGS => field.holds::<Str>(),
                quoting::NOTNULL => !field.is_none(),
                _ => false,
            };
            if let Some(text) = field.downcast_ref::<Str>() {
                row.add(vm, text.as_ref(), quoted)?;
            } else if field.is_none() {
                row.add(vm, StrRef::EMPTY, quoted)?;
            } else {
                let text = vm.str(&field)?;
                row.add(vm, text.as_ref(), quoted)?;
            }
        }
        if row.fields > 0 && row.out.is_empty() {
            if dialect.quoting == quoting::NONE {
                return Err(error(vm, "single empty field record must be quoted"));
            }
            row.fields -= 1;
            row.add(vm, StrRef::EMPTY, true)?;
        }
        row.out.push_str(dialect.line_terminator.as_ref());
        vm.call(&self.write, &[row.out.finish().into()])
    }
}

/// CSV writer
#[pvm_vm_macros::pymethods(name = "writer", module = "_csv", flags = NO_INSTANTIATION)]
impl Writer {
    /// Writes a row.
    #[method(sig = "")]
    fn writerow(vm: &mut Vm, this: &Ref<Writer>, row: &Value) -> PyResult {
        this.row(vm, row)
    }

    /// Writes rows.
    #[method(sig = "")]
    fn writerows(vm: &mut Vm, this: &Ref<Writer>, rows: &Value) -> PyResult<()> {
        let iterator = vm.iter(rows)?;
        while let Some(row) = vm.next(&iterator)? {
            this.row(vm, &row)?;
        }
        Ok(())
    }

    /// The dialect.
    #[getter]
    fn dialect(&self) -> Value {
        (&self.dialect).into()
    }
}
