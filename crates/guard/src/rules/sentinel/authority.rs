//! Black and white lists of callers.

use std::collections::HashSet;

use super::{
    draft::Draft,
    fields::{Fields, LeftOut},
};
use crate::stack::CallersSettings;

pub(super) fn import(fields: &mut Fields<'_>, draft: &mut Draft) -> Result<(), LeftOut> {
    let pattern = fields.pattern()?;
    let strategy = fields.whole("strategy", 0)?;
    let callers = fields.text("limitApp")?.unwrap_or_default();
    if callers.trim().is_empty() {
        return Err(fields.leave_out("limitApp", "is missing; Sentinel ignores the rule too"));
    }
    let mut callers: HashSet<Box<str>> = callers.split(',').map(Into::into).collect();
    if !matches!(strategy, 0 | 1) {
        let what = "is neither 0 nor 1; in Sentinel such a rule refuses nobody";
        return Err(fields.leave_out("strategy", what));
    }
    let settings = draft.settings(&pattern);
    if settings.callers.is_some() {
        let what = "a resource has one such rule, the first; Sentinel ignores the others too";
        return Err(fields.leave_out("resource", what));
    }
    settings.callers = Some(if strategy == 0 {
        let what = "who does not say who it is may ask, as in Sentinel; take \"\" out of \
                    `callers.allow` to refuse them";
        fields.approximated("limitApp", what);
        callers.insert("".into());
        CallersSettings { allow: callers, ..CallersSettings::default() }
    } else {
        CallersSettings { deny: callers, ..CallersSettings::default() }
    });
    Ok(())
}
