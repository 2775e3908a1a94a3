//! The arguments of the attributes: `name = value` pairs, and what every declaration has in common.

use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, Expr, ExprLit, Ident, Lit, LitStr, Meta, Result, Token};

/// One `name = value`.
pub struct Pair {
    pub name: Ident,
    pub value: Expr,
}

impl Pair {
    /// The value as a string literal.
    pub fn text(&self) -> Result<LitStr> {
        match &self.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.clone()),
            other => Err(Error::new_spanned(other, format!("`{}` takes a string literal", self.name))),
        }
    }

    /// The error for a name that the attribute does not know.
    pub fn unknown(&self, attribute: &str, known: &str) -> Error {
        Error::new(
            self.name.span(),
            format!("`{}` is no option of #[{attribute}]; there are {known}", self.name),
        )
    }
}

/// `a = 1, b = "x"`
pub struct Pairs(pub Vec<Pair>);

impl Parse for Pairs {
    fn parse(input: ParseStream<'_>) -> Result<Pairs> {
        let mut pairs = Vec::new();
        while !input.is_empty() {
            let name: Ident = input.parse()?;
            input.parse::<Token![=]>()?;
            let value: Expr = input.parse()?;
            pairs.push(Pair { name, value });
            if input.is_empty() {
                break;
            }
            input.parse::<Token![,]>()?;
        }
        Ok(Pairs(pairs))
    }
}

/// The pairs of an attribute, which may have no parentheses.
pub fn pairs_of(attribute: &Attribute) -> Result<Vec<Pair>> {
    match &attribute.meta {
        Meta::Path(_) => Ok(Vec::new()),
        _ => Ok(attribute.parse_args::<Pairs>()?.0),
    }
}

/// The text of the `///` comments, without the space that follows the slashes.
pub fn doc_comment(attributes: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes {
        if let Meta::NameValue(pair) = &attribute.meta
            && pair.path.is_ident("doc")
            && let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value
        {
            let text = text.value();
            lines.push(text.strip_prefix(' ').unwrap_or(&text).to_string());
        }
    }
    lines.join("\n").trim().to_string()
}

/// The `#[cfg]`s, which go to what is generated as well.
pub fn cfgs(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes.iter().filter(|a| a.path().is_ident("cfg")).cloned().collect()
}

/// Takes the attribute of this name out.
pub fn take(attributes: &mut Vec<Attribute>, name: &str) -> Option<Attribute> {
    let at = attributes.iter().position(|a| a.path().is_ident(name))?;
    Some(attributes.remove(at))
}

/// What the attribute of a function can say.
#[derive(Default)]
pub struct FunctionOptions {
    pub name: Option<String>,
    pub sig: Option<LitStr>,
    pub doc: Option<String>,
    /// Only of a lone `#[pyfunction]`: the module in messages.
    pub module: Option<String>,
}

impl FunctionOptions {
    /// From pairs.
    pub fn new(attribute: &str, pairs: Vec<Pair>) -> Result<FunctionOptions> {
        let mut options = FunctionOptions::default();
        for pair in pairs {
            match pair.name.to_string().as_str() {
                "name" => options.name = Some(pair.text()?.value()),
                "sig" => options.sig = Some(pair.text()?),
                "doc" => options.doc = Some(pair.text()?.value()),
                "module" if attribute == "pyfunction" => options.module = Some(pair.text()?.value()),
                _ => return Err(pair.unknown(attribute, "name, sig and doc")),
            }
        }
        Ok(options)
    }
}
