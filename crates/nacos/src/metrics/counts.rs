//! Counts made while requests are served.

use std::time::Duration;

use prometheus_client::{
    metrics::{
        counter::Counter,
        family::{Family, MetricConstructor},
        histogram::Histogram,
    },
    registry::{Registry, Unit},
};

use crate::{Point, control::Verdict, grpc::kind::Kind, http::HttpMetrics};

type Labels = Vec<(&'static str, String)>;

/// Upper bounds of the time buckets, in seconds.
const BUCKETS: [f64; 12] =
    [0.0001, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0];

#[derive(Debug, Clone, Copy)]
struct Times;

impl MetricConstructor<Histogram> for Times {
    fn new_metric(&self) -> Histogram {
        Histogram::new(BUCKETS)
    }
}

/// Counts of the wire.
///
/// - `grpc_server_requests_seconds{requestClass,success,errorCode,throwableClass,module}`:
///   unary requests and how long they took.
/// - `nacos_timer_seconds{module="config",name="readConfigRt"|"writeConfigRt"}`.
/// - `nacos_exception_total{module,name}`: requests that were refused.
/// - `seawall_nacos_over_limit_total{point,mode}`: operations over their limit.
///
/// Gauges (`nacos_monitor{module,name}` and others) are read when they are asked for.
#[derive(Debug, Clone)]
pub struct NacosMetrics {
    requests: Family<Labels, Histogram, Times>,
    /// Of each kind, the requests that went well: found without hashing labels.
    successes: Vec<Histogram>,
    timers: Family<Labels, Histogram, Times>,
    read_config: Histogram,
    write_config: Histogram,
    exceptions: Family<Labels, Counter>,
    over_limit: Family<Labels, Counter>,
    pub(crate) config_reads: Counter,
    pub(crate) config_writes: Counter,
    pub(crate) http: HttpMetrics,
}

impl Default for NacosMetrics {
    fn default() -> Self {
        let requests = Family::new_with_constructor(Times);
        let successes = Kind::ALL
            .iter()
            .map(|kind| of(&requests, request_labels(kind.request(), kind.module(), 0)))
            .collect();
        let timers = Family::new_with_constructor(Times);
        Self {
            successes,
            requests,
            read_config: of(&timers, named("config", "readConfigRt")),
            write_config: of(&timers, named("config", "writeConfigRt")),
            timers,
            exceptions: Family::default(),
            over_limit: Family::default(),
            config_reads: Counter::default(),
            config_writes: Counter::default(),
            http: HttpMetrics::default(),
        }
    }
}

fn of(family: &Family<Labels, Histogram, Times>, labels: Labels) -> Histogram {
    family.get_or_create(&labels).clone()
}

fn named(module: &str, name: &str) -> Labels {
    vec![("module", module.to_owned()), ("name", name.to_owned())]
}

fn request_labels(request: &str, module: &str, code: i32) -> Labels {
    vec![
        ("requestClass", request.to_owned()),
        ("success", (code == 0).to_string()),
        ("errorCode", code.to_string()),
        ("throwableClass", "None".to_owned()),
        ("module", module.to_owned()),
    ]
}

impl NacosMetrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        let seconds = || Unit::Seconds;
        registry.register_with_unit(
            "grpc_server_requests",
            "Unary gRPC requests",
            seconds(),
            self.requests.clone(),
        );
        registry.register_with_unit(
            "nacos_timer",
            "Time of configuration reads and writes",
            seconds(),
            self.timers.clone(),
        );
        registry.register("nacos_exception", "Requests refused", self.exceptions.clone());
        self.http.register(registry);
        registry.register(
            "seawall_nacos_over_limit",
            "Operations over their limit",
            self.over_limit.clone(),
        );
    }

    /// A unary request was answered with `code` after `took`.
    pub(crate) fn request(&self, kind: Option<Kind>, code: i32, took: Duration) {
        let took = took.as_secs_f64();
        match (kind, code) {
            (Some(kind), 0) => {
                if let Some(times) = self.successes.get(kind as usize) {
                    times.observe(took);
                }
            }
            // Type names that nobody knows are not made into labels.
            (kind, code) => {
                let request = kind.map_or("unknown", Kind::request);
                let module = kind.map_or("unknown", Kind::module);
                of(&self.requests, request_labels(request, module, code)).observe(took);
                self.refused(module, code);
            }
        }
        match kind {
            Some(Kind::ConfigQuery) => self.config_read(took),
            Some(Kind::ConfigPublish | Kind::ConfigRemove) => self.config_written(took),
            _ => {}
        }
    }

    fn refused(&self, module: &str, code: i32) {
        let name = if code == 400 { "illegalArgument" } else { "nacos" };
        self.exceptions.get_or_create(&named(module, name)).inc();
    }

    pub(crate) fn config_read(&self, seconds: f64) {
        self.config_reads.inc();
        self.read_config.observe(seconds);
    }

    pub(crate) fn config_written(&self, seconds: f64) {
        self.config_writes.inc();
        self.write_config.observe(seconds);
    }

    /// An operation went over its limit.
    pub(crate) fn over_limit(&self, point: Point, verdict: Verdict) {
        let mode = match verdict {
            Verdict::Within => return,
            Verdict::Monitored => "monitor",
            Verdict::Refused => "intercept",
        };
        let labels = vec![("point", point.to_string()), ("mode", mode.to_owned())];
        self.over_limit.get_or_create(&labels).inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_labels_are_those_of_nacos() {
        let metrics = NacosMetrics::default();
        metrics.request(Some(Kind::ServiceQuery), 0, Duration::from_millis(2));
        metrics.request(None, 302, Duration::ZERO);
        metrics.over_limit(Point::ConfigQuery, Verdict::Refused);
        let mut registry = Registry::default();
        metrics.register(&mut registry);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        for line in [
            r#"grpc_server_requests_seconds_count{requestClass="ServiceQueryRequest",success="true",errorCode="0",throwableClass="None",module="naming"} 1"#,
            r#"grpc_server_requests_seconds_count{requestClass="unknown",success="false",errorCode="302",throwableClass="None",module="unknown"} 1"#,
            r#"nacos_exception_total{module="unknown",name="nacos"} 1"#,
            r#"nacos_timer_seconds_count{module="config",name="readConfigRt"} 0"#,
            r#"seawall_nacos_over_limit_total{point="ConfigQuery",mode="intercept"} 1"#,
        ] {
            assert!(text.contains(line), "{line}\nis not in\n{text}");
        }
    }
}
