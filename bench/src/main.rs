//! Open-loop load over the real wires, one process, for `cargo xtask bench`.

fn main() {}
