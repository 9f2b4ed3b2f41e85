//! The difference between two contents.

use std::{sync::Arc, time::Duration};

use similar::TextDiff;

use crate::Diff;

/// Lines shown around each change.
const CONTEXT_LINES: usize = 3;
/// After this a diff gets coarser instead of slower.
const EFFORT_MAX: Duration = Duration::from_millis(500);

/// The difference of two contents by lines. May take up to half a second for
/// contents of megabytes.
pub(crate) fn diff(before: Arc<str>, after: Arc<str>) -> Diff {
    let unified = TextDiff::configure()
        .timeout(EFFORT_MAX)
        .diff_lines(&*before, &*after)
        .unified_diff()
        .context_radius(CONTEXT_LINES)
        .to_string();
    Diff { before, after, unified }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_changed_lines_with_their_surroundings() {
        let diff = diff("a\nb\nc\n".into(), "a\nx\nc\n".into());
        assert_eq!(diff.unified, "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
    }

    #[test]
    fn equal_contents_have_no_difference() {
        assert_eq!(diff("a".into(), "a".into()).unified, "");
    }
}
