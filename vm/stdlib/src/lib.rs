//! Native modules of the Python standard library for pvm.
