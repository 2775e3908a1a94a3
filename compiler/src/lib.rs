//! Python 3.12 syntax tree to code object.
