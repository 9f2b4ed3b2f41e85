//! One request, read and admitted, before an operation makes its input of it.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName};
use seawall_config::{Author, Caller};
use seawall_identity::Principal;
use seawall_net::ConnectionId;

use super::{body::Content, fault::Fault, generation::Generation, guard::Admitted, params::Params};

/// The header in which a client names its tag.
const TAG_HEADER: HeaderName = HeaderName::from_static("vipserver-tag");

/// A request whose parameters are merged and whose sender may ask for this.
pub(crate) struct Call {
    pub(crate) generation: Generation,
    pub(crate) params: Params,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
    /// Where the request comes from.
    pub(crate) source: IpAddr,
    /// The connection it came on.
    pub(crate) connection: ConnectionId,
    /// Where it arrived: this server's address as the client knows it.
    pub(crate) local: SocketAddr,
    pub(crate) admitted: Admitted,
}

impl Call {
    /// A header as text; `None` when absent, blank or not text.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        let text = self.headers.get(name)?.to_str().ok()?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// Who asks, as far as gray rules look at it.
    pub(crate) fn caller(&self) -> Caller {
        let caller = Caller::from_ip(self.source);
        match self.params.get("tag").or_else(|| self.header(&TAG_HEADER)) {
            Some(tag) => caller.with_tag(tag),
            None => caller,
        }
    }

    /// Who writes, for the history: the login, else who the request names.
    pub(crate) fn author(&self) -> Author {
        let principal = self.principal();
        let named = self.generation.config_names().author;
        let user = if principal.is_anonymous() {
            self.params.first(&[named, "username"]).unwrap_or_default()
        } else {
            principal.username()
        };
        Author { user: user.to_owned(), ip: self.source.to_string() }
    }

    /// Who sent the request.
    pub(crate) fn principal(&self) -> &Principal {
        self.admitted.principal()
    }

    /// The body, which must be JSON of this form.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, Fault> {
        let body = self.content.json.take().ok_or_else(|| {
            Fault::new(
                http::StatusCode::BAD_REQUEST,
                super::code::Code::ParameterMissing,
                "Required request body is missing",
            )
        })?;
        serde_json::from_slice(&body)
            .map_err(|error| Fault::invalid(format!("the body cannot be read: {error}")))
    }

    /// Which page is asked for and how many entries it has.
    pub(crate) fn page(&self, number: usize, size: usize) -> Result<Page, Fault> {
        let number = self.params.parsed("pageNo")?.unwrap_or(number);
        let size = self.params.parsed("pageSize")?.unwrap_or(size);
        if size == 0 {
            return Err(Fault::invalid(
                "Required parameter 'pageSize' should be positive integer, current is 0",
            ));
        }
        Ok(Page { number: number.max(1), size: size.min(PAGE_SIZE_MAX) })
    }

    /// A page that must be named in full.
    pub(crate) fn required_page(&self) -> Result<Page, Fault> {
        self.params.required("pageNo")?;
        self.params.required("pageSize")?;
        self.page(1, 1)
    }
}

/// Most entries a page has; Nacos' own limit of most listings.
const PAGE_SIZE_MAX: usize = 500;

/// Part of a listing; pages count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) number: usize,
    pub(crate) size: usize,
}

impl Page {
    /// How many pages `total` entries fill.
    pub(crate) fn of_total(self, total: usize) -> usize {
        total.div_ceil(self.size)
    }

    /// This page of `all`.
    pub(crate) fn slice<T>(self, all: Vec<T>) -> Vec<T> {
        let skip = (self.number - 1).saturating_mul(self.size);
        all.into_iter().skip(skip).take(self.size).collect()
    }
}
