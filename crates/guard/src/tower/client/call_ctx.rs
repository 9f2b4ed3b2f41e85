//! What is known of a request beside its method, headers and body.

use http::{HeaderMap, HeaderValue, request::Parts};

use crate::{
    admit::{Ctx, Priority},
    retry::{
        DeadlineSettings, Repeat,
        wire::{RequestHeaders, Sender},
    },
    time::Instant,
};

/// What is known of a request beside its method, headers and body, as an extension of it.
///
/// [`GuardLayer`](crate::tower::GuardLayer) gives it to each request that it admits, and a
/// client's layer takes it from each request that it sends: so a handler that copies it
/// from the request it serves to those it sends passes on its deadline, its priority, and
/// that somebody further out retries it already.
///
/// ```
/// use http::Request;
/// use seawall_guard::{retry::Repeat, tower::client::CallCtx};
///
/// # let serving: Request<()> = Request::default();
/// let mut sending = Request::post("http://stock/reserve").body("{}")?;
/// let ctx = serving.extensions().get::<CallCtx>().copied().unwrap_or_default();
/// // The stock keeps the request's id and does not reserve twice.
/// sending.extensions_mut().insert(ctx.repeat(Repeat::Safe));
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallCtx {
    /// When whoever asked stops waiting, on the clock of the guards and clients of this
    /// process. `None`: the client's settings say.
    pub deadline: Option<Instant>,
    /// How much it matters. `None`: the default class.
    pub priority: Option<Priority>,
    /// How many attempts somebody further out made before this one.
    pub previous_attempts: u8,
    /// Whether it may be acted on twice. `None`: its method says, and a call of gRPC,
    /// where each is a POST, may not.
    pub repeat: Option<Repeat>,
}

impl CallCtx {
    /// With a moment after which nobody waits for the answer.
    #[must_use]
    pub const fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// With a priority.
    #[must_use]
    pub const fn priority(mut self, priority: Priority) -> Self {
        self.priority = Some(priority);
        self
    }

    /// With a word on whether it may be acted on twice, whatever its method.
    #[must_use]
    pub const fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = Some(repeat);
        self
    }

    /// What is known of a request that is about to be sent. Its own headers count too, as
    /// this process wrote them (so does `tonic` for a timeout); of two deadlines the
    /// earlier one, and a priority of an extension before that of a header.
    pub(super) fn of_sending(parts: &Parts) -> (Self, RequestHeaders) {
        let ctx = parts.extensions.get::<Self>().copied().unwrap_or_default();
        let headers: &HeaderMap = &parts.headers;
        let said = RequestHeaders::read(Sender::Trusted, |name| {
            headers.get(name).map(HeaderValue::as_bytes)
        });
        (ctx, said)
    }

    /// What a guard and a policy are told of it.
    pub(super) fn ctx(
        &self,
        said: &RequestHeaders,
        deadlines: &DeadlineSettings,
        now: Instant,
    ) -> Ctx<'static> {
        let deadline = deadlines.of_request(now, said.timeout);
        Ctx::default()
            .deadline(self.deadline.map_or(deadline, |own| own.min(deadline)))
            .priority(self.priority.or(said.priority).unwrap_or_default())
            .previous_attempts(self.previous_attempts.max(said.previous_attempts))
    }
}
