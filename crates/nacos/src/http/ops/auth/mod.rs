//! Logins, users, roles and permissions.

pub(crate) mod login;
pub(crate) mod permission;
pub(crate) mod role;
pub(crate) mod user;

use seawall_identity::{PageRequest, Search};

use super::super::{
    call::{Call, Page},
    fault::Fault,
};

/// A text to find names by.
#[derive(Debug)]
enum Term {
    Accurate(String),
    Blur(String),
}

impl Term {
    fn search(&self) -> Search<'_> {
        match self {
            Self::Accurate(text) => Search::Accurate(text),
            Self::Blur(text) => Search::Blur(text),
        }
    }
}

/// The value of `name`, compared as `search` says.
fn term(call: &Call, name: &str) -> Term {
    let text = call.params.or(name, "").to_owned();
    if call.params.or("search", "accurate").eq_ignore_ascii_case("blur") {
        Term::Blur(text)
    } else {
        Term::Accurate(text)
    }
}

/// The page, which must be named.
fn page(call: &Call) -> Result<(Page, PageRequest), Fault> {
    let page = call.required_page()?;
    Ok((page, PageRequest::new(page.number, page.size)))
}
