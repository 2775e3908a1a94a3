//! One native function: from its Rust signature to a `FunctionDef` whose wrapper binds the arguments.

use crate::options::{FunctionOptions, doc_comment, take};
use crate::signature::{self, Kind, Param};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{Error, Expr, FnArg, GenericArgument, Pat, PathArguments, Result, Signature, Type};

/// What the function is called on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Receiver {
    Function,
    Method,
    ClassMethod,
    StaticMethod,
}

impl Receiver {
    fn variant(self) -> Ident {
        let name = match self {
            Receiver::Function => "Function",
            Receiver::Method => "Method",
            Receiver::ClassMethod => "ClassMethod",
            Receiver::StaticMethod => "StaticMethod",
        };
        Ident::new(name, Span::call_site())
    }

    fn text(self) -> &'static str {
        match self {
            Receiver::Function => "$module",
            Receiver::Method => "$self",
            Receiver::ClassMethod => "$type",
            Receiver::StaticMethod => "",
        }
    }
}

/// Where the function stands.
pub struct Context<'a> {
    /// The type of the `impl`.
    pub self_type: Option<&'a Type>,
    /// What stands before the dot in messages: the type's or the module's name; empty for none.
    pub owner: &'a str,
    pub receiver: Receiver,
}

/// Where an argument comes from and how it is converted.
enum Conversion {
    /// `&Value`
    Borrowed,
    /// `&Ref<T>`
    BorrowedRef(Type),
    /// `T: FromValue`
    Converted(Type),
}

/// What happens when the argument is missing.
enum Missing {
    /// The call fails.
    Required,
    /// `Option<T>`: `None`, also for Python's `None`.
    None,
    /// `Optional<T>`: `Missing`
    Optional,
    /// `#[default(…)]`, or the default of the signature's text.
    Default(TokenStream),
}

#[expect(clippy::large_enum_variant, reason = "a handful of these exist for each function that is expanded")]
enum Source {
    Slot { index: usize, conversion: Conversion, missing: Missing },
    VarArgs,
    VarKeywords,
    Raw,
}

/// The parts of a Rust function that the macros look at.
pub struct Inputs {
    pub takes_vm: bool,
    /// The first parameter after the vm, where there must be one.
    pub receiver: Option<FnArg>,
    pub rest: Vec<(Ident, Type, Option<TokenStream>)>,
}

/// Sorts a function's parameters, and takes `#[default(…)]` off them.
pub fn inputs(sig: &mut Signature, with_receiver: bool) -> Result<Inputs> {
    let mut found = Inputs { takes_vm: false, receiver: None, rest: Vec::new() };
    for (i, input) in sig.inputs.iter_mut().enumerate() {
        if let FnArg::Typed(typed) = input
            && is_vm(&typed.ty)
        {
            if i != 0 {
                return Err(Error::new_spanned(input, "the vm comes first"));
            }
            found.takes_vm = true;
            continue;
        }
        if with_receiver && found.receiver.is_none() {
            found.receiver = Some(input.clone());
            continue;
        }
        let FnArg::Typed(typed) = input else {
            return Err(Error::new_spanned(input, "only a method has a receiver"));
        };
        let default = match take(&mut typed.attrs, "default") {
            Some(attribute) => Some(attribute.parse_args::<Expr>()?.to_token_stream()),
            None => None,
        };
        let Pat::Ident(pattern) = &*typed.pat else {
            return Err(Error::new_spanned(&typed.pat, "a parameter of a native function is a plain name"));
        };
        found.rest.push((pattern.ident.clone(), (*typed.ty).clone(), default));
    }
    if with_receiver && found.receiver.is_none() {
        return Err(Error::new_spanned(
            &sig.ident,
            "there is no parameter for the object or class it is called on",
        ));
    }
    Ok(found)
}

fn is_vm(ty: &Type) -> bool {
    matches!(ty, Type::Reference(r) if r.mutability.is_some() && last_name(&r.elem).as_deref() == Some("Vm"))
}

/// The last name of a type's path.
pub fn last_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|s| s.ident.to_string()),
        _ => None,
    }
}

/// The only type argument of `name<…>`.
pub fn argument_of(ty: &Type, name: &str) -> Option<Type> {
    let Type::Path(path) = ty else { return None };
    let segment = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(inner) if segment.ident == name && arguments.args.len() == 1 => {
            Some(inner.clone())
        }
        _ => None,
    }
}

fn reference_to(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Reference(r) if r.mutability.is_none() => Some(&r.elem),
        _ => None,
    }
}

fn is_named(ty: &Type, name: &str) -> bool {
    last_name(ty).as_deref() == Some(name)
}

/// Writes the type's own name where it says `Self`.
pub fn without_self(tokens: TokenStream, self_type: Option<&Type>) -> TokenStream {
    let Some(self_type) = self_type else { return tokens };
    tokens
        .into_iter()
        .map(|tree| match tree {
            TokenTree::Ident(ident) if ident == "Self" => quote!(#self_type),
            TokenTree::Group(group) => {
                let inner = without_self(group.stream(), Some(self_type));
                TokenTree::Group(proc_macro2::Group::new(group.delimiter(), inner)).to_token_stream()
            }
            other => other.to_token_stream(),
        })
        .collect()
}

fn conversion(ty: &Type) -> Result<Conversion> {
    if let Some(inner) = reference_to(ty) {
        if is_named(inner, "Value") {
            return Ok(Conversion::Borrowed);
        }
        return match argument_of(inner, "Ref") {
            Some(payload) => Ok(Conversion::BorrowedRef(payload)),
            None => Err(Error::new_spanned(
                ty,
                "an argument is borrowed as `&Value`, `&Ref<T>` or `&[Value]`; other types are taken by value (`T: FromValue`)",
            )),
        };
    }
    Ok(Conversion::Converted(ty.clone()))
}

fn source(ty: &Type, default: Option<TokenStream>) -> Result<Source> {
    if let Some(inner) = reference_to(ty)
        && let Type::Slice(slice) = inner
        && is_named(&slice.elem, "Value")
    {
        return Ok(Source::VarArgs);
    }
    if is_named(ty, "Args") {
        return Ok(Source::Raw);
    }
    if let Some(Type::Tuple(pair)) = argument_of(ty, "Vec")
        && pair.elems.len() == 2
        && pair.elems.iter().all(|t| is_named(t, "Value"))
    {
        return Ok(Source::VarKeywords);
    }
    let (inner, missing) = match (argument_of(ty, "Option"), argument_of(ty, "Optional"), default) {
        (Some(inner), _, None) => (inner, Missing::None),
        (_, Some(inner), None) => (inner, Missing::Optional),
        (_, _, Some(default)) => (ty.clone(), Missing::Default(default)),
        _ => (ty.clone(), Missing::Required),
    };
    Ok(Source::Slot { index: 0, conversion: conversion(&inner)?, missing })
}

/// The Rust expression for a default in a signature's text, where it is plain enough.
fn default_from_text(text: &str, ty: &Type) -> Option<TokenStream> {
    if reference_to(ty).is_some_and(|t| is_named(t, "Value")) {
        let constant = match text {
            "None" => quote!(NONE),
            "True" => quote!(TRUE),
            "False" => quote!(FALSE),
            _ => return None,
        };
        return Some(quote!({
            const DEFAULT: &::pvm_vm::object::Value = &::pvm_vm::object::Value::#constant;
            DEFAULT
        }));
    }
    let value = is_named(ty, "Value");
    let wrap =
        |tokens: TokenStream| if value { quote!(::pvm_vm::object::Value::from(#tokens)) } else { tokens };
    match text {
        "None" if value => return Some(quote!(::pvm_vm::object::Value::NONE)),
        "True" => return Some(wrap(quote!(true))),
        "False" => return Some(wrap(quote!(false))),
        "sys.maxsize" if !value => return Some(quote!(#ty::MAX)),
        "''" | "\"\"" if is_named(ty, "String") => return Some(quote!(::std::string::String::new())),
        _ => {}
    }
    let quoted = |q: char| text.strip_prefix(q).and_then(|t| t.strip_suffix(q)).filter(|t| !t.contains('\\'));
    if let Some(inner) = quoted('\'').or_else(|| quoted('"')) {
        return match (is_named(ty, "String"), value) {
            (true, _) => Some(quote!(::std::string::String::from(#inner))),
            (_, true) => Some(quote!(::pvm_vm::object::Value::from(#inner))),
            _ => None,
        };
    }
    let (digits, negative) = match text.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let number: TokenStream = if is_named(ty, "f64") {
        let number: f64 = digits.parse().ok()?;
        proc_macro2::Literal::f64_unsuffixed(number).to_token_stream()
    } else if let Ok(number) = digits.parse::<i64>() {
        proc_macro2::Literal::i64_unsuffixed(number).to_token_stream()
    } else {
        digits.parse::<f64>().ok().filter(|f| f.is_finite())?.to_token_stream()
    };
    let number = if negative { quote!(-#number) } else { number };
    Some(if value && digits.parse::<i64>().is_ok() {
        quote!(::pvm_vm::object::Value::int(#number))
    } else {
        wrap(number)
    })
}

/// The text that shows a Rust default.
fn text_from_default(default: &TokenStream) -> String {
    let text = default.to_string().replace(' ', "");
    match text.as_str() {
        "true" => "True".into(),
        "false" => "False".into(),
        "Value::NONE" => "None".into(),
        "i64::MAX" | "isize::MAX" => "sys.maxsize".into(),
        _ if text.parse::<f64>().is_ok() => text,
        _ => "<unrepresentable>".into(),
    }
}

/// A parameter's name in Python: without the underscores that keep Rust's keywords and lints away.
fn python_name(ident: &Ident) -> String {
    let name = ident.to_string();
    let name = name.strip_prefix("r#").unwrap_or(&name);
    let name = name.strip_prefix('_').unwrap_or(name);
    name.strip_suffix('_').unwrap_or(name).to_string()
}

/// Pairs Rust parameters with those of the signature's text, or makes up the latter.
fn match_params(
    inputs: &[(Ident, Type, Option<TokenStream>)],
    options: &FunctionOptions,
    at: &Ident,
) -> Result<(Vec<Param>, Vec<Source>, bool)> {
    let mut sources = Vec::new();
    for (_, ty, default) in inputs {
        sources.push(source(ty, default.clone())?);
    }
    let written = match &options.sig {
        Some(text) if !text.value().is_empty() => Some(signature::parse(text)?),
        _ => None,
    };
    if sources.iter().any(|s| matches!(s, Source::Raw)) {
        if sources.len() != 1 {
            return Err(Error::new_spanned(
                at,
                "`Args` takes all arguments, so it must be the only parameter",
            ));
        }
        let show = written.is_some();
        return Ok((written.unwrap_or_default(), sources, show));
    }
    let show = options.sig.as_ref().is_none_or(|text| !text.value().is_empty());
    let params = match written {
        Some(params) => params,
        None => invent_params(inputs, &sources),
    };
    if params.len() != inputs.len() {
        return Err(Error::new_spanned(
            at,
            format!("the signature has {} parameters, but the function takes {}", params.len(), inputs.len()),
        ));
    }
    let mut next = 0;
    for ((param, source), (_, ty, _)) in params.iter().zip(&mut sources).zip(inputs) {
        match source {
            Source::VarArgs if param.kind == Kind::VarArgs => {}
            Source::VarKeywords if param.kind == Kind::VarKeywords => {}
            Source::Slot { index, missing, .. }
                if !matches!(param.kind, Kind::VarArgs | Kind::VarKeywords) =>
            {
                *index = next;
                next += 1;
                match (&param.default, &missing) {
                    (Some(text), Missing::Required) => {
                        *missing = Missing::Default(default_from_text(text, ty).ok_or_else(|| {
                            Error::new_spanned(
                                ty,
                                format!(
                                    "`{}={text}` needs #[default(…)], or the type Option<_> or Optional<_>",
                                    param.name
                                ),
                            )
                        })?);
                    }
                    (None, Missing::Default(_)) => {
                        return Err(Error::new_spanned(
                            ty,
                            format!("`{}` has no default in the signature", param.name),
                        ));
                    }
                    _ => {}
                }
            }
            _ => {
                return Err(Error::new_spanned(
                    ty,
                    format!(
                        "`{}`: `*args` goes with `&[Value]`, `**kwargs` with `Vec<(Value, Value)>`",
                        param.name
                    ),
                ));
            }
        }
    }
    Ok((params, sources, show))
}

fn invent_params(inputs: &[(Ident, Type, Option<TokenStream>)], sources: &[Source]) -> Vec<Param> {
    let params = inputs.iter().zip(sources).map(|((ident, _, _), source)| {
        let name = python_name(ident);
        match source {
            Source::VarArgs => Param { name, kind: Kind::VarArgs, default: None },
            Source::VarKeywords => Param { name, kind: Kind::VarKeywords, default: None },
            Source::Raw => Param { name, kind: Kind::VarArgs, default: None },
            Source::Slot { missing, .. } => {
                let default = match missing {
                    Missing::Required => None,
                    Missing::None => Some("None".into()),
                    Missing::Optional => Some("<unrepresentable>".into()),
                    Missing::Default(tokens) => Some(text_from_default(tokens)),
                };
                Param { name, kind: Kind::PositionalOnly, default }
            }
        }
    });
    params.collect()
}

/// The `FunctionDef` expression for a function that `callee` names. `sig` loses its `#[default]`s.
pub fn function_def(
    sig: &mut Signature,
    attributes: &[syn::Attribute],
    callee: &TokenStream,
    options: &FunctionOptions,
    context: &Context<'_>,
) -> Result<TokenStream> {
    if !sig.generics.params.is_empty() && sig.generics.type_params().next().is_some() {
        return Err(Error::new_spanned(&sig.generics, "a native function has no type parameters"));
    }
    let with_receiver = matches!(context.receiver, Receiver::Method | Receiver::ClassMethod);
    let inputs = inputs(sig, with_receiver)?;
    let (params, sources, show) = match_params(&inputs.rest, options, &sig.ident)?;
    let name = options.name.clone().unwrap_or_else(|| python_name_of_function(&sig.ident));
    let qualified = if context.owner.is_empty() { name.clone() } else { format!("{}.{name}", context.owner) };
    let doc = options.doc.clone().unwrap_or_else(|| doc_comment(attributes));
    let text = if show { signature::render(context.receiver.text(), &params) } else { String::new() };

    let named: Vec<&Param> =
        params.iter().filter(|p| !matches!(p.kind, Kind::VarArgs | Kind::VarKeywords)).collect();
    let param_tokens = params.iter().map(|p| {
        let (name, required) = (&p.name, p.default.is_none() && !matches!(p.kind, Kind::VarArgs | Kind::VarKeywords));
        let kind = Ident::new(p.kind.variant(), Span::call_site());
        quote!(::pvm_vm::native::Param { name: #name, kind: ::pvm_vm::native::ParamKind::#kind, required: #required })
    });
    let param_tokens = quote!(&[#(#param_tokens),*]);

    let (before, receiver_argument) = receiver_tokens(&inputs, context, &name)?;
    let mut body = TokenStream::new();
    let mut arguments = TokenStream::new();
    if inputs.takes_vm {
        arguments.extend(quote!(vm,));
    }
    arguments.extend(receiver_argument);

    if matches!(sources.as_slice(), [Source::Raw]) {
        body.extend(quote!(#callee(#arguments args)));
    } else {
        let count = named.len();
        let takes = named.iter().filter(|p| p.kind != Kind::KeywordOnly).count();
        let required_keyword = named.iter().any(|p| p.kind == Kind::KeywordOnly && p.default.is_none());
        // The fast path takes purely positional calls whose count is within these bounds.
        let at_least = if required_keyword {
            takes + 1
        } else {
            named
                .iter()
                .rposition(|p| p.kind != Kind::KeywordOnly && p.default.is_none())
                .map_or(0, |i| i + 1)
        };
        body.extend(quote! {
            const PARAMS: &[::pvm_vm::native::Param] = #param_tokens;
            let (slots, extra) = ::pvm_vm::native::bind::<#count, #at_least, #takes>(vm, #qualified, PARAMS, args)?;
            let _ = (&slots, &extra);
        });
        let alone = named.len() == 1
            && params.len() == 1
            && named[0].kind == Kind::PositionalOnly
            && named[0].default.is_none();
        for (i, (source, param)) in sources.iter().zip(&params).enumerate() {
            let variable = format_ident!("argument_{i}");
            match source {
                Source::VarArgs => body.extend(quote!(let #variable = extra.positional;)),
                Source::VarKeywords => body.extend(quote!(let #variable = extra.keywords;)),
                Source::Raw => {}
                Source::Slot { index, conversion, missing } => {
                    let argument = argument_name(&name, alone, param, *index);
                    body.extend(slot_tokens(
                        &variable,
                        *index,
                        conversion,
                        missing,
                        &argument,
                        context.self_type,
                    ));
                }
            }
            arguments.extend(quote!(#variable,));
        }
        body.extend(quote! {
            #callee(#arguments)
        });
    }
    let kind = context.receiver.variant();
    Ok(quote! {
        ::pvm_vm::native::FunctionDef {
            name: #name,
            kind: ::pvm_vm::native::MethodKind::#kind,
            function: {
                fn wrapper(vm: &mut ::pvm_vm::vm::Vm, args: ::pvm_vm::native::Args<'_>) -> ::pvm_vm::vm::PyResult {
                    #before
                    ::pvm_vm::native::IntoResult::into_result({ #body })
                }
                wrapper
            },
            signature: ::pvm_vm::native::Signature { text: #text, params: #param_tokens },
            doc: #doc,
        }
    })
}

/// A function's name in Python where none is given.
pub fn python_name_of_function(ident: &Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").unwrap_or(&name).to_string()
}

/// Takes the receiver off the arguments, and passes it on.
fn receiver_tokens(inputs: &Inputs, context: &Context<'_>, name: &str) -> Result<(TokenStream, TokenStream)> {
    let Some(receiver) = &inputs.receiver else { return Ok((TokenStream::new(), TokenStream::new())) };
    let self_type = context.self_type;
    let owner = context.owner;
    let expression = match (context.receiver, receiver_kind(receiver, self_type)?) {
        (Receiver::ClassMethod, ReceiverKind::Ref(payload)) if is_named(&payload, "Class") => {
            quote!(::pvm_vm::native::class_receiver(vm, &args, #owner, #name)?)
        }
        (Receiver::ClassMethod, _) => {
            return Err(Error::new_spanned(receiver, "a class method takes `cls: &Ref<Class>`"));
        }
        (_, ReceiverKind::Value) => {
            quote!(::pvm_vm::native::value_receiver::<#self_type>(vm, &args, #owner, #name)?)
        }
        (_, ReceiverKind::Ref(payload)) => {
            quote!(::pvm_vm::native::receiver::<#payload>(vm, &args, #owner, #name)?)
        }
        (_, ReceiverKind::Payload) => {
            quote!(&**::pvm_vm::native::receiver::<#self_type>(vm, &args, #owner, #name)?)
        }
    };
    Ok((quote!(let this = #expression; let args = args.rest();), quote!(this,)))
}

/// How a function takes the object it is called on.
pub enum ReceiverKind {
    /// `&Value`
    Value,
    /// `&Ref<T>`, where `T` is the type itself or the payload that it shares with others
    Ref(Box<Type>),
    /// `&self`
    Payload,
}

/// Reads the type of a receiver.
pub fn receiver_kind(receiver: &FnArg, self_type: Option<&Type>) -> Result<ReceiverKind> {
    let wrong = || Err(Error::new_spanned(receiver, "the receiver is `&Value`, `&Ref<Self>` or `&self`"));
    match receiver {
        FnArg::Receiver(r) if r.reference.is_some() && r.mutability.is_none() => Ok(ReceiverKind::Payload),
        FnArg::Receiver(_) => wrong(),
        FnArg::Typed(typed) => {
            let Some(inner) = reference_to(&typed.ty) else { return wrong() };
            if is_named(inner, "Value") {
                return Ok(ReceiverKind::Value);
            }
            match argument_of(inner, "Ref") {
                Some(payload) => {
                    let payload = without_self(payload.to_token_stream(), self_type);
                    Ok(ReceiverKind::Ref(Box::new(syn::parse2(payload)?)))
                }
                None => wrong(),
            }
        }
    }
}

/// What messages call the argument.
fn argument_name(function: &str, alone: bool, param: &Param, index: usize) -> TokenStream {
    let place = match param.kind {
        Kind::PositionalOnly if alone => quote!(Only),
        Kind::PositionalOnly => {
            let position = index as u32 + 1;
            quote!(Position(#position))
        }
        _ => {
            let name = &param.name;
            quote!(Name(#name))
        }
    };
    quote!(&::pvm_vm::native::Argument { function: #function, place: ::pvm_vm::native::Place::#place })
}

fn slot_tokens(
    variable: &Ident,
    index: usize,
    conversion: &Conversion,
    missing: &Missing,
    argument: &TokenStream,
    self_type: Option<&Type>,
) -> TokenStream {
    let convert = |value: TokenStream| match conversion {
        Conversion::Borrowed => value,
        Conversion::BorrowedRef(payload) => {
            let payload = without_self(payload.to_token_stream(), self_type);
            quote!(::pvm_vm::native::borrow_argument::<#payload>(vm, #value, #argument)?)
        }
        Conversion::Converted(ty) => {
            let ty = without_self(ty.to_token_stream(), self_type);
            quote!(<#ty as ::pvm_vm::native::FromValue>::from_argument(vm, #value, #argument)?)
        }
    };
    let converted = convert(quote!(value));
    match missing {
        Missing::Required => {
            let converted = convert(quote!(value));
            quote!(let #variable = { let value = ::pvm_vm::native::present(vm, slots[#index])?; #converted };)
        }
        Missing::None => quote! {
            let #variable = match slots[#index] {
                ::std::option::Option::Some(value) if !value.is_none() => ::std::option::Option::Some(#converted),
                _ => ::std::option::Option::None,
            };
        },
        Missing::Optional => quote! {
            let #variable = match slots[#index] {
                ::std::option::Option::Some(value) => ::pvm_vm::native::Optional::Present(#converted),
                ::std::option::Option::None => ::pvm_vm::native::Optional::Missing,
            };
        },
        Missing::Default(default) => {
            let default = without_self(default.clone(), self_type);
            quote! {
                let #variable = match slots[#index] {
                    ::std::option::Option::Some(value) => #converted,
                    ::std::option::Option::None => #default,
                };
            }
        }
    }
}
