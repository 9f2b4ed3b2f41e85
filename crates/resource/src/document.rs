//! What people write: YAML or JSON, several documents in one text.

use seawall_topology::Labels;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    Generation, Kind, ObjectId, default_tenant,
    field::{FieldError, FieldPath, Problems},
};

/// Longest text that is read, in bytes.
const TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most documents in one text.
const DOCUMENTS_MAX: usize = 1_000;
/// Most labels of one object.
const LABELS_MAX: usize = 64;
/// Longest key or value of a label, in bytes.
const LABEL_BYTES_MAX: usize = 128;

/// One wanted object.
///
/// ```yaml
/// kind: Namespace
/// tenant: default          # may be left out
/// name: dev
/// labels: { team: shop }   # may be left out
/// metadata: { generation: 3 }   # apply only if this is still its version
/// spec:
///   showName: Development
/// ```
///
/// What `seawall get` prints is such a document: its `status` and the rest of its
/// `metadata` are read over.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Which object.
    pub id: ObjectId,
    /// Its labels.
    pub labels: Labels,
    /// The version it must have for the change to be made; `None`: any, or none.
    pub expected: Option<Generation>,
    /// What is wanted.
    pub spec: Value,
}

/// Why a text could not be read; nothing of it was applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// The text is too long or holds too many documents; split it.
    #[error("{what} is more than the {max} allowed; split it")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// It is not YAML or JSON.
    #[error("document {document}: {reason}")]
    Syntax {
        /// Which document, from 1.
        document: usize,
        /// What is wrong, with line and column.
        reason: String,
    },
    /// It is not the document of an object.
    #[error("document {document}: {}", lines(errors))]
    Fields {
        /// Which document, from 1.
        document: usize,
        /// Everything that is wrong.
        errors: Vec<FieldError>,
    },
}

/// One line for each error.
pub(crate) fn lines(errors: &[FieldError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  ")
}

/// Reads every document of a text: JSON if it begins with `{` or `[` (one object, a
/// list of them, or one after the other), else YAML. Empty documents are read over.
pub fn parse(text: &str) -> Result<Vec<Document>, DocumentError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(DocumentError::TooLarge { what: "the size in bytes", max: TEXT_BYTES_MAX });
    }
    let values = if text.trim_start().starts_with(['{', '[']) { json(text) } else { yaml(text) }?;
    (1..)
        .zip(&values)
        .filter(|(_, value)| !value.is_null())
        .map(|(document, value)| {
            read(value).map_err(|errors| DocumentError::Fields { document, errors })
        })
        .collect()
}

fn yaml(text: &str) -> Result<Vec<Value>, DocumentError> {
    collect(serde_yaml_ng::Deserializer::from_str(text).map(Value::deserialize))
}

fn json(text: &str) -> Result<Vec<Value>, DocumentError> {
    let mut values = collect(serde_json::Deserializer::from_str(text).into_iter::<Value>())?;
    match values.as_mut_slice() {
        [Value::Array(list)] if list.len() > DOCUMENTS_MAX => Err(too_many()),
        [Value::Array(list)] => Ok(std::mem::take(list)),
        _ => Ok(values),
    }
}

fn collect<E: std::fmt::Display>(
    values: impl Iterator<Item = Result<Value, E>>,
) -> Result<Vec<Value>, DocumentError> {
    let mut read = Vec::new();
    for (document, value) in (1..).zip(values) {
        if document > DOCUMENTS_MAX {
            return Err(too_many());
        }
        let syntax = |error: E| DocumentError::Syntax { document, reason: error.to_string() };
        read.push(value.map_err(syntax)?);
    }
    Ok(read)
}

fn too_many() -> DocumentError {
    DocumentError::TooLarge { what: "the number of documents", max: DOCUMENTS_MAX }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    kind: String,
    tenant: Option<String>,
    name: String,
    #[serde(default)]
    labels: Option<Labels>,
    #[serde(default)]
    metadata: Option<WrittenMetadata>,
    #[serde(default)]
    spec: Value,
    /// What `seawall get` printed; says nothing here.
    #[serde(default, rename = "status")]
    _status: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenMetadata {
    generation: Option<u64>,
    #[serde(default, rename = "revision")]
    _revision: Value,
    #[serde(default, rename = "createdMs")]
    _created_ms: Value,
    #[serde(default, rename = "modifiedMs")]
    _modified_ms: Value,
}

fn read(value: &Value) -> Result<Document, Vec<FieldError>> {
    let written: Written = serde_path_to_error::deserialize(value).map_err(|error| {
        let path = FieldPath::default().joined(error.path());
        vec![FieldError { path, problem: error.into_inner().to_string() }]
    })?;
    let mut problems = Problems::default();
    let kind = field("kind", written.kind.parse::<Kind>(), &mut problems);
    let name = field("name", written.name.parse(), &mut problems);
    let tenant = written.tenant.map_or_else(|| Ok(default_tenant()), |text| text.parse());
    let tenant = field("tenant", tenant, &mut problems);
    let labels = written.labels.unwrap_or_default();
    check_labels(&labels, &mut problems);
    problems.into_result()?;
    let (Some(kind), Some(tenant), Some(name)) = (kind, tenant, name) else {
        return Err(Vec::new());
    };
    // A kind whose fields all have defaults needs no spec.
    let spec =
        if written.spec.is_null() { Value::Object(Default::default()) } else { written.spec };
    let expected = written.metadata.and_then(|metadata| metadata.generation).map(Generation::new);
    Ok(Document { id: ObjectId { kind, tenant, name }, labels, expected, spec })
}

fn field<T, E: std::fmt::Display>(
    name: &str,
    read: Result<T, E>,
    problems: &mut Problems,
) -> Option<T> {
    read.map_err(|error| problems.at(FieldPath::of([name]), error.to_string())).ok()
}

/// Labels must be such that a selector can name them.
pub(crate) fn check_labels(labels: &Labels, problems: &mut Problems) {
    let at = FieldPath::of(["labels"]);
    if labels.len() > LABELS_MAX {
        problems.at(at.clone(), format!("are more than {LABELS_MAX}"));
    }
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let good = |text: &str| text.len() <= LABEL_BYTES_MAX && text.chars().all(plain);
    for (key, value) in labels {
        if key.is_empty() || !good(key) || !good(value) {
            let problem = "use up to 128 bytes of letters, digits, `-`, `_`, `.` and `/`";
            problems.at(at.key(key), problem);
        }
    }
}
