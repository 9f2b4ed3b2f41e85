//! Finding items.

use std::sync::Arc;

use seawall_config::{ContentType, Found, PageOf, Paged, Search, SearchMode};
use seawall_identity::Action;

use crate::http::{
    call::{Call, Page},
    fault::Fault,
    guard::Admitted,
    state::Http,
    target,
};

/// What to look for.
pub(crate) struct Find {
    search: Search,
    page: Page,
    admitted: Admitted,
}

impl Find {
    fn read(call: &Call, mode: SearchMode, page: Page) -> Result<Self, Fault> {
        let names = call.generation.config_names();
        let namespace = target::namespace(&call.params, names.namespace)?;
        let owned = |name: &str| call.params.or(name, "").to_owned();
        let request = PageOf { number: page.number, size: page.size };
        let mut search = Search::everything(namespace, request);
        search.mode = mode;
        search.data_id = owned("dataId");
        search.group = owned(names.group);
        search.app_name = owned("appName");
        search.tags = call.params.list(names.tags).into_iter().map(str::to_owned).collect();
        search.with_content = true;
        Ok(Self { search, page, admitted: call.admitted.clone() })
    }

    /// The first generation's exact search.
    pub(crate) fn read_accurate(call: &mut Call) -> Result<Self, Fault> {
        let page = call.required_page()?;
        Self::read(call, SearchMode::Accurate, page)
    }

    /// The first generation's search with `*`, which also looks at types.
    pub(crate) fn read_blur(call: &mut Call) -> Result<Self, Fault> {
        let page = call.required_page()?;
        Self::read(call, SearchMode::Blur, page)?.typed(call, "types")
    }

    /// The second generation's search, which also looks into contents.
    pub(crate) fn read_detail(call: &mut Call) -> Result<Self, Fault> {
        let page = call.required_page()?;
        let mode = mode(call)?;
        let mut find = Self::read(call, mode, page)?;
        // Here, as nowhere else, the second generation keeps the first one's names.
        find.search.namespace = target::namespace(&call.params, "tenant")?;
        find.search.tags = call.params.list("config_tags").into_iter().map(str::to_owned).collect();
        find.search.content = call.params.required("config_detail")?.to_owned();
        Ok(find)
    }

    /// The third generation's search.
    pub(crate) fn read_list(call: &mut Call) -> Result<Self, Fault> {
        let page = call.page(1, 100)?;
        let mode = mode(call)?;
        let mut find = Self::read(call, mode, page)?.typed(call, "type")?;
        find.search.content = call.params.or("configDetail", "").to_owned();
        find.search.with_content = false;
        Ok(find)
    }

    fn typed(mut self, call: &Call, name: &str) -> Result<Self, Fault> {
        for text in call.params.list(name) {
            let known = ContentType::parse(text);
            self.search.types.push(known.ok_or_else(|| {
                Fault::invalid(format!("parameter '{name}' names no type: {text}"))
            })?);
        }
        Ok(self)
    }
}

fn mode(call: &Call) -> Result<SearchMode, Fault> {
    match call.params.or("search", "blur") {
        "blur" => Ok(SearchMode::Blur),
        "accurate" => Ok(SearchMode::Accurate),
        other => {
            Err(Fault::invalid(format!("parameter 'search' is neither blur nor accurate: {other}")))
        }
    }
}

/// One page of items.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) page: Page,
    pub(crate) found: Paged<Found>,
}

/// The items of the page.
pub(crate) async fn find(http: Arc<Http>, input: Find) -> Result<Listed, Fault> {
    Ok(Listed { page: input.page, found: http.configs.search(&input.search).await? })
}

/// As [`find`], when the namespace is the caller's to read: the second generation
/// names it in a way its other operations do not.
pub(crate) async fn find_if_allowed(http: Arc<Http>, input: Find) -> Result<Listed, Fault> {
    let group = if input.search.group.is_empty() { "*" } else { &input.search.group };
    input.admitted.may_config_group(&http, Action::Read, &input.search.namespace, group)?;
    find(http, input).await
}
