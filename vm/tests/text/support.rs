//! Asking the reference interpreter, and making up inputs.

use std::io::Write;
use std::process::{Command, Stdio};

use pvm_vm::text::{StrBuf, StrRef, repr};

/// The reference interpreter, or `None` (said aloud) where there is none.
pub fn reference() -> Option<String> {
    if let Ok(python) = std::env::var("PVM_REFERENCE") {
        return Some(python);
    }
    let runs = |python: &str| {
        let probe = "import sys; print(sys.version_info[:2] == (3, 12))";
        let output = command(python).args(["-c", probe]).output();
        output.is_ok_and(|output| output.stdout.starts_with(b"True"))
    };
    if runs("python3.12") {
        return Some("python3.12".to_owned());
    }
    let prefix = Command::new("pyenv").args(["prefix", "3.12.1"]).output().ok()?;
    let python = format!("{}/bin/python3", String::from_utf8(prefix.stdout).ok()?.trim());
    if runs(&python) {
        return Some(python);
    }
    eprintln!("SKIPPED: no reference interpreter (set PVM_REFERENCE)");
    None
}

fn command(python: &str) -> Command {
    let mut command = Command::new(python);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PYTHON")) {
        command.env_remove(name);
    }
    command
}

/// What a Python program prints, given some input.
pub fn run_python(python: &str, program: &str, input: String) -> String {
    let mut child = command(python)
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the reference starts");
    let mut stdin = child.stdin.take().expect("piped");
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("the reference runs");
    writer.join().expect("no panic").expect("the reference reads everything");
    assert!(output.status.success(), "the reference failed");
    String::from_utf8(output.stdout).expect("UTF-8")
}

const EVALUATE: &str = r#"
import sys, codecs, unicodedata
sys.set_int_max_str_digits(0)
warn = __import__("warnings"); warn.simplefilter("ignore")
for line in sys.stdin:
    try:
        print(ascii(eval(line)))
    except Exception as error:
        print(f"{type(error).__name__}: {ascii(str(error))}")
"#;

/// Expressions with our answers.
#[derive(Default)]
pub struct Cases(Vec<(String, String)>);

impl Cases {
    /// Adds an expression and our answer.
    pub fn add(&mut self, expression: String, ours: impl Show) {
        assert!(!expression.contains('\n'));
        self.0.push((expression, ours.show()));
    }

    /// Asks the reference and fails with the first differences.
    pub fn check(self) {
        self.check_with("");
    }

    /// The same after running some definitions.
    pub fn check_with(self, definitions: &str) {
        let Some(python) = reference() else { return };
        let input: String = self.0.iter().map(|(expression, _)| format!("{expression}\n")).collect();
        let output = run_python(&python, &format!("{definitions}{EVALUATE}"), input);
        let answers: Vec<&str> = output.lines().collect();
        assert_eq!(answers.len(), self.0.len(), "one answer for each expression");
        let differences: Vec<String> = (self.0.iter().zip(answers))
            .filter(|((_, ours), theirs)| ours != theirs)
            .map(|((expression, ours), theirs)| format!("{expression}\n  ours   {ours}\n  theirs {theirs}\n"))
            .collect();
        let shown = differences[..differences.len().min(20)].concat();
        assert!(differences.is_empty(), "{} of {} differ:\n{shown}", differences.len(), self.0.len());
    }
}

/// Shows a value as Python's `ascii()` does.
pub trait Show {
    /// The text.
    fn show(&self) -> String;
}

impl Show for bool {
    fn show(&self) -> String {
        if *self { "True".to_owned() } else { "False".to_owned() }
    }
}
impl Show for i64 {
    fn show(&self) -> String {
        self.to_string()
    }
}
impl Show for usize {
    fn show(&self) -> String {
        self.to_string()
    }
}
impl Show for StrRef<'_> {
    fn show(&self) -> String {
        String::from_utf8(repr::ascii(*self)).expect("ASCII")
    }
}
impl Show for StrBuf {
    fn show(&self) -> String {
        assert_eq!(self.as_ref().kind(), self.as_ref().narrowest_kind(), "canonical: {self}");
        self.as_ref().show()
    }
}
impl Show for str {
    fn show(&self) -> String {
        StrBuf::from(self).show()
    }
}
impl Show for &str {
    fn show(&self) -> String {
        StrBuf::from(*self).show()
    }
}
impl Show for String {
    fn show(&self) -> String {
        self.as_str().show()
    }
}
/// Already in Python's syntax.
pub struct Raw(pub String);
impl Show for Raw {
    fn show(&self) -> String {
        self.0.clone()
    }
}
/// A bytes object.
pub struct Bytes(pub Vec<u8>);
impl Show for Bytes {
    fn show(&self) -> String {
        String::from_utf8(repr::repr_bytes(&self.0)).expect("ASCII")
    }
}
impl<T: Show> Show for Vec<T> {
    fn show(&self) -> String {
        format!("[{}]", self.iter().map(Show::show).collect::<Vec<_>>().join(", "))
    }
}
impl<T: Show> Show for Option<T> {
    fn show(&self) -> String {
        self.as_ref().map_or("None".to_owned(), Show::show)
    }
}
impl<A: Show, B: Show> Show for (A, B) {
    fn show(&self) -> String {
        format!("({}, {})", self.0.show(), self.1.show())
    }
}

/// A small deterministic generator (xorshift).
pub struct Random(u64);

impl Random {
    /// Each seed gives another sequence.
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % bound as u64) as usize
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// A string with a bias to what is special about strings.
    pub fn text(&mut self, max_len: usize) -> StrBuf {
        const SPECIAL: &[u32] = &[
            0x20, 0x09, 0x0A, 0x0D, 0x0B, 0x0C, 0x1C, 0x1F, 0x85, 0xA0, 0x2028, 0x3000, 0x3A3, 0x3C2, 0x130,
            0x131, 0xDF, 0x1E9E, 0xFB01, 0x1F88, 0x1C5, 0x345, 0x387, 0x27, 0x22, 0x5C, 0xD800, 0xDC00,
            0xDFFF, 0x7F, 0xAD, 0xFF, 0x100, 0xFFFF, 0x10000, 0x1F600, 0x10400, 0x10428, 0x10FFFF, 0x660,
            0xB2, 0xBD, 0x2160, 0x41, 0x61, 0x61, 0x62, 0x5F, 0x30, 0x39, 0x2B, 0x2D, 0x25, 0x7B, 0x7D, 0x0,
        ];
        let limit = *self.pick(&[0x80, 0x80, 0x100, 0x10000, 0x110000]);
        let alphabet = self.below(3);
        let len = self.below(max_len + 1);
        StrBuf::from_code_points((0..len).map(|_| {
            loop {
                let code = match (alphabet, self.below(4)) {
                    (0, _) => *self.pick(&[0x61, 0x62, 0x20]),
                    (_, 0) => self.below(limit) as u32,
                    (_, 1) => self.below(0x80) as u32,
                    _ => *self.pick(SPECIAL),
                };
                if (code as usize) < limit {
                    break code;
                }
            }
        }))
    }

    /// Some bytes.
    pub fn bytes(&mut self, max_len: usize) -> Vec<u8> {
        let alphabet = self.below(3);
        let len = self.below(max_len + 1);
        (0..len)
            .map(|_| match alphabet {
                0 => *self.pick(b"ab "),
                1 => *self.pick(b"\r\n\t\x0b\x1c aAbBzZ09+-'\"\\\x80\xff\xc3\xa9_%{}:"),
                _ => self.below(256) as u8,
            })
            .collect()
    }
}
