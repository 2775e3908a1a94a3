//! What exception objects do: construction, attributes, printing.

pub mod group;
pub mod unraisable;
