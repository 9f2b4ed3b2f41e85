//! sentinel-core: an entry and its exit.

use std::{hint::black_box, sync::Arc};

use sentinel_core::{
    EntryBuilder,
    base::TrafficType,
    circuitbreaker::{self, BreakerStrategy},
    flow,
};

use crate::timing::{Row, measure};

pub(crate) fn rows() -> Vec<Row> {
    if let Err(error) = sentinel_core::init_default() {
        eprintln!("sentinel-core: {error}");
        return Vec::new();
    }
    let limit = |resource: &str| {
        Arc::new(flow::Rule {
            resource: resource.into(),
            threshold: 1e9,
            calculate_strategy: flow::CalculateStrategy::Direct,
            control_strategy: flow::ControlStrategy::Reject,
            ..flow::Rule::default()
        })
    };
    flow::load_rules(vec![limit("flow"), limit("full")]);
    circuitbreaker::load_rules(vec![Arc::new(circuitbreaker::Rule {
        resource: "full".into(),
        threshold: 0.5,
        retry_timeout_ms: 5_000,
        min_request_amount: 10,
        stat_interval_ms: 10_000,
        strategy: BreakerStrategy::ErrorRatio,
        ..circuitbreaker::Rule::default()
    })]);
    vec![
        measure("sentinel-core 0.1.3, entry, no rule", None, |_| enter("bare")),
        measure("sentinel-core 0.1.3, entry, a flow rule", None, |_| enter("flow")),
        measure("sentinel-core 0.1.3, entry, flow and breaker", None, |_| enter("full")),
    ]
}

fn enter(resource: &str) {
    let entry = EntryBuilder::new(resource.into()).with_traffic_type(TrafficType::Inbound).build();
    if let Ok(entry) = black_box(entry) {
        entry.exit();
    }
}
