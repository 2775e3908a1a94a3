//! The text of a signature: `(a, b=None, /, c=0, *args, d, **kwargs)`.

use syn::{Error, LitStr, Result};

/// How a parameter takes its argument; the names are those of `pvm_vm::native::ParamKind`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    PositionalOnly,
    Positional,
    KeywordOnly,
    VarArgs,
    VarKeywords,
}

impl Kind {
    /// The variant's name.
    pub fn variant(self) -> &'static str {
        match self {
            Kind::PositionalOnly => "PositionalOnly",
            Kind::Positional => "Positional",
            Kind::KeywordOnly => "KeywordOnly",
            Kind::VarArgs => "VarArgs",
            Kind::VarKeywords => "VarKeywords",
        }
    }
}

/// One parameter as the text gives it.
#[derive(Clone, Debug)]
pub struct Param {
    pub name: String,
    pub kind: Kind,
    /// The text of the default.
    pub default: Option<String>,
}

/// Parses the text of `sig = "…"`. A leading `$self`, `$module` or `$type` is left out.
pub fn parse(literal: &LitStr) -> Result<Vec<Param>> {
    let text = literal.value();
    let fail = |message: String| Error::new(literal.span(), message);
    let inner = text
        .trim()
        .strip_prefix('(')
        .and_then(|t| t.strip_suffix(')'))
        .ok_or_else(|| fail(format!("a signature looks like \"(a, b=None, /, *, c)\", not {text:?}")))?;
    let mut params: Vec<Param> = Vec::new();
    let mut kind = Kind::Positional;
    let mut receiver = false;
    for (i, part) in split(inner).into_iter().enumerate() {
        let part = part.trim();
        if part.starts_with('$') && i == 0 {
            receiver = true;
        } else if part == "/" {
            if kind != Kind::Positional || (params.is_empty() && !receiver) {
                return Err(fail("`/` is out of place".into()));
            }
            params.iter_mut().for_each(|p| p.kind = Kind::PositionalOnly);
        } else if part == "*" {
            kind = Kind::KeywordOnly;
        } else if let Some(name) = part.strip_prefix("**") {
            params.push(Param { name: name.trim().into(), kind: Kind::VarKeywords, default: None });
        } else if let Some(name) = part.strip_prefix('*') {
            params.push(Param { name: name.trim().into(), kind: Kind::VarArgs, default: None });
            kind = Kind::KeywordOnly;
        } else if part.is_empty() {
            return Err(fail("an empty parameter".into()));
        } else {
            let (name, default) = match part.split_once('=') {
                Some((name, default)) => (name.trim(), Some(default.trim().to_string())),
                None => (part, None),
            };
            if !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
                return Err(fail(format!("{name:?} is no parameter name")));
            }
            params.push(Param { name: name.into(), kind, default });
        }
    }
    Ok(params)
}

/// Splits at the commas outside of brackets and quotes.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut quote, mut start) = (0i32, None, 0);
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    if !text[start..].trim().is_empty() {
        parts.push(&text[start..]);
    }
    parts
}

/// The text for `inspect`: `receiver` is `$self`, `$type`, `$module` or nothing.
pub fn render(receiver: &str, params: &[Param]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let positional_only = params.iter().filter(|p| p.kind == Kind::PositionalOnly).count();
    if !receiver.is_empty() {
        parts.push(receiver.into());
        if positional_only == 0 {
            parts.push("/".into());
        }
    }
    let mut star = false;
    for (i, param) in params.iter().enumerate() {
        let default = param.default.as_ref().map(|d| format!("={d}")).unwrap_or_default();
        match param.kind {
            Kind::VarArgs => {
                star = true;
                parts.push(format!("*{}", param.name));
            }
            Kind::VarKeywords => parts.push(format!("**{}", param.name)),
            Kind::KeywordOnly => {
                if !star {
                    parts.push("*".into());
                    star = true;
                }
                parts.push(format!("{}{default}", param.name));
            }
            Kind::Positional | Kind::PositionalOnly => parts.push(format!("{}{default}", param.name)),
        }
        if i + 1 == positional_only {
            parts.push("/".into());
        }
    }
    format!("({})", parts.join(", "))
}
