//! Any text, in any mode: a sound tree or an error that lies within the text, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pvm_parser::{DumpOptions, Mode, Options, dump, parse, unparse};

fuzz_target!(|text: &str| {
    let numbering = Options { first_names: Some(&["first"]), ..Options::default() };
    for mode in [Mode::Module, Mode::Interactive, Mode::Expression, Mode::FunctionType] {
        let numbered = parse(text, mode, &numbering);
        match parse(text, mode, &Options::default()) {
            Ok(parsed) => {
                let numbered = numbered.expect("numbers of names are no errors");
                assert_eq!(numbered.line_starts, parsed.line_starts);
                assert_eq!(numbered.depth(), parsed.depth());
                let _ = dump(&parsed, DumpOptions { include_attributes: true, indent: Some(1) });
                let _ = unparse(&parsed);
            }
            Err(error) => {
                assert!(numbered.is_err());
                assert!(error.range.end().to_usize() <= text.len());
            }
        }
    }
});
