//! One number.

use super::metric::{METRICS, Metric};
use crate::stack::{Guard, Snapshot};

/// Names and values.
pub type Labels<'a> = &'a [(&'static str, &'a str)];

/// One number of one guard.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    /// What it measures.
    pub metric: &'static Metric,
    /// What its name has behind the metric's: for a histogram `_bucket`, `_sum` or
    /// `_count`, else nothing.
    pub suffix: &'static str,
    /// What else tells it from other samples of the metric; the resource comes first.
    pub labels: Labels<'a>,
    /// The number.
    pub value: f64,
}

/// Gives every sample of some guards to `visit`; those of one metric come together, as
/// most formats want them.
///
/// ```
/// use seawall_guard::{Guard, GuardSettings, metrics};
///
/// let store = Guard::builder("mysql").settings(GuardSettings::client()).build()?;
/// let mut state = None;
/// metrics::each([&store], |sample| {
///     if sample.metric.name == "seawall_guard_breaker_state" && sample.value == 1.0 {
///         assert_eq!(sample.labels[0], ("resource", "mysql"));
///         state = Some(sample.labels[1].1.to_owned());
///     }
/// });
/// assert_eq!(state.as_deref(), Some("closed"));
/// # Ok::<(), seawall_guard::settings::InvalidSetting>(())
/// ```
pub fn each<'g>(guards: impl IntoIterator<Item = &'g Guard>, mut visit: impl FnMut(Sample<'_>)) {
    let guards: Vec<Snapshot> = guards.into_iter().map(Guard::snapshot).collect();
    for (metric, read) in &METRICS {
        for guard in &guards {
            read(guard, &mut |suffix, labels, value| {
                let resource = ("resource", &*guard.resource);
                match labels.first() {
                    Some(label) => {
                        visit(Sample { metric, suffix, labels: &[resource, *label], value });
                    }
                    None => visit(Sample { metric, suffix, labels: &[resource], value }),
                }
            });
        }
    }
}
