//! Reading a running Nacos, whatever its generation.

mod forms;
mod generation;
mod source;

pub(crate) use forms::{ConfigurationForm, HistoryForm, NamespaceForm};
pub(crate) use source::{ItemName, ServiceName, Source};
