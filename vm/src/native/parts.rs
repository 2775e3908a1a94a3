//! Declarations of a type that stand in several files.

use super::{FunctionDef, GetSetDef, MethodKind, Signature};
use crate::object::slots::Slots;

/// One file's share of a type's declarations (`#[pymethods(part = …)]`).
pub struct Part {
    /// Methods, class methods and static methods.
    pub methods: &'static [FunctionDef],
    /// Computed attributes.
    pub getsets: &'static [GetSetDef],
    /// Fills slots.
    pub slots: fn(&Slots),
}

/// The number of methods of a type and its parts.
pub const fn count_methods(own: &[FunctionDef], parts: &[Part]) -> usize {
    let (mut count, mut i) = (own.len(), 0);
    while i < parts.len() {
        count += parts[i].methods.len();
        i += 1;
    }
    count
}

/// The methods of a type and its parts; `N` is their number.
pub const fn all_methods<const N: usize>(own: &[FunctionDef], parts: &[Part]) -> [FunctionDef; N] {
    const EMPTY: FunctionDef = FunctionDef {
        name: "",
        kind: MethodKind::StaticMethod,
        function: |_, _| Ok(crate::object::Value::NONE),
        signature: Signature { text: "", params: &[] },
        doc: "",
    };
    let mut all = [EMPTY; N];
    let (mut at, mut part) = (0, 0);
    while at < own.len() {
        all[at] = own[at];
        at += 1;
    }
    while part < parts.len() {
        let mut i = 0;
        while i < parts[part].methods.len() {
            all[at] = parts[part].methods[i];
            at += 1;
            i += 1;
        }
        part += 1;
    }
    all
}

/// The number of computed attributes of a type and its parts.
pub const fn count_getsets(own: &[GetSetDef], parts: &[Part]) -> usize {
    let (mut count, mut i) = (own.len(), 0);
    while i < parts.len() {
        count += parts[i].getsets.len();
        i += 1;
    }
    count
}

/// The computed attributes of a type and its parts; `N` is their number.
pub const fn all_getsets<const N: usize>(own: &[GetSetDef], parts: &[Part]) -> [GetSetDef; N] {
    let mut all = [GetSetDef { name: "", get: None, set: None, doc: "" }; N];
    let (mut at, mut part) = (0, 0);
    while at < own.len() {
        all[at] = own[at];
        at += 1;
    }
    while part < parts.len() {
        let mut i = 0;
        while i < parts[part].getsets.len() {
            all[at] = parts[part].getsets[i];
            at += 1;
            i += 1;
        }
        part += 1;
    }
    all
}
