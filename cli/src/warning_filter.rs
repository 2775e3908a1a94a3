//! The warning filters of commands that compile without running a program: `-W`, `PYTHONWARNINGS` and development
//! mode, as the module `warnings` reads them.

use crate::source::{SourceError, SourceWarning};
use pvm_pycfile::{Text, repr};
use std::collections::HashSet;
use std::sync::Mutex;

/// Options that say what becomes of warnings.
#[derive(clap::Args)]
pub struct WarningArgs {
    /// Warning filter, as Python's: action:message:category:module:lineno; the last that matches counts
    #[arg(short = 'W', value_name = "FILTER")]
    filters: Vec<String>,
    /// Development mode: show what is hidden by default, as bad escapes that are only deprecated
    #[arg(short = 'X', value_parser = ["dev"])]
    mode: Vec<String>,
}

/// What becomes of a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Ignore,
    Show,
    ShowOnce,
    Error,
}

#[derive(Debug)]
struct Filter {
    action: Action,
    /// What the message begins with, in lower case.
    message: String,
    category: String,
    module: String,
    lineno: u32,
}

/// The filters in force.
pub struct WarningFilters {
    /// The first that matches counts.
    filters: Vec<Filter>,
    /// Category and message of what was shown once.
    shown_once: Mutex<HashSet<(&'static str, String)>>,
}

const CATEGORIES: [&str; 12] = [
    "Warning",
    "UserWarning",
    "DeprecationWarning",
    "PendingDeprecationWarning",
    "SyntaxWarning",
    "RuntimeWarning",
    "FutureWarning",
    "ImportWarning",
    "UnicodeWarning",
    "BytesWarning",
    "ResourceWarning",
    "EncodingWarning",
];

impl WarningFilters {
    /// The filters of the command line and the environment; complains of those that are wrong on standard error, as
    /// Python does, and goes on without them.
    pub fn new(args: &WarningArgs) -> WarningFilters {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let mut options: Vec<String> = Vec::new();
        if !args.mode.is_empty() || variable("PYTHONDEVMODE").is_some() {
            options.push("default".to_owned());
        }
        if let Some(listed) = variable("PYTHONWARNINGS") {
            options.extend(listed.split(',').map(str::to_owned));
        }
        options.extend(args.filters.iter().cloned());
        let mut filters = vec![Filter {
            action: Action::Ignore,
            message: String::new(),
            category: "DeprecationWarning".to_owned(),
            module: String::new(),
            lineno: 0,
        }];
        for option in options {
            match parse(&option) {
                Ok(filter) => filters.insert(0, filter),
                Err(complaint) => eprintln!("Invalid -W option ignored: {complaint}"),
            }
        }
        WarningFilters { filters, shown_once: Mutex::default() }
    }

    /// The warnings of a file that are to be shown, up to the first that is an error, and that error.
    pub fn apply<'a>(
        &self,
        warnings: &'a [SourceWarning],
        filename: &Text,
    ) -> (Vec<&'a SourceWarning>, Option<Box<SourceError>>) {
        let name = filename.to_string_lossy();
        let module = if name.is_empty() { "<unknown>" } else { name.strip_suffix(".py").unwrap_or(&name) };
        let mut shown = Vec::new();
        for warning in warnings {
            match self.action(warning, module) {
                Action::Ignore => {}
                Action::Show => shown.push(warning),
                Action::ShowOnce => {
                    let key = (warning.category, warning.message.clone());
                    if self.shown_once.lock().is_ok_and(|mut seen| seen.insert(key)) {
                        shown.push(warning);
                    }
                }
                Action::Error => return (shown, Some(warning.as_error.clone())),
            }
        }
        (shown, None)
    }

    fn action(&self, warning: &SourceWarning, module: &str) -> Action {
        let message = warning.message.to_lowercase();
        let matches = |filter: &&Filter| {
            message.starts_with(&filter.message)
                && (filter.category == "Warning" || filter.category == warning.category)
                && (filter.module.is_empty() || filter.module == module)
                && (filter.lineno == 0 || filter.lineno == warning.lineno)
        };
        self.filters.iter().find(matches).map_or(Action::Show, |filter| filter.action)
    }
}

fn parse(option: &str) -> Result<Filter, String> {
    let fields: Vec<&str> = option.split(':').map(str::trim).collect();
    if fields.len() > 5 {
        return Err(format!("too many fields (max 5): {}", repr::str(&Text::from(option))));
    }
    let field = |at: usize| fields.get(at).copied().unwrap_or_default();
    let quoted = |text: &str| repr::str(&Text::from(text));
    let category = match field(2) {
        "" => "Warning",
        name if CATEGORIES.contains(&name) => name,
        name => return Err(format!("unknown warning category: {}", quoted(name))),
    };
    let lineno = match field(4) {
        "" => 0,
        digits => match digits.parse::<i64>() {
            Ok(number) => u32::try_from(number).map_err(|_| format!("invalid lineno {number}"))?,
            Err(_) => return Err(format!("invalid lineno {}", quoted(digits))),
        },
    };
    Ok(Filter {
        action: action_named(field(0)).ok_or_else(|| format!("invalid action: {}", quoted(field(0))))?,
        message: field(1).to_lowercase(),
        category: category.to_owned(),
        module: field(3).to_owned(),
        lineno,
    })
}

/// The action that a name abbreviates. A source is compiled once, so all ways to show what is new are one.
fn action_named(name: &str) -> Option<Action> {
    const ACTIONS: [(&str, Action); 7] = [
        ("default", Action::Show),
        ("always", Action::Show),
        ("ignore", Action::Ignore),
        ("module", Action::Show),
        ("once", Action::ShowOnce),
        ("error", Action::Error),
        ("all", Action::Show),
    ];
    ACTIONS.iter().find(|(action, _)| action.starts_with(name)).map(|(_, action)| *action)
}

#[cfg(test)]
mod tests {
    use super::{Action, parse};

    #[test]
    fn options_are_read_as_by_python() {
        let filter = parse("e:Invalid escape:SyntaxWarning:a/b:3").expect("it is right");
        assert_eq!((filter.action, filter.lineno), (Action::Error, 3));
        assert_eq!((&*filter.message, &*filter.module), ("invalid escape", "a/b"));
        assert_eq!(parse("foo").expect_err("no action"), "invalid action: 'foo'");
        assert_eq!(parse("error::Foo").expect_err("no category"), "unknown warning category: 'Foo'");
        assert_eq!(parse("::::-3").expect_err("no line"), "invalid lineno -3");
        assert!(parse("1:1:1:1:1:1").expect_err("six fields").starts_with("too many fields (max 5)"));
        assert_eq!(parse("").expect("all have defaults").action, Action::Show);
    }
}
