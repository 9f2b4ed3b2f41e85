//! What stands beside what.

/// An operation of ours beside one of a peer, by their names: a bench and what it did,
/// and what the peer's did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    /// The bench of ours.
    pub(crate) bench: &'static str,
    /// What it did.
    pub(crate) what: &'static str,
    /// The project whose operation it is.
    pub(crate) of: &'static str,
    /// What the peer's did.
    pub(crate) peer: &'static str,
}

const fn pair(
    bench: &'static str,
    what: &'static str,
    of: &'static str,
    peer: &'static str,
) -> Pair {
    Pair { bench, what, of, peer }
}

/// Peers read the clock inside; where ours is given the time, that is in the favour of
/// ours, and `the clock, read` in bench `stack` says how much it is.
pub(crate) const PAIRS: [Pair; 30] = [
    pair("breaker", "sre, answered", "recloser", "recloser 1.4.0, call"),
    pair("breaker", "sre, answered", "failsafe", "failsafe 1.3.0, call"),
    pair("breaker", "sre, answered", "go-zero", "GoZeroBreakerDo"),
    pair("breaker", "sre, answered", "go-zero", "GoZeroBreakerAllow"),
    pair("breaker", "sre, answered", "go-zero", "GoogleBreakerAllow"),
    pair("breaker", "sre, answered", "go-zero", "GoogleBreakerDoReq"),
    pair("breaker", "classic, answered", "sentinel-golang", "SentinelEntryBreaker"),
    pair("rate", "RateLimit, passes", "governor", "governor 0.10.4, direct, passes"),
    pair("rate", "RateLimit, passes", "tower", "tower 0.5.3, RateLimit in a mutex"),
    pair("rate", "RateLimit, passes", "sentinel-core", "sentinel-core 0.1.3, entry, a flow rule"),
    pair("rate", "RateLimit, passes", "sentinel-golang", "SentinelEntryFlow"),
    pair("rate", "RateLimit, refuses", "governor", "governor 0.10.4, direct, refuses"),
    pair(
        "rate",
        "KeyedRateLimit, 10,000 numbers",
        "governor",
        "governor 0.10.4, keyed, 10,000 numbers",
    ),
    pair("limit", "ConcurrencyLimit, passes", "tower", "tower 0.5.3, ConcurrencyLimit, cloned"),
    pair("limit", "ConcurrencyLimit, passes", "tower", "tower 0.5.3, LoadShed over it, cloned"),
    pair("retry", "RetryBudget, a request", "tower", "tower 0.5.3, retry budget, a request"),
    pair("stack", "Shedder, passes", "go-zero", "GoZeroShedderAllow"),
    pair("stack", "Shedder, passes", "go-zero", "AdaptiveShedder_Allow/low_load"),
    pair("stack", "Shedder, passes", "go-zero", "AdaptiveShedder_Allow/high_load"),
    pair("stack", "Guard, full server", "go-zero", "GoZeroBreakerAndShedder"),
    pair("stack", "Guard, full server", "sentinel-golang", "SentinelEntryFull"),
    pair("stack", "Guard, full server", "sentinel-golang", "SlotChain_Full_Global"),
    pair(
        "stack",
        "Guard, full server",
        "sentinel-core",
        "sentinel-core 0.1.3, entry, flow and breaker",
    ),
    pair("stack", "Guard::server()", "sentinel-golang", "SentinelEntryBare"),
    pair("stack", "Guard::server()", "sentinel-golang", "Entry_Concurrency_1"),
    pair("stack", "Guard::server()", "sentinel-core", "sentinel-core 0.1.3, entry, no rule"),
    pair("stack", "Guard::client()", "failsafe", "failsafe 1.3.0, call"),
    pair("stack", "Guard::client()", "recloser", "recloser 1.4.0, call"),
    pair("stack", "Guard::client()", "tower", "tower 0.5.3, LoadShed over it, cloned"),
    pair("stack", "Guard::client()", "go-zero", "GoZeroBreakerDo"),
];
