//! The table of controllers: `cargo test -p seawall-guard --test scenarios -- --nocapture
//! overload_table`.

use std::{rc::Rc, sync::Arc};

use seawall_guard::{
    Instant,
    limit::{AlgorithmSettings, ConcurrencyLimit, LimitSettings},
};

use crate::{
    overload::world::{Bound, Retries, Step, recovery, settled},
    sim::{
        Deadlines, Door, OpenDoor, OurDoor, Report,
        models::{Dagor, GoZero, StaticCap},
        ms,
    },
};

type MakeDoor = fn() -> Rc<dyn Door>;

fn limit(algorithm: AlgorithmSettings) -> Rc<dyn Door> {
    let settings = LimitSettings { algorithm, ..LimitSettings::default() };
    Rc::new(Arc::new(ConcurrencyLimit::new(&settings, Instant::START).unwrap()))
}

fn ours() -> Rc<dyn Door> {
    Rc::new(OurDoor::default())
}

const ROWS: [(&str, MakeDoor, Deadlines); 13] = [
    ("shedder", ours, Deadlines::Known),
    ("shedder, no deadlines known", ours, Deadlines::Unknown),
    ("shedder, cancel at deadline", ours, Deadlines::Enforced),
    ("adaptive", || limit(AlgorithmSettings::default()), Deadlines::Unknown),
    ("vegas", || limit(AlgorithmSettings::Vegas(Default::default())), Deadlines::Unknown),
    ("gradient2", || limit(AlgorithmSettings::Gradient2(Default::default())), Deadlines::Unknown),
    ("none", || Rc::new(OpenDoor), Deadlines::Unknown),
    ("static cap 16", || Rc::new(StaticCap::new(16)), Deadlines::Unknown),
    ("go-zero", || Rc::new(GoZero::new()), Deadlines::Unknown),
    ("go-zero, CPU beta 0.6", || Rc::new(GoZero::with_cpu_beta(0.6)), Deadlines::Unknown),
    ("DAGOR", || Rc::new(Dagor::new(ms(10))), Deadlines::Unknown),
    ("none, cancel at deadline", || Rc::new(OpenDoor), Deadlines::Enforced),
    ("go-zero, cancel at deadline", || Rc::new(GoZero::new()), Deadlines::Enforced),
];

/// Goodput in per cent of the capacity, and the 99th percentile of successes.
fn cell(report: &Report, bound: Bound) -> String {
    let goodput = report.goodput(settled()) / bound.capacity() * 100.0;
    format!("{goodput:.0} ({} ms)", report.latency(0.99, settled()).as_millis())
}

#[test]
fn overload_table() {
    println!(
        "| controller | 1.2x | 2x | 5x | 10x | 10x, 3 attempts | 10x, budget 10% | recovery |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (name, door, deadlines) in ROWS {
        let run = |times, retries| {
            let step = Step { retries, deadlines, ..Step::of(Bound::Cpu, times) };
            step.run(door()).0
        };
        let tenfold = run(10.0, Retries::None);
        let recovery = recovery(&tenfold).map_or("never".into(), |after| format!("{after} s"));
        let cells = [
            run(1.2, Retries::None),
            run(2.0, Retries::None),
            run(5.0, Retries::None),
            tenfold,
            run(10.0, Retries::Free),
            run(10.0, Retries::Budget),
        ];
        let cells = cells.map(|report| cell(&report, Bound::Cpu)).join(" | ");
        println!("| {name} | {cells} | {recovery} |");
    }
}
