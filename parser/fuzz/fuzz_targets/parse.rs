//! Any text, in any mode: a sound tree or an error that lies within the text, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pvm_parser::{DumpOptions, Mode, Options, dump, parse, unparse};

fuzz_target!(|text: &str| {
    for mode in [Mode::Module, Mode::Interactive, Mode::Expression, Mode::FunctionType] {
        match parse(text, mode, &Options::default()) {
            Ok(parsed) => {
                let _ = dump(&parsed, DumpOptions { include_attributes: true, indent: Some(1) });
                let _ = unparse(&parsed);
            }
            Err(error) => assert!(error.range.end().to_usize() <= text.len()),
        }
    }
});
