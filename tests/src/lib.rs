//! Everything that crosses the stages of pvm.
