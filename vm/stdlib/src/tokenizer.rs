//! `_tokenize`: the lexer as `tokenize` uses it.

use pvm_lexer::tokenize::Tokenizer;
use pvm_vm::native::Args;
use pvm_vm::object::class::flag;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::exception::field;
use pvm_vm::types::module::Module;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Raised, Vm};
use pvm_vm_macros::{pymethods, pymodule};
use std::cell::{Cell, RefCell};

/// The tokens of a source, which was read to its end.
pub struct TokenizerIter {
    tokens: Vec<Value>,
    next: Cell<usize>,
    /// Raised after the last token.
    error: RefCell<Option<Raised>>,
}

pvm_vm::payload!(
    TokenizerIter,
    "_tokenize.TokenizerIter",
    |t, visit| {
        t.tokens.iter().for_each(&mut *visit);
        if let Some(error) = &*t.error.borrow() {
            visit(error.0.as_value());
        }
    },
    |t| drop(t.error.take())
);

/// The number of a token type, as the module `token` has it.
fn type_number(name: &str) -> i64 {
    match name {
        "ENDMARKER" => 0,
        "NAME" => 1,
        "NUMBER" => 2,
        "STRING" => 3,
        "NEWLINE" => 4,
        "INDENT" => 5,
        "DEDENT" => 6,
        "FSTRING_START" => 61,
        "FSTRING_MIDDLE" => 62,
        "FSTRING_END" => 63,
        "COMMENT" => 64,
        "NL" => 65,
        _ => 55,
    }
}

fn read_all(vm: &mut Vm, readline: &Value, encoding: &str) -> PyResult<String> {
    let mut text = String::new();
    loop {
        let line = match vm.call(readline, &[]) {
            Ok(line) => line,
            Err(raised) if raised.is(&vm.types().exceptions.stop_iteration) => return Ok(text),
            Err(raised) => return Err(raised),
        };
        let line = match line.downcast_ref::<Bytes>() {
            Some(_) => vm.call_method_str(&line, "decode", &[encoding.into()])?,
            None => line.clone(),
        };
        match line.downcast_ref::<Str>() {
            Some(part) if part.is_empty() => return Ok(text),
            Some(part) => text.push_str(&part.as_ref().to_string_lossy()),
            None => {
                let found = line.class().name();
                return Err(vm.type_error(format!("readline() returned a non-string object of type {found}")));
            }
        }
    }
}

fn position((line, column): (u32, u32)) -> Value {
    Tuple::new([Value::from(line), Value::from(column)]).into()
}

#[pymethods(name = "TokenizerIter", module = "_tokenize", flags = flag::BASE_TYPE)]
impl TokenizerIter {
    #[slot(new)]
    fn new(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult {
        let [readline] = args.pos() else {
            let given = args.pos().len();
            return Err(
                vm.type_error(format!("TokenizerIter() takes exactly 1 positional argument ({given} given)"))
            );
        };
        let (mut encoding, mut extra) = ("utf-8".to_owned(), false);
        for (name, value) in args.keywords() {
            match name.downcast_ref::<Str>().map(|n| n.to_string()).as_deref() {
                Some("encoding") => encoding = vm.str(value)?.to_string(),
                Some("extra_tokens") => extra = vm.truth(value)?,
                other => {
                    let other = other.unwrap_or_default();
                    let text = format!("TokenizerIter() got an unexpected keyword argument '{other}'");
                    return Err(vm.type_error(text));
                }
            }
        }
        if !extra {
            return Err(vm.not_implemented_error("TokenizerIter() without extra_tokens is not there yet"));
        }
        let text = read_all(vm, readline, &encoding)?;
        let mut tokens = Vec::new();
        let mut failed = None;
        for token in Tokenizer::new(&text) {
            match token {
                Ok(token) => tokens.push(
                    Tuple::new([
                        Value::int(type_number(token.type_name())),
                        token.string.into(),
                        position(token.start),
                        position(token.end),
                        token.line.into(),
                    ])
                    .into(),
                ),
                Err(error) => {
                    let class = &vm.types().exceptions.syntax_error;
                    let raised = vm.new_error(class, &error.message);
                    raised.0.set(field::SYNTAX_MSG, error.message.as_str().into());
                    let (line, column) = error.location.unwrap_or((0, 0));
                    raised.0.set(field::LINENO, Value::from(line));
                    raised.0.set(field::OFFSET, Value::int(column));
                    failed = Some(raised);
                    break;
                }
            }
        }
        let iterator = TokenizerIter { tokens, next: Cell::new(0), error: RefCell::new(failed) };
        Ok(Ref::new(iterator, class).into())
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(_vm: &mut Vm, this: &Ref<TokenizerIter>) -> PyResult<Option<Value>> {
        let index = this.next.get();
        this.next.set(index + 1);
        match this.tokens.get(index) {
            Some(token) => Ok(Some(token.clone())),
            None => match this.error.take() {
                Some(error) => Err(error),
                None => Ok(None),
            },
        }
    }
}

/// `_tokenize`
#[pymodule(name = "_tokenize", doc = "")]
pub mod tokenizer_module {
    use super::*;

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        crate::support::add_class::<TokenizerIter>(vm, module, "TokenizerIter").map(drop)
    }
}
