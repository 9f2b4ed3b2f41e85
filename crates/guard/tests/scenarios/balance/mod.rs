//! Endpoints that go wrong, one by one and by zones.

mod ejection;
mod fairness;
mod newcomer;
mod plain;
mod world;
mod zones;
