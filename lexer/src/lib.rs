//! Python 3.12 source text to tokens.
//!
//! In: source text, or the bytes of a file, which [`decode()`] turns into text by their byte order mark and coding line
//! (PEP 263). Out: a stream of [`Token`]s, each a kind and a span of the text. This crate knows nothing of grammar
//! beyond the lexical one.
//!
//! ```
//! use pvm_lexer::{Lexer, Reading, TokenKind, decode};
//!
//! let source = decode(b"print(f'{x!r:>10}')  # hi\n", Reading::Bytes)?;
//! let mut lexer = Lexer::new(&source.text);
//! let mut kinds = Vec::new();
//! loop {
//!     let token = lexer.next_token()?;
//!     kinds.push(token.kind);
//!     if token.kind == TokenKind::EndOfFile {
//!         break;
//!     }
//! }
//! use TokenKind::*;
//! assert_eq!(kinds[..6], [Name, LeftParen, FStringStart, LeftBrace, Name, Exclamation]);
//! assert_eq!(kinds[6..], [
//!     Name, Colon, FStringMiddle, RightBrace, FStringEnd, RightParen, Comment, Newline, EndOfFile
//! ]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Errors have the words of CPython 3.12, and [`LexError::location`] its positions:
//!
//! ```
//! use pvm_lexer::{Columns, Lexer};
//!
//! let source = "total = 0x1g\n";
//! let mut lexer = Lexer::new(source);
//! let error = std::iter::repeat_with(|| lexer.next_token()).find_map(Result::err).unwrap();
//! assert_eq!(error.to_string(), "invalid hexadecimal literal");
//! let at = error.location(source, Columns::CodePoints);
//! assert_eq!((at.lineno, at.offset), (1, 11));
//! ```
//!
//! A lexer turns into an iterator as well ([`Tokens`]). Tools find all of the source in its tokens: comments, and the line ends that mean
//! nothing (of blank lines, and within brackets), are tokens of their own, and only blanks lie between tokens.
//!
//! ```
//! use pvm_lexer::{Lexer, LineIndex, TokenKind};
//!
//! let source = "x = 1  # one\n\ny = 2\n";
//! let tokens = Lexer::new(source).into_iter().collect::<Result<Vec<_>, _>>()?;
//! let comment = tokens.iter().find(|token| token.kind == TokenKind::Comment).unwrap();
//! assert_eq!(&source[comment.span.start as usize..comment.span.end as usize], "# one");
//! let at = LineIndex::new(source).position(comment.span.start);
//! assert_eq!((at.line, at.column), (1, 7));
//! let is_blank = |token: &&pvm_lexer::Token| token.kind == TokenKind::NonLogicalNewline;
//! assert_eq!(tokens.iter().filter(is_blank).count(), 1);
//! # Ok::<(), pvm_lexer::LexError>(())
//! ```
//!
//! There is no global state, and all types here can go to another thread. No input makes the lexer panic, or take more
//! than linear time.
//!
//! # Stability
//! Of a version 0.x, the following changes only with x: the names in this page, the meaning of spans, the kinds of
//! tokens and their order. Messages and places of errors follow CPython 3.12's, and change when they turn out to differ
//! from those.
//!
//! The way of a source through the modules:
//! - [`decode`](mod@decode): bytes to text whose line ends are `\n`;
//! - [`Lexer`]: text to tokens, by kind: names and keywords, numbers, strings and f-strings (PEP 701), operators,
//!   and the accounts of brackets and indentation;
//! - [`error`]: what can be wrong, and where CPython says that it is;
//! - [`LineIndex`]: offsets to lines and columns;
//! - [`unicode`]: which characters identifiers can have, and when two identifiers are the same;
//! - [`tokenize`]: the tokens as Python's module `tokenize` shows them.
#![forbid(unsafe_code)]

mod chunk;
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

pub use decode::{DecodeError, DecodeErrorKind, Malformed, Reading, Source, Utf8Error, decode};
pub use error::{
    Columns, ErrorClass, ErrorLocation, LexError, LexErrorKind, LexWarning, LexWarningKind, NumberKind,
};
pub use lexer::{Lexer, OpenBracket, Tokens, normalize_newlines};
pub use line_index::{LineColumn, LineIndex, line_starts};
pub use token::{Span, Token, TokenKind};
pub use unicode::identifier_name;
