//! What exception objects do: construction, attributes, printing.

pub mod unraisable;
