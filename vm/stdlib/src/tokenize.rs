//! `_tokenize`: the tokenizer behind the module `tokenize`, over `pvm-lexer`'s.

use pvm_lexer::tokenize::{TokenInfo, TokenizeError, Tokenizer};
use pvm_vm::native::{Args, Param, ParamKind, bind, present};
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::init::class_of;
use pvm_vm::types::module::Module;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::vm::{PyResult, Raised, Vm};
use pvm_vm_macros::{pymethods, pymodule};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

/// What is left of a source: its tokens, and the error that they end in.
#[derive(Default)]
struct Tokens {
    left: VecDeque<Value>,
    error: Option<Value>,
}

/// An iterator over the tokens of what `readline` gives.
pub struct TokenizerIter {
    readline: RefCell<Value>,
    encoding: RefCell<Value>,
    extra_tokens: Cell<bool>,
    /// Made when the first token is asked for.
    tokens: RefCell<Option<Tokens>>,
}

pvm_vm::payload!(
    TokenizerIter,
    "TokenizerIter",
    |t, visit| {
        visit(&t.readline.borrow());
        visit(&t.encoding.borrow());
        if let Some(tokens) = &*t.tokens.borrow() {
            tokens.left.iter().for_each(&mut *visit);
            tokens.error.iter().for_each(visit);
        }
    },
    |t| {
        let old = (t.readline.replace(Value::NONE), t.encoding.replace(Value::NONE), t.tokens.take());
        drop(old);
    }
);

/// The numbers of the module `token`.
const NUMBERS: &[(&str, i64)] = &[
    ("ENDMARKER", 0),
    ("NAME", 1),
    ("NUMBER", 2),
    ("STRING", 3),
    ("NEWLINE", 4),
    ("INDENT", 5),
    ("DEDENT", 6),
    ("LPAR", 7),
    ("RPAR", 8),
    ("LSQB", 9),
    ("RSQB", 10),
    ("COLON", 11),
    ("COMMA", 12),
    ("SEMI", 13),
    ("PLUS", 14),
    ("MINUS", 15),
    ("STAR", 16),
    ("SLASH", 17),
    ("VBAR", 18),
    ("AMPER", 19),
    ("LESS", 20),
    ("GREATER", 21),
    ("EQUAL", 22),
    ("DOT", 23),
    ("PERCENT", 24),
    ("LBRACE", 25),
    ("RBRACE", 26),
    ("EQEQUAL", 27),
    ("NOTEQUAL", 28),
    ("LESSEQUAL", 29),
    ("GREATEREQUAL", 30),
    ("TILDE", 31),
    ("CIRCUMFLEX", 32),
    ("LEFTSHIFT", 33),
    ("RIGHTSHIFT", 34),
    ("DOUBLESTAR", 35),
    ("PLUSEQUAL", 36),
    ("MINEQUAL", 37),
    ("STAREQUAL", 38),
    ("SLASHEQUAL", 39),
    ("PERCENTEQUAL", 40),
    ("AMPEREQUAL", 41),
    ("VBAREQUAL", 42),
    ("CIRCUMFLEXEQUAL", 43),
    ("LEFTSHIFTEQUAL", 44),
    ("RIGHTSHIFTEQUAL", 45),
    ("DOUBLESTAREQUAL", 46),
    ("DOUBLESLASH", 47),
    ("DOUBLESLASHEQUAL", 48),
    ("AT", 49),
    ("ATEQUAL", 50),
    ("RARROW", 51),
    ("ELLIPSIS", 52),
    ("COLONEQUAL", 53),
    ("EXCLAMATION", 54),
    ("OP", 55),
    ("FSTRING_START", 61),
    ("FSTRING_MIDDLE", 62),
    ("FSTRING_END", 63),
    ("COMMENT", 64),
    ("NL", 65),
];

fn number(name: &str) -> i64 {
    NUMBERS.iter().find(|(other, _)| *other == name).map_or(55, |(_, number)| *number)
}

fn position((line, column): (u32, u32)) -> Value {
    Tuple::new([Value::from(line), Value::from(column)]).into()
}

/// A token as the tuple that `tokenize.TokenInfo` is made from.
fn token_tuple(token: &TokenInfo<'_>, extra: bool, line: &Value) -> Value {
    let name = if extra { token.type_name() } else { token.exact_type_name() };
    let parts = [
        Value::int(number(name)),
        Value::from(token.string),
        position(token.start),
        position(token.end),
        line.clone(),
    ];
    Tuple::new(parts).into()
}

/// The exception for a source that cannot be tokenized.
fn syntax_error(vm: &mut Vm, error: &TokenizeError) -> Raised {
    let exceptions = &vm.types().exceptions;
    let class = match error.message.as_str() {
        text if text.starts_with("inconsistent use of tabs") => &exceptions.tab_error,
        text if text.starts_with("unindent") || text.starts_with("too many levels") => {
            &exceptions.indentation_error
        }
        _ => &exceptions.syntax_error,
    };
    let (line, column) = error.location.unwrap_or((1, 0));
    let place = Tuple::new([Value::from("<string>"), Value::from(line), Value::from(column), Value::NONE]);
    vm.new_error_with(class, &[error.message.as_str().into(), place.into()])
}

impl TokenizerIter {
    /// Everything that `readline` gives, decoded.
    fn read(&self, vm: &mut Vm) -> PyResult<String> {
        let (readline, encoding) = (self.readline.borrow().clone(), self.encoding.borrow().clone());
        let mut text = String::new();
        loop {
            let line = match vm.call(&readline, &[]) {
                Ok(line) => line,
                Err(raised) if raised.is(&vm.types().exceptions.stop_iteration) => return Ok(text),
                Err(raised) => return Err(raised),
            };
            let line = if encoding.is_none() {
                line
            } else {
                let found = line.class().name();
                if !vm.is_bytes_like(&line) {
                    return Err(vm.type_error(format!("readline() returned a non-bytes object ({found})")));
                }
                vm.call_method_str(&line, "decode", &[encoding.clone(), "replace".into()])?
            };
            let Some(line) = line.downcast_ref::<Str>() else {
                return Err(vm.type_error("readline() returned a non-string object"));
            };
            if line.is_empty() {
                return Ok(text);
            }
            match line.as_ref().to_utf8() {
                Ok(line) => text.push_str(&line),
                Err(position) => return Err(vm.surrogate_error(line, position)),
            }
        }
    }

    fn tokenize(&self, vm: &mut Vm) -> PyResult<Tokens> {
        let text = self.read(vm)?;
        let extra = self.extra_tokens.get();
        let mut tokens = Tokens::default();
        // Tokens of one line share its string.
        let (mut last_line, mut line): (&str, Value) = ("", vm.names().empty.clone().into());
        for token in Tokenizer::new(&text) {
            match token {
                Ok(token) => {
                    if !std::ptr::eq(token.line, last_line) {
                        (last_line, line) = (token.line, Value::from(token.line));
                    }
                    tokens.left.push_back(token_tuple(&token, extra, &line));
                }
                Err(error) => {
                    tokens.error = Some(syntax_error(vm, &error).value());
                    break;
                }
            }
        }
        Ok(tokens)
    }
}

#[pymethods(name = "TokenizerIter", module = "_tokenize")]
impl TokenizerIter {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult {
        const PARAMS: &[Param] = &[
            Param { name: "readline", kind: ParamKind::Positional, required: true },
            Param { name: "encoding", kind: ParamKind::KeywordOnly, required: false },
            Param { name: "extra_tokens", kind: ParamKind::KeywordOnly, required: false },
        ];
        let (slots, _) = bind::<3, 1, 1>(vm, "tokenizeriter", PARAMS, args)?;
        let readline = present(vm, slots[0])?.clone();
        let extra = match slots[2] {
            Some(extra) => vm.truth(extra)?,
            None => false,
        };
        let iterator = TokenizerIter {
            readline: RefCell::new(readline),
            encoding: RefCell::new(slots[1].cloned().unwrap_or(Value::NONE)),
            extra_tokens: Cell::new(extra),
            tokens: RefCell::new(None),
        };
        Ok(Ref::new(iterator, class).into())
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<TokenizerIter>) -> PyResult<Option<Value>> {
        let started = this.tokens.borrow().is_some();
        if !started {
            let tokens = this.tokenize(vm)?;
            drop(this.tokens.replace(Some(tokens)));
        }
        let (next, error) = match &mut *this.tokens.borrow_mut() {
            Some(tokens) => match tokens.left.pop_front() {
                Some(token) => (Some(token), None),
                None => (None, tokens.error.take()),
            },
            None => (None, None),
        };
        match error {
            Some(error) => Err(vm.raise_value(error)),
            None => Ok(next),
        }
    }
}

/// The module.
#[pymodule(name = "_tokenize")]
pub mod tokenize_module {
    use super::*;

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        module.set("TokenizerIter", class_of::<TokenizerIter>(vm)?);
        Ok(())
    }
}
