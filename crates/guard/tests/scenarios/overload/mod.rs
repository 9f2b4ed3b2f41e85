//! More requests than a server can serve.

mod calm;
mod capacity;
mod peers;
mod priorities;
mod steps;
mod table;
mod world;
