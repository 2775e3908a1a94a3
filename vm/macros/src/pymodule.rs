//! `#[pymodule] mod name { … }` and lone `#[pyfunction]`s.

use crate::function::{self, Context, Receiver};
use crate::options::{FunctionOptions, Pairs, cfgs, doc_comment, pairs_of, take};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Error, Ident, Item, ItemFn, ItemMod, Result, parse_quote};

/// Expands `#[pymodule]`.
pub fn expand(pairs: Pairs, mut module: ItemMod) -> Result<TokenStream> {
    let mut name = module.ident.to_string();
    let mut doc = None;
    for pair in pairs.0 {
        match pair.name.to_string().as_str() {
            "name" => name = pair.text()?.value(),
            "doc" => doc = Some(pair.text()?.value()),
            _ => return Err(pair.unknown("pymodule", "name and doc")),
        }
    }
    let mut doc = doc.unwrap_or_else(|| doc_comment(&module.attrs));
    let Some((_, items)) = &mut module.content else {
        return Err(Error::new_spanned(
            &module,
            "#[pymodule] stands on a module with a body: `mod math_module { … }`",
        ));
    };
    if doc.is_empty() {
        // Inner `//!` comments come as attributes of the module as well; where there is none, say nothing.
        doc = String::new();
    }
    // What `builtins` holds is named without the module.
    let owner = if name == "builtins" { String::new() } else { name.clone() };
    let mut functions = Vec::new();
    let mut has_init = false;
    for item in items.iter_mut() {
        let Item::Fn(item) = item else { continue };
        if item.sig.ident == "init" {
            has_init = true;
        }
        let Some(attribute) = take(&mut item.attrs, "pyfunction") else { continue };
        let options = FunctionOptions::new("pyfunction", pairs_of(&attribute)?)?;
        let cfgs = cfgs(&item.attrs);
        let def = definition(item, &options, &owner)?;
        functions.push(quote!(#(#cfgs)* #def));
    }
    let init = if has_init {
        quote!(init)
    } else {
        quote!({
            fn nothing(
                _vm: &mut ::pvm_vm::vm::Vm,
                _module: &::pvm_vm::object::Ref<::pvm_vm::types::module::Module>,
            ) -> ::pvm_vm::vm::PyResult<()> {
                ::std::result::Result::Ok(())
            }
            nothing
        })
    };
    let text = format!("The module `{name}`.");
    let definition: Item = parse_quote! {
        #[doc = #text]
        #[allow(unused_qualifications, unused_variables, clippy::all, reason = "one form for all that is generated")]
        pub static MODULE: ::pvm_vm::native::ModuleDef = ::pvm_vm::native::ModuleDef {
            name: #name,
            doc: #doc,
            functions: &[#(#functions),*],
            init: #init,
        };
    };
    items.push(definition);
    Ok(quote!(#module))
}

/// Expands a lone `#[pyfunction]`.
pub fn expand_function(pairs: Pairs, mut item: ItemFn) -> Result<TokenStream> {
    let options = FunctionOptions::new("pyfunction", pairs.0)?;
    let owner = options.module.clone().unwrap_or_default();
    let cfgs = cfgs(&item.attrs);
    let def = definition(&mut item, &options, &owner)?;
    let plain = function::python_name_of_function(&item.sig.ident);
    let constant = Ident::new(&format!("{}_DEF", plain.to_uppercase()), Span::call_site());
    let text = format!("The declaration of [`{plain}`].");
    let visibility = &item.vis;
    Ok(quote! {
        #item
        #[doc = #text]
        #[allow(unused_qualifications, unused_variables, clippy::all, reason = "one form for all that is generated")]
        #(#cfgs)*
        #visibility const #constant: ::pvm_vm::native::FunctionDef = #def;
    })
}

fn definition(item: &mut ItemFn, options: &FunctionOptions, owner: &str) -> Result<TokenStream> {
    let ident = item.sig.ident.clone();
    let context = Context { self_type: None, owner, receiver: Receiver::Function };
    let attributes = item.attrs.clone();
    function::function_def(&mut item.sig, &attributes, &quote!(#ident), options, &context)
}
