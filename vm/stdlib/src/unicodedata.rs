//! `unicodedata`: the properties of characters.

use pvm_vm::native::Optional;
use pvm_vm::object::class::flag::NO_INSTANTIATION;
use pvm_vm::object::{Ref, Value};
use pvm_vm::text::StrBuf;
use pvm_vm::text::unicode::{self, Database, Form};
use pvm_vm::types::str::Str;
use pvm_vm::vm::{PyResult, Vm};

/// A version of the database that is not the current one (`unicodedata.ucd_3_2_0`).
pub struct Ucd(Database);

pvm_vm::payload!(Ucd, "unicodedata.UCD");

fn character(vm: &mut Vm, name: &str, value: &Value, alone: bool) -> PyResult<u32> {
    let what = if alone { "argument" } else { "argument 1" };
    let Some(text) = value.downcast_ref::<Str>() else {
        let class = if value.is_none() { "None".into() } else { value.class().name() };
        return Err(vm.type_error(format!("{name}() {what} must be a unicode character, not {class}")));
    };
    match (text.len(), text.as_ref().get(0)) {
        (1, Some(code)) => Ok(code),
        _ => Err(vm.type_error(format!("{name}() {what} must be a unicode character, not str"))),
    }
}

fn or_default(vm: &mut Vm, found: Option<Value>, default: Optional<Value>, message: &str) -> PyResult {
    match found.or_else(|| default.present()) {
        Some(value) => Ok(value),
        None => Err(vm.value_error(message)),
    }
}

fn numeric(vm: &mut Vm, db: Database, chr: &Value, default: Optional<Value>) -> PyResult {
    let code = character(vm, "numeric", chr, false)?;
    or_default(vm, db.numeric(code).map(Value::float), default, "not a numeric character")
}

fn decimal(vm: &mut Vm, db: Database, chr: &Value, default: Optional<Value>) -> PyResult {
    let code = character(vm, "decimal", chr, false)?;
    or_default(vm, db.decimal(code).map(Value::from), default, "not a decimal")
}

fn digit(vm: &mut Vm, db: Database, chr: &Value, default: Optional<Value>) -> PyResult {
    let code = character(vm, "digit", chr, false)?;
    or_default(vm, db.digit(code).map(Value::from), default, "not a digit")
}

fn name(vm: &mut Vm, db: Database, chr: &Value, default: Optional<Value>) -> PyResult {
    let code = character(vm, "name", chr, false)?;
    let found = unicode::name(code).filter(|_| db.is_assigned(code)).map(Value::from);
    or_default(vm, found, default, "no such name")
}

fn decomposition(db: Database, code: u32) -> String {
    let Some(decomposition) = db.decomposition(code) else { return String::new() };
    let mut parts = Vec::new();
    let tag = decomposition.tag.as_str();
    if !tag.is_empty() {
        parts.push(tag.to_owned());
    }
    parts.extend(decomposition.code_points().map(|code| format!("{code:04X}")));
    parts.join(" ")
}

fn form(vm: &mut Vm, name: &Ref<Str>) -> PyResult<Form> {
    match Form::from_name(&name.to_string()) {
        Some(form) => Ok(form),
        None => Err(vm.value_error("invalid normalization form")),
    }
}

fn normalize(vm: &mut Vm, db: Database, form_name: &Ref<Str>, text: &Ref<Str>) -> PyResult {
    let form = form(vm, form_name)?;
    match db.normalize(form, text.as_ref()) {
        Some(normal) => Ok(normal.into()),
        None if text.class().is(&vm.types().str) => Ok(text.into()),
        None => Ok(text.as_ref().into()),
    }
}

fn lookup(vm: &mut Vm, db: Database, name: &Ref<Str>) -> PyResult {
    let text = name.to_string();
    if let Some(code) = unicode::lookup(&text).filter(|code| db.is_assigned(*code)) {
        return Ok(Str::from_code_point(code).into());
    }
    if db == Database::Current
        && let Some(codes) = unicode::lookup_sequence(&text)
    {
        return Ok(StrBuf::from_code_points(codes).into());
    }
    let class = vm.types().exceptions.key_error.clone();
    Err(vm.new_error(&class, format!("undefined character name '{text}'")))
}

/// Character properties as of an older version of Unicode.
#[pvm_vm_macros::pymethods(name = "UCD", module = "unicodedata", flags = NO_INSTANTIATION, parts = [METHODS])]
impl Ucd {
    /// The version of Unicode.
    #[getter]
    fn unidata_version(&self) -> &'static str {
        if self.0 == Database::Old { "3.2.0" } else { "15.0.0" }
    }
}

#[pvm_vm_macros::pymethods(name = "UCD", part = METHODS)]
impl Ucd {
    /// The value of a decimal digit.
    #[method(sig = "(chr, default=<unrepresentable>, /)")]
    fn decimal(vm: &mut Vm, this: &Ref<Ucd>, chr: &Value, default: Optional<Value>) -> PyResult {
        decimal(vm, this.0, chr, default)
    }

    /// The value of a digit.
    #[method(sig = "(chr, default=<unrepresentable>, /)")]
    fn digit(vm: &mut Vm, this: &Ref<Ucd>, chr: &Value, default: Optional<Value>) -> PyResult {
        digit(vm, this.0, chr, default)
    }

    /// The numeric value of a character.
    #[method(sig = "(chr, default=<unrepresentable>, /)")]
    fn numeric(vm: &mut Vm, this: &Ref<Ucd>, chr: &Value, default: Optional<Value>) -> PyResult {
        numeric(vm, this.0, chr, default)
    }

    /// The name of a character.
    #[method(sig = "(chr, default=<unrepresentable>, /)")]
    fn name(vm: &mut Vm, this: &Ref<Ucd>, chr: &Value, default: Optional<Value>) -> PyResult {
        name(vm, this.0, chr, default)
    }

    /// The character of a name.
    #[method(sig = "(name, /)")]
    fn lookup(vm: &mut Vm, this: &Ref<Ucd>, name: &Ref<Str>) -> PyResult {
        lookup(vm, this.0, name)
    }

    /// The general category.
    #[method(sig = "(chr, /)")]
    fn category(vm: &mut Vm, this: &Ref<Ucd>, chr: &Value) -> PyResult<&'static str> {
        Ok(this.0.record(character(vm, "category", chr, true)?).category.as_str())
    }

    /// The bidirectional class.
    #[method(sig = "(chr, /)")]
    fn bidirectional(vm: &mut Vm, this: &Ref<Ucd>, chr: &Value) -> PyResult<&'static str> {
        Ok(this.0.record(character(vm, "bidirectional", chr, true)?).bidirectional)
    }

    /// The combining class.
    #[method(sig = "(chr, /)")]
    fn combining(vm: &mut Vm, this: &Ref<Ucd>, chr: &Value) -> PyResult<u8> {
        Ok(this.0.record(character(vm, "combining", chr, true)?).combining)
    }

    /// Whether a character is mirrored in text from right to left.
    #[method(sig = "(chr, /)")]
    fn mirrored(vm: &mut Vm, this: &Ref<Ucd>, chr: &Value) -> PyResult<i64> {
        Ok(i64::from(this.0.record(character(vm, "mirrored", chr, true)?).mirrored))
    }

    /// The East Asian width.
    #[method(sig = "(chr, /)")]
    fn east_asian_width(vm: &mut Vm, this: &Ref<Ucd>, chr: &Value) -> PyResult<&'static str> {
        Ok(this.0.record(character(vm, "east_asian_width", chr, true)?).east_asian_width)
    }

    /// The decomposition.
    #[method(sig = "(chr, /)")]
    fn decomposition(vm: &mut Vm, this: &Ref<Ucd>, chr: &Value) -> PyResult<String> {
        Ok(decomposition(this.0, character(vm, "decomposition", chr, true)?))
    }

    /// A string in a normalisation form.
    #[method(sig = "(form, unistr, /)")]
    fn normalize(vm: &mut Vm, this: &Ref<Ucd>, form: &Ref<Str>, unistr: &Ref<Str>) -> PyResult {
        normalize(vm, this.0, form, unistr)
    }

    /// Whether a string is in a normalisation form.
    #[method(sig = "(form, unistr, /)")]
    fn is_normalized(vm: &mut Vm, this: &Ref<Ucd>, form_: &Ref<Str>, unistr: &Ref<Str>) -> PyResult<bool> {
        let form = form(vm, form_)?;
        Ok(this.0.normalize(form, unistr.as_ref()).is_none())
    }
}

/// The module.
#[pvm_vm_macros::pymodule(
    name = "unicodedata",
    doc = "Properties of Unicode characters, as of Unicode 15.0.0."
)]
pub mod unicodedata_module {
    use super::{Database, NO_INSTANTIATION, Optional, PyResult, Ref, Str, Ucd, Value, Vm, character, form};
    use pvm_vm::types::module::Module;

    const DB: Database = Database::Current;

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        let _ = NO_INSTANTIATION;
        let class = pvm_vm::types::init::class_of::<Ucd>(vm)?;
        module.set("UCD", class.as_value().clone());
        module.set("unidata_version", "15.0.0");
        module.set("ucd_3_2_0", Value::from(Ref::new(Ucd(Database::Old), &class)));
        Ok(())
    }

    /// The value of a decimal digit.
    #[pyfunction(sig = "(chr, default=<unrepresentable>, /)")]
    fn decimal(vm: &mut Vm, chr: &Value, default: Optional<Value>) -> PyResult {
        super::decimal(vm, DB, chr, default)
    }

    /// The value of a digit.
    #[pyfunction(sig = "(chr, default=<unrepresentable>, /)")]
    fn digit(vm: &mut Vm, chr: &Value, default: Optional<Value>) -> PyResult {
        super::digit(vm, DB, chr, default)
    }

    /// The numeric value of a character.
    #[pyfunction(sig = "(chr, default=<unrepresentable>, /)")]
    fn numeric(vm: &mut Vm, chr: &Value, default: Optional<Value>) -> PyResult {
        super::numeric(vm, DB, chr, default)
    }

    /// The name of a character.
    #[pyfunction(sig = "(chr, default=<unrepresentable>, /)")]
    fn name(vm: &mut Vm, chr: &Value, default: Optional<Value>) -> PyResult {
        super::name(vm, DB, chr, default)
    }

    /// The character of a name, or the characters of a named sequence.
    #[pyfunction(sig = "(name, /)")]
    fn lookup(vm: &mut Vm, name: &Ref<Str>) -> PyResult {
        super::lookup(vm, DB, name)
    }

    /// The general category.
    #[pyfunction(sig = "(chr, /)")]
    fn category(vm: &mut Vm, chr: &Value) -> PyResult<&'static str> {
        Ok(DB.record(character(vm, "category", chr, true)?).category.as_str())
    }

    /// The bidirectional class.
    #[pyfunction(sig = "(chr, /)")]
    fn bidirectional(vm: &mut Vm, chr: &Value) -> PyResult<&'static str> {
        Ok(DB.record(character(vm, "bidirectional", chr, true)?).bidirectional)
    }

    /// The combining class.
    #[pyfunction(sig = "(chr, /)")]
    fn combining(vm: &mut Vm, chr: &Value) -> PyResult<u8> {
        Ok(DB.record(character(vm, "combining", chr, true)?).combining)
    }

    /// Whether a character is mirrored in text from right to left.
    #[pyfunction(sig = "(chr, /)")]
    fn mirrored(vm: &mut Vm, chr: &Value) -> PyResult<i64> {
        Ok(i64::from(DB.record(character(vm, "mirrored", chr, true)?).mirrored))
    }

    /// The East Asian width.
    #[pyfunction(sig = "(chr, /)")]
    fn east_asian_width(vm: &mut Vm, chr: &Value) -> PyResult<&'static str> {
        Ok(DB.record(character(vm, "east_asian_width", chr, true)?).east_asian_width)
    }

    /// The decomposition.
    #[pyfunction(sig = "(chr, /)")]
    fn decomposition(vm: &mut Vm, chr: &Value) -> PyResult<String> {
        Ok(super::decomposition(DB, character(vm, "decomposition", chr, true)?))
    }

    /// A string in a normalisation form.
    #[pyfunction(sig = "(form, unistr, /)")]
    fn normalize(vm: &mut Vm, form: &Ref<Str>, unistr: &Ref<Str>) -> PyResult {
        super::normalize(vm, DB, form, unistr)
    }

    /// Whether a string is in a normalisation form.
    #[pyfunction(sig = "(form, unistr, /)")]
    fn is_normalized(vm: &mut Vm, form_: &Ref<Str>, unistr: &Ref<Str>) -> PyResult<bool> {
        let form = form(vm, form_)?;
        Ok(DB.normalize(form, unistr.as_ref()).is_none())
    }
}
