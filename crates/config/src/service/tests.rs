//! Scenarios of the whole service on a store in memory.

mod archives;
mod faults;
mod histories;
mod listening;
mod publishing;
mod restoring;
mod world;
