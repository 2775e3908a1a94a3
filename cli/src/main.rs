//! The command line of pvm.

fn main() {
    eprintln!("pvm: nothing to run yet");
    std::process::exit(2);
}
