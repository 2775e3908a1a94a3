//! Reading.

use super::dialect::{Dialect, quoting};
use super::{error, state};
use pvm_vm::native::Args;
use pvm_vm::object::class::flag::NO_INSTANTIATION;
use pvm_vm::object::{Ref, Value};
use pvm_vm::text::StrBuilder;
use pvm_vm::types::init::class_of;
use pvm_vm::types::list::List;
use pvm_vm::types::str::Str;
use pvm_vm::vm::{PyResult, Vm};
use std::cell::Cell;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    StartRecord,
    StartField,
    Escaped,
    InField,
    InQuotes,
    EscapedInQuotes,
    QuoteInQuotes,
    AfterRecord,
    AfterEscapedLineEnd,
}

/// A reader.
pub struct Reader {
    input: Value,
    dialect: Ref<Dialect>,
    line_num: Cell<u64>,
}

pvm_vm::payload!(
    Reader,
    "_csv.reader",
    |r, visit| {
        visit(&r.input);
        visit(r.dialect.as_value());
    },
    |_r| ()
);

/// A row in the making.
struct Row<'a> {
    dialect: &'a Dialect,
    place: Where,
    fields: Vec<Value>,
    field: StrBuilder,
    numeric: bool,
    limit: i64,
}

impl Row<'_> {
    fn add(&mut self, vm: &mut Vm, c: u32) -> PyResult<()> {
        if self.field.len() as i64 >= self.limit {
            let limit = self.limit;
            return Err(error(vm, format!("field larger than field limit ({limit})")));
        }
        self.field.push(c);
        Ok(())
    }

    fn save(&mut self, vm: &mut Vm) -> PyResult<()> {
        let text: Value = std::mem::take(&mut self.field).finish().into();
        let value = if std::mem::take(&mut self.numeric) {
            let float = vm.types().float.clone();
            vm.call(float.as_value(), &[text])?
        } else {
            text
        };
        self.fields.push(value);
        Ok(())
    }

    fn end_record(&mut self, vm: &mut Vm, c: Option<u32>) -> PyResult<()> {
        self.save(vm)?;
        self.place = if c.is_none() { Where::StartRecord } else { Where::AfterRecord };
        Ok(())
    }

    /// Takes a character, or the end of the line.
    fn take(&mut self, vm: &mut Vm, c: Option<u32>) -> PyResult<()> {
        let dialect = self.dialect;
        let is_line_end = matches!(c, None | Some(10 | 13));
        let quotes = dialect.quoting != quoting::NONE;
        let is = |wanted: Option<u32>| c.is_some() && c == wanted;
        match self.place {
            Where::StartRecord | Where::StartField => {
                if self.place == Where::StartRecord {
                    if c.is_none() {
                        return Ok(());
                    }
                    if is_line_end {
                        self.place = Where::AfterRecord;
                        return Ok(());
                    }
                    self.place = Where::StartField;
                }
                if is_line_end {
                    return self.end_record(vm, c);
                }
                if quotes && is(dialect.quote) {
                    self.place = Where::InQuotes;
                } else if is(dialect.escape) {
                    self.place = Where::Escaped;
                } else if c == Some(32) && dialect.skip_space {
                } else if is(Some(dialect.delimiter)) {
                    self.save(vm)?;
                } else if let Some(c) = c {
                    self.numeric = dialect.quoting == quoting::NONNUMERIC;
                    self.add(vm, c)?;
                    self.place = Where::InField;
                }
            }
            Where::Escaped => {
                if let Some(c @ (10 | 13)) = c {
                    self.add(vm, c)?;
                    self.place = Where::AfterEscapedLineEnd;
                    return Ok(());
                }
                self.add(vm, c.unwrap_or(10))?;
                self.place = Where::InField;
            }
            Where::AfterEscapedLineEnd if c.is_none() => {}
            Where::AfterEscapedLineEnd | Where::InField => {
                if is_line_end {
                    return self.end_record(vm, c);
                }
                if is(dialect.escape) {
                    self.place = Where::Escaped;
                } else if is(Some(dialect.delimiter)) {
                    self.save(vm)?;
                    self.place = Where::StartField;
                } else if let Some(c) = c {
                    self.add(vm, c)?;
                    self.place = Where::InField;
                }
            }
            Where::InQuotes => {
                let Some(code) = c else { return Ok(()) };
                if is(dialect.escape) {
                    self.place = Where::EscapedInQuotes;
                } else if quotes && is(dialect.quote) {
                    self.place = if dialect.double_quote { Where::QuoteInQuotes } else { Where::InField };
                } else {
                    self.add(vm, code)?;
                }
            }
            Where::EscapedInQuotes => {
                self.add(vm, c.unwrap_or(10))?;
                self.place = Where::InQuotes;
            }
            Where::QuoteInQuotes => {
                if quotes && is(dialect.quote) {
                    self.add(vm, c.unwrap_or(0))?;
                    self.place = Where::InQuotes;
                } else if is(Some(dialect.delimiter)) {
                    self.save(vm)?;
                    self.place = Where::StartField;
                } else if is_line_end {
                    return self.end_record(vm, c);
                } else if !dialect.strict {
                    self.add(vm, c.unwrap_or(0))?;
                    self.place = Where::InField;
                } else {
                    let show = |code: u32| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                    let (delimiter, quote) = (show(dialect.delimiter), show(dialect.quote.unwrap_or(0)));
                    return Err(error(vm, format!("'{delimiter}' expected after '{quote}'")));
                }
            }
            Where::AfterRecord => match c {
                Some(10 | 13) => {}
                None => self.place = Where::StartRecord,
                Some(_) => {
                    return Err(error(
                        vm,
                        "new-line character seen in unquoted field - do you need to open the file with newline=''?",
                    ));
                }
            },
        }
        Ok(())
    }
}

impl Reader {
    /// `_csv.reader`
    pub fn make(vm: &mut Vm, args: Args<'_>) -> PyResult {
        let (lines, dialect) = match args.pos() {
            [lines] => (lines, None),
            [lines, dialect] => (lines, Some(dialect)),
            other => {
                let given = other.len();
                let (bound, count, plural) =
                    if given == 0 { ("at least", 1, "") } else { ("at most", 2, "s") };
                return Err(
                    vm.type_error(format!("reader expected {bound} {count} argument{plural}, got {given}"))
                );
            }
        };
        let input = vm.iter(lines)?;
        let dialect = Dialect::from_arguments(vm, dialect, args)?;
        let class = class_of::<Reader>(vm)?;
        Ok(Ref::new(Reader { input, dialect, line_num: Cell::new(0) }, &class).into())
    }
}

/// CSV reader
#[pvm_vm_macros::pymethods(name = "reader", module = "_csv", flags = NO_INSTANTIATION)]
impl Reader {
    #[slot(iter)]
    fn iter_slot(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next_slot(vm: &mut Vm, this: &Ref<Reader>) -> PyResult<Option<Value>> {
        let mut row = Row {
            dialect: &this.dialect,
            place: Where::StartRecord,
            fields: Vec::new(),
            field: StrBuilder::new(),
            numeric: false,
            limit: state(vm).field_limit.get(),
        };
        loop {
            let Some(line) = vm.next(&this.input)? else {
                if row.field.is_empty() && row.place != Where::InQuotes {
                    return Ok(None);
                }
                if this.dialect.strict {
                    return Err(error(vm, "unexpected end of data"));
                }
                row.save(vm)?;
                break;
            };
            let Some(line) = line.downcast_ref::<Str>() else {
                let class = line.class().name();
                return Err(error(
                    vm,
                    format!(
                        "iterator should return strings, not {class} (the file should be opened in text mode)"
                    ),
                ));
            };
            this.line_num.set(this.line_num.get() + 1);
            for c in line.as_ref().code_points() {
                row.take(vm, Some(c))?;
            }
            row.take(vm, None)?;
            if row.place == Where::StartRecord {
                break;
            }
        }
        Ok(Some(List::new(row.fields).into()))
    }

    /// The dialect.
    #[getter]
    fn dialect(&self) -> Value {
        (&self.dialect).into()
    }

    /// The number of lines read.
    #[getter]
    fn line_num(&self) -> u64 {
        self.line_num.get()
    }
}
