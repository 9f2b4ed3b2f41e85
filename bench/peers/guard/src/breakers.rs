//! Breakers around a call that answers. Both read the clock themselves.

use std::hint::black_box;

use failsafe::CircuitBreaker as _;
use recloser::Recloser;

use crate::timing::{Row, measure};

pub(crate) fn rows() -> Vec<Row> {
    let failsafe = failsafe::Config::new().build();
    let recloser = Recloser::default();
    vec![
        measure("failsafe 1.3.0, call", None, |number| {
            black_box(failsafe.call(|| Ok::<u64, ()>(black_box(number)))).ok();
        }),
        measure("recloser 1.4.0, call", None, |number| {
            black_box(recloser.call(|| Ok::<u64, ()>(black_box(number)))).ok();
        }),
    ]
}
