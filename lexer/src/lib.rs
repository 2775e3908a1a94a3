//! Python 3.12 source text to tokens.
//!
//! In: source text (bytes are decoded by their BOM and coding line, PEP 263). Out: a stream of
//! [`Token`]s over it. This crate knows nothing of grammar beyond the lexical one.
#![forbid(unsafe_code)]

pub mod token;

pub use token::{Span, Token, TokenKind};
