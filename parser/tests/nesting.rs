//! Sources nested beyond any reason end in an error or a tree, never in a stack overflow. (Tests run on threads
//! of 2 MB, here without optimisation.)

use pvm_parser::{DumpOptions, ErrorClass, Mode, Options, dump, parse, unparse};

fn class_of(source: &str) -> Option<ErrorClass> {
    parse(source, Mode::Module, &Options::default()).err().map(|error| error.class)
}

#[test]
fn brackets() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{", "}"), ("f(", ")"), ("{1:", "}"), ("a[", "]")] {
        for depth in [199, 200] {
            let source = format!("{}1{}\n", open.repeat(depth), close.repeat(depth));
            assert_eq!(class_of(&source), None, "{depth} of {open}");
        }
        let source = format!("{}1{}\n", open.repeat(10_000), close.repeat(10_000));
        assert_eq!(class_of(&source), Some(ErrorClass::SyntaxError), "{open}");
        assert_eq!(class_of(&open.repeat(10_000)), Some(ErrorClass::SyntaxError), "unclosed {open}");
        assert_eq!(class_of(&open.repeat(150)), Some(ErrorClass::SyntaxError), "unclosed {open}");
    }
}

#[test]
fn operators() {
    for (prefix, core) in
        [("-", "a"), ("not ", "a"), ("lambda: ", "a"), ("a if b else ", "c"), ("a ** ", "b")]
    {
        assert_eq!(class_of(&format!("{}{core}\n", prefix.repeat(1900))), None, "{prefix}");
        assert_eq!(
            class_of(&format!("{}{core}\n", prefix.repeat(20_000))),
            Some(ErrorClass::MemoryError),
            "{prefix}"
        );
    }
}

#[test]
fn chains() {
    // (Errors are found much more slowly than trees, so those chains are shorter.)
    for link in ["+a", ".b", "()", "[0]", " and b", " < b", ", b", " or b"] {
        let source = format!("a{}\n", link.repeat(100_000));
        let parsed = parse(&source, Mode::Module, &Options::default());
        assert!(parsed.is_ok(), "{link}");
        // The tree is dropped on the way to the error.
        assert!(class_of(&format!("a{} 1\n", link.repeat(3_000))).is_some(), "{link}");
        assert!(class_of(&format!("f(a{}, 1 = 2)\n", link.repeat(3_000))).is_some(), "{link}");
    }
}

#[test]
fn statements() {
    // CPython's parser takes 5965.
    let elifs = |count: usize| format!("if a: pass\n{}", "elif a: pass\n".repeat(count));
    assert_eq!(class_of(&elifs(5_965)), None);
    assert_eq!(class_of(&elifs(5_966)), Some(ErrorClass::MemoryError));
    assert_eq!(class_of(&elifs(20_000)), Some(ErrorClass::MemoryError));
    let blocks = |depth: usize| -> String {
        let mut source: String = (0..depth).map(|level| " ".repeat(level) + "if a:\n").collect();
        source += &" ".repeat(depth);
        source + "pass\n"
    };
    assert_eq!(class_of(&blocks(99)), None);
    assert_eq!(class_of(&blocks(100)), Some(ErrorClass::IndentationError));
    let many = "a = f(1, 2)\n".repeat(50_000);
    assert_eq!(class_of(&many), None);
}

#[test]
fn fstrings() {
    let source = (0..140).fold("1".to_owned(), |inner, _| format!("f\"{{{inner}}}\""));
    assert_eq!(class_of(&source), None);
    let source = (0..1000).fold("1".to_owned(), |inner, _| format!("f\"{{{inner}}}\""));
    assert!(class_of(&source).is_some());
}

#[test]
fn patterns() {
    let source =
        |depth: usize| format!("match a:\n case {}b{}: pass\n", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(class_of(&source(190)), None);
    assert!(class_of(&source(5000)).is_some());
}

#[test]
fn what_walks_a_deep_tree() {
    let source = format!("a{}\n", "+a".repeat(20_000));
    if let Ok(parsed) = parse(&source, Mode::Module, &Options::default()) {
        assert!(dump(&parsed, DumpOptions::default()).len() > 100_000);
        assert!(unparse(&parsed).len() > 40_000);
    }
}
