//! The certificates a door shows, replaced while it is open.

use std::{io, sync::Arc};

use parking_lot::Mutex;
use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{
    TlsError, TlsMode, TlsSettings,
    files::{Stamp, server_config, stamp},
    names::subject_names,
};
use crate::{
    NetMetrics, TlsPeer,
    metrics::{ReloadLabel, ReloadOutcome},
};

/// Certificates in use and the files they came from.
pub struct Certificates {
    settings: TlsSettings,
    current: Mutex<Current>,
}

struct Current {
    config: Arc<ServerConfig>,
    stamp: Stamp,
}

impl Certificates {
    /// Reads the files; `None` when TLS is off.
    pub(crate) fn load(settings: &TlsSettings) -> Result<Option<Self>, TlsError> {
        if settings.effective_mode() == TlsMode::Off {
            return Ok(None);
        }
        let current = Mutex::new(read(settings)?);
        Ok(Some(Self { settings: settings.clone(), current }))
    }

    /// Reads the files anew; blocks on the disk. On an error the certificates that
    /// were in use stay in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        let read = read(&self.settings)?;
        *self.current.lock() = read;
        Ok(())
    }

    /// Reads the files anew if one was replaced; says whether it did.
    pub fn reload_if_changed(&self) -> Result<bool, TlsError> {
        if stamp(&self.settings) == self.current.lock().stamp {
            return Ok(false);
        }
        self.reload().map(|()| true)
    }

    pub(crate) fn mode(&self) -> TlsMode {
        self.settings.effective_mode()
    }

    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
    ) -> io::Result<(TlsStream<TcpStream>, TlsPeer)> {
        let config = Arc::clone(&self.current.lock().config);
        let stream = TlsAcceptor::from(config).accept(stream).await?;
        let (_, session) = stream.get_ref();
        let leaf = session.peer_certificates().and_then(<[_]>::first);
        let peer = TlsPeer {
            server_name: session.server_name().map(str::to_owned),
            names: leaf.map(subject_names).unwrap_or_default(),
        };
        Ok((stream, peer))
    }

    /// Looks at the files again and again. Never returns unless that is switched off.
    pub(crate) async fn follow(self: Arc<Self>, metrics: &NetMetrics) {
        let Some(interval) = self.settings.reload_interval() else { return };
        loop {
            tokio::time::sleep(interval).await;
            let this = Arc::clone(&self);
            let looked = tokio::task::spawn_blocking(move || this.reload_if_changed()).await;
            let outcome = match looked {
                Ok(Ok(false)) | Err(_) => continue,
                Ok(Ok(true)) => {
                    tracing::info!("certificates reloaded");
                    ReloadOutcome::Loaded
                }
                Ok(Err(error)) => {
                    tracing::warn!(%error, "certificates cannot be reloaded; the old ones stay");
                    ReloadOutcome::Failed
                }
            };
            metrics.reloads.get_or_create(&ReloadLabel { outcome }).inc();
        }
    }
}

fn read(settings: &TlsSettings) -> Result<Current, TlsError> {
    // The stamp first: a file replaced between the two is then read once more.
    let stamp = stamp(settings);
    Ok(Current { config: Arc::new(server_config(settings)?), stamp })
}
