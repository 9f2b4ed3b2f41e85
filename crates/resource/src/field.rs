//! Pointing at fields of a document.

use std::fmt;

/// One step into a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Into the field of this name.
    Key(String),
    /// Into the item at this place of a list, from 0.
    Index(usize),
}

/// Where in a document something is, written `spec.operation.maxCount` or
/// `spec.connections.monitorIps[1]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldPath(Vec<Step>);

impl FieldPath {
    /// The path of these fields, one inside the other.
    pub fn of<'a>(keys: impl IntoIterator<Item = &'a str>) -> Self {
        Self(keys.into_iter().map(|key| Step::Key(key.to_owned())).collect())
    }

    /// The path of the field `key` inside this one.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }

    /// The path of the item `index` inside this one.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    /// The steps from the top of the document.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    pub(crate) fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// Where `serde_path_to_error` says it is, below this path.
    pub(crate) fn joined(&self, below: &serde_path_to_error::Path) -> Self {
        use serde_path_to_error::Segment;
        below.iter().fold(self.clone(), |path, segment| match segment {
            Segment::Seq { index } => path.index(*index),
            Segment::Map { key } => path.key(key),
            Segment::Enum { variant } => path.key(variant),
            Segment::Unknown => path,
        })
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if place == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field; an empty path means the document as a whole.
    pub path: FieldPath,
    /// What is wrong with it, and what to write instead.
    pub problem: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.steps() {
            [] => f.write_str(&self.problem),
            _ => write!(f, "{}: {}", self.path, self.problem),
        }
    }
}

impl std::error::Error for FieldError {}

/// What a kind finds wrong with a spec, all of it at once.
#[derive(Debug, Default)]
pub struct Problems(Vec<FieldError>);

impl Problems {
    /// Adds that the field `path`, below `spec`, has a problem. Write the path as it
    /// is in the document: `operation.maxCount`.
    pub fn add(&mut self, path: &str, problem: impl Into<String>) {
        let path = FieldPath::of(std::iter::once("spec").chain(path.split('.')));
        self.at(path, problem);
    }

    /// Adds a problem at any place of the document.
    pub fn at(&mut self, path: FieldPath, problem: impl Into<String>) {
        self.0.push(FieldError { path, problem: problem.into() });
    }

    pub(crate) fn into_result(self) -> Result<(), Vec<FieldError>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_as_people_write_them() {
        let path = FieldPath::of(["spec", "connections"]).key("monitorIps").index(1);
        assert_eq!(path.to_string(), "spec.connections.monitorIps[1]");
        let mut problems = Problems::default();
        problems.add("operation.maxCount", "is too small");
        let found = problems.into_result().unwrap_err();
        assert_eq!(found[0].to_string(), "spec.operation.maxCount: is too small");
        assert_eq!(Problems::default().into_result(), Ok(()));
    }
}
