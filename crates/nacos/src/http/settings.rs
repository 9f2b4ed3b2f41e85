//! What can be set about the HTTP API.

use std::net::IpAddr;

use http::HeaderMap;
use serde::Deserialize;

use super::dispatch;

/// Settings of the HTTP API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSettings {
    /// Addresses of proxies whose `X-Forwarded-For` or `X-Real-IP` header is believed.
    /// Default: none, so a request comes from where its connection comes from. Gray
    /// releases by address and limits by address go by this.
    pub trusted_proxies: Vec<IpAddr>,
    /// What `/nacos/serverlist` answers, as `host:port` each. Default: empty, which
    /// answers with the address the request arrived at.
    pub server_list: Vec<String>,
}

impl HttpSettings {
    /// Where a request with these headers comes from that arrived on a connection from `peer`.
    pub fn source(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trusted_proxies.contains(&peer) {
            return peer;
        }
        dispatch::forwarded(headers).unwrap_or(peer).to_canonical()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_say_where_a_request_comes_from() {
        let proxy: IpAddr = [10, 0, 0, 1].into();
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "6.6.6.6, 1.2.3.4".parse().unwrap());
        assert_eq!(HttpSettings::default().source(proxy, &headers), proxy);
        let trusting = HttpSettings { trusted_proxies: vec![proxy], ..HttpSettings::default() };
        assert_eq!(trusting.source(proxy, &headers), IpAddr::from([1, 2, 3, 4]));
        assert_eq!(trusting.source(proxy, &HeaderMap::new()), proxy);
        assert_eq!(trusting.source([9, 9, 9, 9].into(), &headers), IpAddr::from([9, 9, 9, 9]));
    }
}
