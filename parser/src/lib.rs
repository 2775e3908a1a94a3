//! Python 3.12 tokens to a syntax tree.
