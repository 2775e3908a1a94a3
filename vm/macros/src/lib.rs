//! Attribute macros that declare native types and modules of pvm.
