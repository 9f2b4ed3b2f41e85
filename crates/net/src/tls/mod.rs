//! TLS on doors: settings, certificates that are followed on disk, client identities.

mod certificates;
mod error;
mod files;
mod names;
mod self_signed;
mod settings;

pub use certificates::Certificates;
pub use error::TlsError;
pub use self_signed::{SelfSigned, self_signed};
pub use settings::{ClientCertificates, TlsMode, TlsSettings};
