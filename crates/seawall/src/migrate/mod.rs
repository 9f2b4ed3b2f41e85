//! Reading a running Nacos, whatever its generation.

mod declared;
mod forms;
mod generation;
mod grays;
mod source;

pub(crate) use declared::{DeclaredCluster, DeclaredService};
pub(crate) use forms::{ConfigurationForm, HistoryForm, HostForm, NamespaceForm};
pub(crate) use grays::{GrayForm, GrayRuleForm, Tagged};
pub(crate) use source::{ItemName, ServiceName, Source};
