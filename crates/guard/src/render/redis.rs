//! A refusal in the protocol of Redis.

use std::time::Duration;

use super::Message;
use crate::admit::{Rejected, Rejection};

/// Puts a whole error line behind what is in `to` (redis.io/docs/latest/develop/reference/protocol-spec,
/// "Simple errors").
///
/// The word before the text is `BUSY`, which client libraries hand to their callers.
/// `TRYAGAIN`, `LOADING` and `CLUSTERDOWN` would say as much, but several libraries ask
/// again by themselves at each of them (redis/go-redis, `shouldRetry` in `error.go`: three
/// times, 8 to 512 ms apart), and an overload is no better for four times the load.
/// `TRYAGAIN` is only said of a rate that has room again within 100 ms.
pub fn write_line(rejection: &Rejection, to: &mut Vec<u8>) {
    to.extend_from_slice(prefix(rejection));
    Message(rejection).write(to);
    to.extend_from_slice(b"\r\n");
}

const SOON: Duration = Duration::from_millis(100);

fn prefix(rejection: &Rejection) -> &'static [u8] {
    let soon = !rejection.retry_after.is_zero() && rejection.retry_after <= SOON;
    match rejection.reason {
        Rejected::NotAllowed => b"-NOPERM ",
        Rejected::RateLimited if soon => b"-TRYAGAIN ",
        _ => b"-BUSY ",
    }
}
