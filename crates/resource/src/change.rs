//! What a document makes of an object: the decision, without the store.

use seawall_clock::WallTime;
use seawall_store::Revision;
use serde_json::{Value, json};

use crate::{
    Applied, Document, Generation, Object, Outcome, ResourceError,
    diff::diff,
    document::check_labels,
    field::{FieldError, FieldPath, Problems},
    kind::{Rules, Scope},
    names::default_tenant,
};

/// Largest spec, in bytes as JSON.
const SPEC_BYTES_MAX: usize = 256 * 1024;

/// Decides what applying `document` makes of `found`, whose last version, if there
/// ever was one, is `last`.
pub(crate) fn decide(
    rules: Rules,
    document: &Document,
    found: Option<Object>,
    last: Generation,
    now: WallTime,
) -> Result<Applied, ResourceError> {
    let spec = check(rules, document)
        .map_err(|errors| ResourceError::Invalid { id: document.id.clone(), errors })?;
    let before = found.as_ref().map_or(Value::Null, shown);
    let object = Object {
        id: document.id.clone(),
        labels: document.labels.clone(),
        spec,
        status: found.as_ref().and_then(|object| object.status.clone()),
        generation: found.as_ref().map_or(last, |object| object.generation).next(),
        revision: found.as_ref().map_or(Revision::ZERO, |object| object.revision),
        created: found.as_ref().map_or(now, |object| object.created),
        modified: now,
    };
    let changes = diff(&before, &shown(&object));
    match found {
        // Also when the version is another one: what is wanted is there.
        Some(found) if changes.is_empty() => {
            Ok(Applied { outcome: Outcome::Unchanged, object: found, changes })
        }
        found => {
            expect(document, found.as_ref())?;
            let outcome = if found.is_some() { Outcome::Changed } else { Outcome::Created };
            Ok(Applied { outcome, object, changes })
        }
    }
}

/// The spec as it is kept, or everything that is wrong with the document.
fn check(rules: Rules, document: &Document) -> Result<Value, Vec<FieldError>> {
    let mut problems = Problems::default();
    if rules.scope == Scope::Installation && document.id.tenant != default_tenant() {
        let problem = "is not `default`, but objects of this kind belong to no tenant";
        problems.at(FieldPath::of(["tenant"]), problem);
    }
    check_labels(&document.labels, &mut problems);
    problems.into_result()?;
    let spec = (rules.normalise)(&document.id.name, &document.spec)?;
    if spec.to_string().len() > SPEC_BYTES_MAX {
        let problem = format!("is larger than {SPEC_BYTES_MAX} bytes");
        return Err(vec![FieldError { path: FieldPath::of(["spec"]), problem }]);
    }
    Ok(spec)
}

fn expect(document: &Document, found: Option<&Object>) -> Result<(), ResourceError> {
    let has = found.map_or(Generation::ZERO, |object| object.generation);
    match document.expected {
        Some(expected) if expected != has => {
            Err(ResourceError::Conflict { id: document.id.clone(), expected, found: has })
        }
        _ => Ok(()),
    }
}

/// What people see change.
fn shown(object: &Object) -> Value {
    json!({ "labels": object.labels, "spec": object.spec })
}
