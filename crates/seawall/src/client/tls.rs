//! Whom a command trusts, and the certificate it shows.

use std::{fmt::Display, path::Path};

use reqwest::{Certificate, ClientBuilder, Identity};

use crate::exit::Failure;

/// PEM files, as the command line names them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TlsFiles<'a> {
    /// Authorities to trust besides those of this machine.
    pub(crate) ca: Option<&'a Path>,
    /// The certificate to show to servers that ask for one.
    pub(crate) certificate: Option<&'a Path>,
    /// Its key; `None` if it is in the same file.
    pub(crate) key: Option<&'a Path>,
}

impl TlsFiles<'_> {
    /// Has `client` use them; a file that cannot be read or is none of these is refused.
    pub(crate) fn apply(self, mut client: ClientBuilder) -> Result<ClientBuilder, Failure> {
        if let Some(path) = self.ca {
            let authorities = Certificate::from_pem_bundle(&read(path)?)
                .map_err(|error| unusable(path, &error))?;
            client = client.tls_certs_merge(authorities);
        }
        if let Some(path) = self.certificate {
            let mut pem = read(path)?;
            if let Some(key) = self.key {
                pem.push(b'\n');
                pem.extend(read(key)?);
            }
            let identity = Identity::from_pem(&pem).map_err(|error| unusable(path, &error))?;
            client = client.identity(identity);
        }
        Ok(client)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| unusable(path, &error))
}

fn unusable(path: &Path, reason: &dyn Display) -> Failure {
    Failure::Refused(format!("{} is no usable certificate file: {reason}", path.display()))
}
