//! `types.GenericAlias` objects (`list[int]`): the storage. Methods are in `types/generic_alias_methods`.

use crate::interp;
use crate::object::{Ref, Value};
use crate::types::tuple::Tuple;
use std::cell::RefCell;

/// A parametrised generic.
pub struct GenericAlias {
    /// `__origin__`
    pub origin: Value,
    /// `__args__`
    pub args: Ref<Tuple>,
    /// `__parameters__`, computed when first asked for.
    pub parameters: RefCell<Option<Ref<Tuple>>>,
    /// `*tuple[int]`
    pub starred: bool,
}

crate::payload!(
    GenericAlias,
    "types.GenericAlias",
    |g, visit| {
        visit(&g.origin);
        visit(g.args.as_value());
        g.parameters.borrow().iter().for_each(|p| visit(p.as_value()));
    },
    |_g| ()
);

impl GenericAlias {
    /// `origin[args]`; a single argument becomes a tuple.
    pub fn new(origin: Value, args: Value) -> Ref<GenericAlias> {
        let args = match args.downcast_ref::<Tuple>() {
            Some(tuple) => tuple.clone(),
            None => Tuple::new([args]),
        };
        let alias = GenericAlias { origin, args, parameters: RefCell::new(None), starred: false };
        Ref::new(alias, &interp::current().types().generic_alias)
    }
}
