//! `#[pymethods] impl T { … }`: the `NativeType` of `T`, or a part of it.

use crate::function::{self, Context, Receiver, ReceiverKind};
use crate::options::{FunctionOptions, Pair, Pairs, cfgs, doc_comment, pairs_of, take};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, Error, Expr, FnArg, ImplItem, ImplItemFn, ItemImpl, Result, ReturnType, Type};

#[derive(Default)]
struct Options {
    name: Option<String>,
    module: Option<String>,
    doc: Option<String>,
    flags: Option<Expr>,
    base: Option<Expr>,
    extend: Option<Expr>,
    accepts: Option<Expr>,
    payload: Option<Type>,
    part: Option<Ident>,
    parts: Vec<Expr>,
}

fn options(pairs: Vec<Pair>) -> Result<Options> {
    let mut options = Options::default();
    for pair in pairs {
        match pair.name.to_string().as_str() {
            "name" => options.name = Some(pair.text()?.value()),
            "module" => options.module = Some(pair.text()?.value()),
            "doc" => options.doc = Some(pair.text()?.value()),
            "flags" => options.flags = Some(pair.value),
            "base" => options.base = Some(pair.value),
            "extend" => options.extend = Some(pair.value),
            "accepts" => options.accepts = Some(pair.value),
            "payload" => options.payload = Some(syn::parse2(pair.value.to_token_stream())?),
            "part" => options.part = Some(syn::parse2(pair.value.to_token_stream())?),
            "parts" => match pair.value {
                Expr::Array(array) => options.parts = array.elems.into_iter().collect(),
                other => {
                    return Err(Error::new_spanned(
                        other,
                        "`parts` takes a list: parts = [SEARCHING, CASES]",
                    ));
                }
            },
            _ => {
                return Err(pair.unknown(
                    "pymethods",
                    "name, module, doc, flags, base, extend, accepts, payload, part and parts",
                ));
            }
        }
    }
    Ok(options)
}

/// A getter and a setter of one name.
#[derive(Default)]
struct Property {
    name: String,
    get: Option<TokenStream>,
    set: Option<TokenStream>,
    doc: String,
    cfgs: Vec<Attribute>,
}

#[derive(Default)]
struct Members {
    methods: Vec<TokenStream>,
    properties: Vec<Property>,
    slots: Vec<TokenStream>,
}

/// Expands the attribute.
pub fn expand(pairs: Pairs, mut block: ItemImpl) -> Result<TokenStream> {
    let options = options(pairs.0)?;
    if let Some((_, path, _)) = &block.trait_ {
        return Err(Error::new_spanned(path, "#[pymethods] stands on an `impl` without a trait"));
    }
    let self_type = (*block.self_ty).clone();
    let Some(name) = options.name.clone() else {
        return Err(Error::new_spanned(
            &block.self_ty,
            "#[pymethods(name = \"…\")] says what the class is called in Python",
        ));
    };
    let mut members = Members::default();
    let mut errors: Option<Error> = None;
    for item in &mut block.items {
        if let ImplItem::Fn(item) = item
            && let Err(error) = member(item, &self_type, &name, &mut members)
        {
            match &mut errors {
                Some(all) => all.combine(error),
                None => errors = Some(error),
            }
        }
    }
    if let Some(error) = errors {
        return Err(error);
    }
    let generated = generate(&options, &block, &self_type, &name, &members);
    Ok(quote!(#block #generated))
}

const KINDS: [&str; 6] = ["method", "classmethod", "staticmethod", "getter", "setter", "slot"];

fn member(item: &mut ImplItemFn, self_type: &Type, owner: &str, members: &mut Members) -> Result<()> {
    let mut found = None;
    for kind in KINDS {
        // A function can fill several slots; everything else it is only once.
        while let Some(attribute) = take(&mut item.attrs, kind) {
            if kind == "slot" {
                slot(item, &attribute, self_type, owner, members)?;
            } else if found.is_some() {
                return Err(Error::new_spanned(attribute, "a function is declared as one thing only"));
            } else {
                found = Some((kind, attribute));
            }
        }
    }
    let Some((kind, attribute)) = found else { return Ok(()) };
    let pairs = pairs_of(&attribute)?;
    match kind {
        "getter" | "setter" => property(item, kind, pairs, self_type, owner, members),
        _ => {
            let receiver = match kind {
                "method" => Receiver::Method,
                "classmethod" => Receiver::ClassMethod,
                _ => Receiver::StaticMethod,
            };
            let ident = item.sig.ident.clone();
            let options = FunctionOptions::new(kind, pairs)?;
            let context = Context { self_type: Some(self_type), owner, receiver };
            let cfgs = cfgs(&item.attrs);
            let callee = quote!(<#self_type>::#ident);
            let def = function::function_def(&mut item.sig, &item.attrs, &callee, &options, &context)?;
            members.methods.push(quote!(#(#cfgs)* #def));
            Ok(())
        }
    }
}

fn property(
    item: &mut ImplItemFn,
    kind: &str,
    pairs: Vec<Pair>,
    self_type: &Type,
    owner: &str,
    members: &mut Members,
) -> Result<()> {
    let options = FunctionOptions::new(kind, pairs)?;
    let ident = item.sig.ident.clone();
    let written = ident.to_string();
    let name = options.name.clone().unwrap_or_else(|| {
        let plain = written.strip_prefix("r#").unwrap_or(&written);
        if kind == "setter" { plain.strip_prefix("set_").unwrap_or(plain).into() } else { plain.into() }
    });
    let inputs = function::inputs(&mut item.sig, true)?;
    let wanted = usize::from(kind == "setter");
    if inputs.rest.len() != wanted {
        let shape = if kind == "setter" { "(vm, this, value: Option<Value>)" } else { "(vm, this)" };
        return Err(Error::new_spanned(&item.sig.ident, format!("a {kind} is a function of {shape}")));
    }
    let Some(receiver) = &inputs.receiver else { return Ok(()) };
    let this = match function::receiver_kind(receiver, Some(self_type))? {
        ReceiverKind::Value => {
            quote!(::pvm_vm::native::value_instance::<#self_type>(vm, this, #owner, #name)?)
        }
        ReceiverKind::Ref(payload) => {
            quote!(::pvm_vm::native::instance::<#payload>(vm, this, #owner, #name)?)
        }
        ReceiverKind::Payload => {
            quote!(&**::pvm_vm::native::instance::<#self_type>(vm, this, #owner, #name)?)
        }
    };
    let vm = if inputs.takes_vm { quote!(vm,) } else { TokenStream::new() };
    let doc = options.doc.clone().unwrap_or_else(|| doc_comment(&item.attrs));
    let index = match members.properties.iter().position(|p| p.name == name) {
        Some(index) => index,
        None => {
            members.properties.push(Property {
                name: name.clone(),
                cfgs: cfgs(&item.attrs),
                ..Property::default()
            });
            members.properties.len() - 1
        }
    };
    let property = &mut members.properties[index];
    let place = if kind == "getter" { &mut property.get } else { &mut property.set };
    if place.is_some() {
        return Err(Error::new_spanned(&item.sig.ident, format!("`{name}` has a {kind} already")));
    }
    *place = Some(if kind == "getter" {
        property.doc = doc;
        quote!({
            fn get(vm: &mut ::pvm_vm::vm::Vm, this: &::pvm_vm::object::Value) -> ::pvm_vm::vm::PyResult {
                let this = #this;
                ::pvm_vm::native::IntoResult::into_result(<#self_type>::#ident(#vm this))
            }
            get
        })
    } else {
        quote!({
            fn set(
                vm: &mut ::pvm_vm::vm::Vm,
                this: &::pvm_vm::object::Value,
                value: ::std::option::Option<::pvm_vm::object::Value>,
            ) -> ::pvm_vm::vm::PyResult<()> {
                let this = #this;
                <#self_type>::#ident(#vm this, value)
            }
            set
        })
    });
    Ok(())
}

fn slot(
    item: &ImplItemFn,
    attribute: &Attribute,
    self_type: &Type,
    owner: &str,
    members: &mut Members,
) -> Result<()> {
    let field: Ident = attribute.parse_args()?;
    let ident = &item.sig.ident;
    let cfgs = cfgs(&item.attrs);
    let inputs = function::inputs(&mut item.sig.clone(), field != "new")?;
    let receiver = match &inputs.receiver {
        Some(receiver) => Some(function::receiver_kind(receiver, Some(self_type))?),
        None => None,
    };
    let this = match &receiver {
        Some(ReceiverKind::Ref(payload)) => {
            quote!(::pvm_vm::native::instance::<#payload>(vm, this, #owner, stringify!(#field))?)
        }
        Some(ReceiverKind::Payload) => {
            quote!(&**::pvm_vm::native::instance::<#self_type>(vm, this, #owner, stringify!(#field))?)
        }
        _ if inputs.takes_vm => {
            members
                .slots
                .push(quote!(#(#cfgs)* slots.#field.set(::std::option::Option::Some(<#self_type>::#ident));));
            return Ok(());
        }
        _ => quote!(this),
    };
    // An adapter: the function leaves out the vm, or takes its object typed.
    let types =
        item.sig.inputs.iter().skip(usize::from(inputs.takes_vm) + usize::from(receiver.is_some())).map(
            |i| match i {
                FnArg::Typed(typed) => function::without_self(typed.ty.to_token_stream(), Some(self_type)),
                FnArg::Receiver(r) => r.to_token_stream(),
            },
        );
    let types: Vec<TokenStream> = types.collect();
    let names: Vec<Ident> = (0..types.len()).map(|i| format_ident!("argument_{i}")).collect();
    let result = match &item.sig.output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, ty) => function::without_self(ty.to_token_stream(), Some(self_type)),
    };
    let vm = if inputs.takes_vm { quote!(vm,) } else { TokenStream::new() };
    members.slots.push(quote! {
        #(#cfgs)*
        {
            fn adapter(vm: &mut ::pvm_vm::vm::Vm, this: &::pvm_vm::object::Value #(, #names: #types)*) -> #result {
                let _ = &vm;
                let this = #this;
                <#self_type>::#ident(#vm this #(, #names)*)
            }
            slots.#field.set(::std::option::Option::Some(adapter));
        }
    });
    Ok(())
}

fn generate(
    options: &Options,
    block: &ItemImpl,
    self_type: &Type,
    name: &str,
    members: &Members,
) -> TokenStream {
    let methods = &members.methods;
    let slots = &members.slots;
    let getsets = members.properties.iter().map(|p| {
        let Property { name, get, set, doc, cfgs } = p;
        let optional = |f: &Option<TokenStream>| match f {
            Some(f) => quote!(::std::option::Option::Some(#f)),
            None => quote!(::std::option::Option::None),
        };
        let (get, set) = (optional(get), optional(set));
        quote!(#(#cfgs)* ::pvm_vm::native::GetSetDef { name: #name, get: #get, set: #set, doc: #doc })
    });
    let getsets = quote!(&[#(#getsets),*]);
    let lints = quote!(#[allow(unused_qualifications, unused_variables, clippy::all, missing_docs, reason = "one form for all that is generated")]);
    if let Some(part) = &options.part {
        return quote! {
            #lints
            impl #self_type {
                pub(crate) const #part: ::pvm_vm::native::Part = ::pvm_vm::native::Part {
                    methods: &[#(#methods),*],
                    getsets: #getsets,
                    slots: { fn slots(slots: &::pvm_vm::object::slots::Slots) { #(#slots)* } slots },
                };
            }
        };
    }
    let module = options.module.clone().unwrap_or_else(|| "builtins".into());
    let doc = options.doc.clone().unwrap_or_else(|| doc_comment(&block.attrs));
    let flags = match &options.flags {
        Some(flags) => quote!(#flags),
        None => quote!(0),
    };
    let base = match &options.base {
        Some(base) => quote!(#base),
        None => quote!({
            let _ = vm;
            ::pvm_vm::interp::current().types().object.clone()
        }),
    };
    let extend = options.extend.as_ref().map(|path| {
        quote! {
            fn extend(vm: &mut ::pvm_vm::vm::Vm, class: &::pvm_vm::object::Ref<::pvm_vm::object::Class>) -> ::pvm_vm::vm::PyResult<()> {
                (#path)(vm, class)
            }
        }
    });
    let payload = options.payload.as_ref().unwrap_or(self_type);
    let accepts = match &options.accepts {
        Some(path) => quote!((#path)(value)),
        None => quote!(value.holds::<#payload>()),
    };
    let parts = &options.parts;
    let (methods, getsets) = if parts.is_empty() {
        (quote!(&[#(#methods),*]), getsets)
    } else {
        let parts = quote!(&[#(<#self_type>::#parts),*]);
        (
            quote!({
                const OWN: &[::pvm_vm::native::FunctionDef] = &[#(#methods),*];
                const PARTS: &[::pvm_vm::native::Part] = #parts;
                const ALL: [::pvm_vm::native::FunctionDef; ::pvm_vm::native::count_methods(OWN, PARTS)] =
                    ::pvm_vm::native::all_methods(OWN, PARTS);
                &ALL
            }),
            quote!({
                const OWN: &[::pvm_vm::native::GetSetDef] = #getsets;
                const PARTS: &[::pvm_vm::native::Part] = #parts;
                const ALL: [::pvm_vm::native::GetSetDef; ::pvm_vm::native::count_getsets(OWN, PARTS)] =
                    ::pvm_vm::native::all_getsets(OWN, PARTS);
                &ALL
            }),
        )
    };
    quote! {
        #lints
        impl ::pvm_vm::native::NativeType for #self_type {
            const NAME: &'static str = #name;
            const MODULE: &'static str = #module;
            const DOC: &'static str = #doc;
            const FLAGS: u32 = #flags;
            const METHODS: &'static [::pvm_vm::native::FunctionDef] = #methods;
            const GETSETS: &'static [::pvm_vm::native::GetSetDef] = #getsets;
            fn base(vm: &mut ::pvm_vm::vm::Vm) -> ::pvm_vm::object::Ref<::pvm_vm::object::Class> { #base }
            fn slots(slots: &::pvm_vm::object::slots::Slots) {
                #(#slots)*
                #((<#self_type>::#parts.slots)(slots);)*
            }
            #extend
            fn accepts(value: &::pvm_vm::object::Value) -> bool { #accepts }
        }
    }
}
