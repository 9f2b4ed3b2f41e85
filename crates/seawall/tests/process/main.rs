//! The binary as a process: what it refuses, what it prints, how it stops.

mod apply;
mod import;
mod lifecycle;
mod node;
mod refusals;
