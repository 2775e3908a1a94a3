//! Source to the bytes of a `.pyc`, and what that took freed all at once.
#![expect(unsafe_code, reason = "one call, whose promise all stages have a part in")]

use super::{SourceError, SourceWarning, compile_keeping_tree};
use pvm_lexer::decode::Reading;
use pvm_pycfile::Text;
use pvm_pycfile::marshal::{self, MarshalError};

/// Compiles a source file's bytes, as [`super::compile`] does, and appends the marshalled code to `pyc`. The inner error is that
/// of `marshal`.
pub fn compile_into(
    pyc: &mut Vec<u8>,
    data: &[u8],
    filename: &Text,
    optimize: u8,
) -> Result<(Vec<SourceWarning>, Result<(), MarshalError>), Box<SourceError>> {
    let run = |pyc: &mut Vec<u8>| {
        // A copy of its own: what is discarded never counts down what it shares with others.
        let filename = &Text::from_wtf8(filename.as_bytes()).unwrap_or_else(|| filename.clone());
        let (parsed, output) = match compile_keeping_tree(data, filename, optimize, Reading::Bytes) {
            Ok(compiled) => compiled,
            Err(error) => return (Err(error), None),
        };
        let marshalled = marshal::append_compiled(pyc, &output.code, output.identifiers.as_slice());
        let was_here = parsed.is_shallow() && pvm_compiler::stays_in_thread(parsed.depth());
        if was_here && output.warnings.is_empty() && marshalled.is_ok() {
            return (Ok((Vec::new(), Ok(()))), Some((parsed, output)));
        }
        (Ok((output.warnings, marshalled)), None)
    };
    // SAFETY: the result holds nothing that was allocated if there is something to discard. Lexer, parser, compiler and
    // marshal keep nothing between two calls but the tables that the diagnosis of errors makes, and without errors and
    // warnings there was none; and all happened in this thread, so that no other one is about to free any of it.
    unsafe { pvm_allocator::discarding(pyc, run) }
}
