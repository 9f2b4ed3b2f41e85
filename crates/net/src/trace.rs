//! Which request work is done for.

use std::cell::Cell;

use http::{HeaderMap, Request, uri::PathAndQuery};

tokio::task_local! {
    static CURRENT: Trace;
}

/// The trace of one request: what its log lines have in common. A door gives one to each
/// request; it costs next to nothing until something is logged.
///
/// The id is the caller's, from `traceparent` (W3C Trace Context, section 3.2.2.3), or a
/// random one.
#[derive(Debug, Clone)]
pub struct Trace {
    id: Cell<Option<u128>>,
    target: Option<PathAndQuery>,
}

impl Trace {
    pub(crate) fn of<B>(request: &Request<B>) -> Self {
        let id = Cell::new(caller_id(request.headers()));
        Self { id, target: request.uri().path_and_query().cloned() }
    }

    /// Calls `read` with the trace of the request that is being served, if one is.
    pub fn with_current(read: impl FnOnce(&Self)) {
        // Outside a request there is none.
        let _ = CURRENT.try_with(read);
    }

    /// Runs `work` for the request that is being served, also on another task.
    pub fn carried<F: Future + Send>(work: F) -> impl Future<Output = F::Output> + Send {
        let current = CURRENT.try_with(|trace| {
            trace.id();
            trace.clone()
        });
        async move {
            match current {
                Ok(trace) => trace.scope(work).await,
                Err(_) => work.await,
            }
        }
    }

    pub(crate) fn scope<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, work)
    }

    /// 32 hex digits as a number.
    pub fn id(&self) -> u128 {
        let id = self.id.get().unwrap_or_else(rand::random);
        self.id.set(Some(id));
        id
    }

    /// The request's path, without its parameters: they may hold secrets.
    pub fn path(&self) -> &str {
        self.target.as_ref().map_or("", PathAndQuery::path)
    }
}

/// The trace id of a valid `traceparent` header.
fn caller_id(headers: &HeaderMap) -> Option<u128> {
    let mut parts = headers.get("traceparent")?.to_str().ok()?.split('-');
    let (_version, id) = (parts.next()?, parts.next()?);
    let lower_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    let well_formed = id.len() == 32 && id.bytes().all(lower_hex);
    let number = u128::from_str_radix(id, 16).ok()?;
    (well_formed && number != 0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traced(value: &str) -> Trace {
        Trace::of(&Request::get("/a/b?password=c").header("traceparent", value).body(()).unwrap())
    }

    fn current() -> Option<(u128, String)> {
        let mut seen = None;
        Trace::with_current(|trace| seen = Some((trace.id(), trace.path().to_owned())));
        seen
    }

    #[test]
    fn a_callers_trace_goes_on() {
        let trace = traced("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        assert_eq!(trace.id(), 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        assert_eq!(trace.path(), "/a/b");
    }

    #[test]
    fn a_malformed_trace_is_not_taken_over() {
        for value in [
            "",
            "00",
            "00-xyz-1-01",
            "00-00000000000000000000000000000000-1-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-1-01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-1-01",
        ] {
            assert_eq!(traced(value).id.get(), None, "{value}");
        }
    }

    #[tokio::test]
    async fn a_trace_lasts_as_long_as_its_request_and_goes_where_work_goes() {
        assert_eq!(current(), None);
        let there = traced("").scope(async {
            let here = current();
            let elsewhere = tokio::spawn(Trace::carried(async { current() })).await.unwrap();
            assert!(here.is_some());
            assert_eq!(here, elsewhere);
            assert_eq!(tokio::spawn(async { current() }).await.unwrap(), None);
            here
        });
        assert!(there.await.is_some());
        assert_eq!(Trace::carried(async { current() }).await, None);
    }
}
