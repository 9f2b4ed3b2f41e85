//! What the machine says of itself, on machines of paper.

mod arming;
mod broken;
mod machine;
mod peers;
mod shapes;
