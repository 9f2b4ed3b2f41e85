//! Long polling: waiting until one of many items is not what the client has.

use std::{sync::Arc, time::Duration};

use http::HeaderName;
use seawall_config::{Caller, Changed, Listen};
use seawall_identity::Action;
use seawall_net::ConnectionId;

use crate::http::{call::Call, fault::Fault, guard::Admitted, listening, state::Http};

/// How long the client is willing to wait, in milliseconds.
const TIMEOUT: HeaderName = HeaderName::from_static("long-pulling-timeout");
/// Set to `true` by a client that wants an answer at once.
const NO_HANGUP: HeaderName = HeaderName::from_static("long-pulling-timeout-no-hangup");
/// The client's version, by which old ones are answered in headers.
const CLIENT_VERSION: HeaderName = HeaderName::from_static("client-version");

/// How much earlier than asked the answer comes, so that it arrives in time.
const EARLY: Duration = Duration::from_millis(500);
/// No poll is answered "nothing new" sooner than this.
const WAIT_MIN: Duration = Duration::from_secs(10);
/// Nor later than this, whatever the client asks.
const WAIT_MAX: Duration = Duration::from_secs(120);
/// The first version, as a number, that reads the body.
const BODY_SINCE: u32 = 204;

/// What a client listens to.
pub(crate) struct Poll {
    items: Vec<Listen>,
    connection: ConnectionId,
    caller: Caller,
    wait: Option<Duration>,
    in_headers: bool,
    admitted: Admitted,
}

impl Poll {
    /// Keeps nothing of the request but the items.
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let records = call.params.take("Listening-Configs").unwrap_or_default();
        if records.trim().is_empty() {
            return Err(Fault::invalid("invalid probeModify"));
        }
        let wait = call.header(&TIMEOUT).map(wait).transpose()?;
        let at_once = call.header(&NO_HANGUP).is_some_and(|text| text.eq_ignore_ascii_case("true"));
        Ok(Self {
            items: listening::parse(&records)?,
            connection: call.connection,
            caller: call.caller(),
            in_headers: wait.is_none() && reads_headers(call),
            wait: wait.filter(|_| !at_once),
            admitted: call.admitted.clone(),
        })
    }
}

fn wait(text: &str) -> Result<Duration, Fault> {
    let asked: u64 =
        text.parse().map_err(|_| Fault::invalid("header Long-Pulling-Timeout is not a number"))?;
    let asked = Duration::from_millis(asked);
    Ok(asked.saturating_sub(EARLY).clamp(WAIT_MIN, WAIT_MAX))
}

/// Whether the client is too old to read the body of an answer that did not wait.
fn reads_headers(call: &Call) -> bool {
    let version = call.header(&CLIENT_VERSION).unwrap_or_default();
    let digits: String = version.chars().filter(char::is_ascii_digit).take(3).collect();
    let numeric = version.starts_with(|c: char| c.is_ascii_digit());
    numeric && digits.parse::<u32>().is_ok_and(|number| number < BODY_SINCE)
}

/// What changed, and where the client looks for it.
#[derive(Debug)]
pub(crate) struct News {
    pub(crate) changed: Vec<Changed>,
    pub(crate) in_headers: bool,
}

/// Waits for news; none when the time is up.
///
/// # Errors
///
/// When one of the items is not the caller's to read, or the polls of the connection
/// hold too many.
pub(crate) async fn poll(http: Arc<Http>, input: Poll) -> Result<News, Fault> {
    let Poll { items, connection, caller, wait, in_headers, admitted } = input;
    for item in &items {
        admitted.may_config(&http, Action::Read, &item.key)?;
    }
    drop(admitted);
    let _waiting = http.metrics.http.waiting();
    let wait = wait.unwrap_or_default();
    let changed = http.configs.wait_changed(connection.get(), &caller, items, wait).await?;
    Ok(News { changed, in_headers })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_is_answered_half_a_second_early_but_not_under_ten_seconds() {
        let table = [("30000", 29_500), ("10000", 10_000), ("1", 10_000), ("9999999", 120_000)];
        for (header, millis) in table {
            assert_eq!(wait(header).unwrap(), Duration::from_millis(millis), "{header}");
        }
        assert!(wait("soon").is_err());
    }
}
