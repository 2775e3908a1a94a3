//! Encodings: bytes to text and back, with CPython's error reports.
//!
//! A decoder that meets malformed input describes it as a [`Problem`] and asks a handler what to put in its
//! place and where to go on; encoders likewise. [`Builtin`] is the handler for the error modes that
//! need no Python code; the object layer implements the traits for registered callbacks.
//!
//! Decoders of multi-byte encodings take `is_final`: if it is false, an incomplete sequence at the end is left
//! alone, and [`Decoded::consumed`] tells where it begins.

pub mod charmap;
pub mod errors;
pub mod escape;
pub mod single;
pub mod utf16;
pub mod utf7;
pub mod utf8;

pub use errors::{Builtin, Failure};
pub use utf16::ByteOrder;

use super::{StrBuf, StrBuilder, StrRef};

/// Malformed or unencodable input: what `UnicodeDecodeError` and `UnicodeEncodeError` say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem<'a> {
    /// The encoding's name as the exception gives it.
    pub encoding: &'a str,
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// What is wrong.
    pub reason: &'a str,
}

/// What stands for characters that cannot be encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// Text, which must be encodable itself.
    Text(StrBuf),
    /// Bytes, which are copied.
    Bytes(Vec<u8>),
}

/// What to do about malformed bytes.
pub trait DecodeHandler {
    /// The exception.
    type Error;
    /// The text to put in place, and the position to go on at, which must lie within the input.
    fn malformed(&mut self, input: &[u8], problem: Problem<'_>) -> Result<(StrBuf, usize), Self::Error>;
}

/// What to do about characters that cannot be encoded.
pub trait EncodeHandler {
    /// The exception.
    type Error;
    /// What to put in place, and the position to go on at, which must lie within the text.
    fn unencodable(
        &mut self,
        text: StrRef<'_>,
        problem: Problem<'_>,
    ) -> Result<(Replacement, usize), Self::Error>;
    /// The exception for the problem itself, when a replacement cannot be encoded either.
    fn fail(&mut self, text: StrRef<'_>, problem: Problem<'_>) -> Self::Error;
}

/// What a decoder gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text.
    pub text: StrBuf,
    /// How many bytes it stands for.
    pub consumed: usize,
}

/// Lets a handler deal with malformed bytes and gives the position to go on at.
fn recover<H: DecodeHandler>(
    handler: &mut H,
    input: &[u8],
    problem: Problem<'_>,
    out: &mut StrBuilder,
) -> Result<usize, H::Error> {
    let (text, next) = handler.malformed(input, problem)?;
    out.push_str(text.as_ref());
    Ok(next.min(input.len()))
}
