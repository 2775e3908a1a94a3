//! Python 3.12 source text to tokens.
//!
//! In: source text (bytes are decoded by their BOM and coding line, PEP 263). Out: a stream of
//! [`Token`]s over it. This crate knows nothing of grammar beyond the lexical one.
#![forbid(unsafe_code)]

pub mod decode;
pub mod error;
mod identifier;
mod lexer;
mod line_index;
mod number;
mod operator;
mod string;
pub mod token;
pub mod tokenize;
pub mod unicode;

pub use decode::{DecodeError, DecodeErrorKind, Reading, Source, decode};
pub use error::{
    Columns, ErrorClass, ErrorLocation, LexError, LexErrorKind, LexWarning, LexWarningKind, NumberKind,
};
pub use lexer::{Lexer, OpenBracket, normalize_newlines};
pub use line_index::{LineColumn, LineIndex};
pub use token::{Span, Token, TokenKind};
pub use unicode::identifier_name;
