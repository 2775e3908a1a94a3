//! Any bytes: decoding ends and never panics, for `compile()`, scripts and `tokenize`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pvm_lexer::{Reading, decode, tokenize};

fuzz_target!(|bytes: &[u8]| {
    let _ = decode(bytes, Reading::Bytes);
    let _ = decode(bytes, Reading::File);
    let _ = tokenize::listing(bytes, "fuzz.py", true);
});
