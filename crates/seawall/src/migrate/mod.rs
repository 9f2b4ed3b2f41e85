//! Reading a running Nacos, whatever its generation.

mod forms;
mod generation;
mod source;

pub(crate) use forms::{BETA, BetaForm, ConfigurationForm, HistoryForm, NamespaceForm, RuleForm};
pub(crate) use source::{ItemName, ServiceName, Source};
