//! Our own refusals, as the next hop sees them.

use super::Diagnosis;
use crate::render::MARK;

/// What a refusal of another hop of ours says whose text this is; `None` if it is not
/// one. What refused there was not that hop's work but its guard, before any work was
/// done, so no breaker counts it.
pub(super) fn diagnose(message: &[u8]) -> Option<Diagnosis> {
    let name = message.strip_prefix(MARK.as_bytes())?;
    let end = name.iter().position(|byte| *byte == b':')?;
    name.get(..end).map(diagnose_reason)
}

/// What a refusal says for the reason of this name. A name only a newer version knows
/// counts as most of them do.
pub(super) fn diagnose_reason(name: &[u8]) -> Diagnosis {
    let diagnosis = match name {
        // It was late before it came there, so it says nothing of that hop.
        b"deadline_passed" => Diagnosis::CANCELLED,
        b"not_allowed" => Diagnosis::IGNORE,
        _ => Diagnosis::OVERLOAD,
    };
    diagnosis.unprocessed()
}
