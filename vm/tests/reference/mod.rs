//! Asks the reference CPython for the value of many expressions in one process.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Evaluates each line of standard input and prints its `repr`, or the exception's type and text.
const EVALUATOR: &str = r"
import sys, math, cmath, struct, random
sys.set_int_max_str_digits(4300)
def F(bits): return struct.unpack('<d', bits.to_bytes(8, 'little'))[0]
def show(value):
    if isinstance(value, float) and value != value: return 'nan'
    if isinstance(value, tuple): return '(' + ', '.join(map(show, value)) + ')'
    if isinstance(value, int) and not isinstance(value, bool): return hex(value) if value.bit_length() > 64 else repr(value)
    return repr(value)
import warnings
warnings.simplefilter('ignore')
scope = dict(vars(math), math=math, cmath=cmath, F=F, random=random, sys=sys, pow=pow)
for line in sys.stdin:
    try:
        answer = show(eval(line, scope))
    except Exception as error:
        answer = type(error).__name__ + ': ' + str(error)
    print(answer.replace('\n', ' '))
";

/// The reference interpreter: `PVM_REFERENCE`, else `python3.12` on `PATH`, else pyenv's 3.12.1.
fn interpreter() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("PVM_REFERENCE") {
        return Some(path.into());
    }
    let works = |path: &PathBuf| {
        Command::new(path).arg("--version").output().is_ok_and(|output| output.status.success())
    };
    let named = PathBuf::from("python3.12");
    if works(&named) {
        return Some(named);
    }
    let output = Command::new("pyenv").args(["prefix", "3.12.1"]).output().ok()?;
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()).join("bin/python3");
    works(&path).then_some(path)
}

/// Pairs of a Python expression and what pvm makes of it.
#[derive(Default)]
pub struct Cases {
    cases: Vec<(String, String)>,
}

impl Cases {
    /// Adds an expression with our answer, printed as the reference prints its own.
    pub fn add(&mut self, expression: impl Into<String>, answer: impl Into<String>) {
        self.cases.push((expression.into(), answer.into()));
    }

    /// Compares all answers with the reference's.
    ///
    /// # Panics
    /// When one differs.
    pub fn check(self) {
        let Some(interpreter) = interpreter() else {
            eprintln!(
                "SKIPPED: no reference CPython 3.12 found (set PVM_REFERENCE); {} cases not compared",
                self.cases.len()
            );
            return;
        };
        let mut command = Command::new(interpreter);
        command.args(["-c", EVALUATOR]).stdin(Stdio::piped()).stdout(Stdio::piped());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PYTHON") {
                command.env_remove(name);
            }
        }
        let mut child = command.spawn().expect("the reference starts");
        let mut input = child.stdin.take().expect("standard input is piped");
        let questions: String = self.cases.iter().map(|(expression, _)| format!("{expression}\n")).collect();
        let writer = std::thread::spawn(move || input.write_all(questions.as_bytes()));
        let output = BufReader::new(child.stdout.take().expect("standard output is piped"));
        let mut wrong = Vec::new();
        let mut n_answers = 0;
        for (line, (expression, ours)) in output.lines().zip(&self.cases) {
            let line = line.expect("the reference prints text");
            n_answers += 1;
            if line != *ours {
                let cut = |text: &str| text.chars().take(300).collect::<String>();
                wrong.push(format!(
                    "{}\n  reference: {}\n  pvm:       {}",
                    cut(expression),
                    cut(&line),
                    cut(ours)
                ));
            }
        }
        let _ = writer.join();
        child.wait().expect("the reference ends");
        assert_eq!(n_answers, self.cases.len(), "the reference stopped early");
        let shown = wrong.iter().take(25).map(String::as_str).collect::<Vec<_>>().join("\n");
        assert!(wrong.is_empty(), "{} of {} differ:\n{shown}", wrong.len(), self.cases.len());
        println!("{} cases agree with the reference", self.cases.len());
    }
}

/// Reproducible random numbers (xorshift64*).
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
