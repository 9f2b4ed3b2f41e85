//! Paged listings with a search.

/// Which page of a listing. Pages count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    number: usize,
    size: usize,
}

/// Most items one page may hold.
const PAGE_SIZE_MAX: usize = 1_000;

impl PageRequest {
    /// Page `number` (0 is taken as 1) of pages of `size` items (from 1 to 1000).
    pub fn new(number: usize, size: usize) -> Self {
        Self { number: number.max(1), size: size.clamp(1, PAGE_SIZE_MAX) }
    }

    /// The page's number, from 1.
    pub fn number(self) -> usize {
        self.number
    }

    /// Most items on the page.
    pub fn size(self) -> usize {
        self.size
    }
}

/// What a name must look like to be listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Search<'a> {
    /// Every name.
    #[default]
    All,
    /// Exactly this name; the empty text means every name.
    Accurate(&'a str),
    /// Any name that matches, where `*` stands for any run of characters; the
    /// empty text means every name.
    Blur(&'a str),
}

impl Search<'_> {
    /// Whether `name` is meant.
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Self::All | Self::Accurate("") | Self::Blur("") => true,
            Self::Accurate(wanted) => *wanted == name,
            Self::Blur(pattern) => crate::pattern::glob(pattern, name),
        }
    }
}

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing<T> {
    /// Everything that was found, on all pages.
    pub total: usize,
    /// The page this is.
    pub page: PageRequest,
    /// What is on it.
    pub items: Vec<T>,
}

impl<T> Listing<T> {
    /// Takes page `page` out of `found`, without keeping the rest.
    pub(crate) fn of(page: PageRequest, found: impl Iterator<Item = T>) -> Self {
        let skipped = (page.number - 1).saturating_mul(page.size);
        let (mut total, mut items) = (0, Vec::new());
        for item in found {
            if total >= skipped && items.len() < page.size {
                items.push(item);
            }
            total += 1;
        }
        Self { total, page, items }
    }

    /// The same page of something else.
    pub fn map<U>(self, make: impl FnMut(T) -> U) -> Listing<U> {
        let Self { total, page, items } = self;
        Listing { total, page, items: items.into_iter().map(make).collect() }
    }

    /// How many pages there are.
    pub fn pages(&self) -> usize {
        self.total.div_ceil(self.page.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_share_out_what_was_found() {
        let third = Listing::of(PageRequest::new(3, 4), 0..10);
        assert_eq!((third.total, third.pages(), third.items), (10, 3, vec![8, 9]));
        let beyond = Listing::of(PageRequest::new(usize::MAX, usize::MAX), 0..10);
        assert_eq!((beyond.total, beyond.items.len()), (10, 0));
    }

    #[test]
    fn blur_takes_stars_and_accurate_does_not() {
        assert!(Search::Blur("na*s").matches("nacos"));
        assert!(!Search::Accurate("na*s").matches("nacos"));
        assert!(!Search::Blur("nac").matches("nacos"));
        assert!(Search::Blur("").matches("nacos") && Search::All.matches("nacos"));
    }
}
