//! Making sure that somebody can log in.

use std::sync::Arc;

use seawall_identity::{FirstLogin, Identity, Secret, WriteError};

use crate::exit::Failure;

/// Password of the first administrator, for installations by script.
const ADMIN_PASSWORD_VARIABLE: &str = "SEAWALL_ADMIN_PASSWORD";
/// Name of the first administrator, as in Nacos.
const ADMIN: &str = "nacos";

/// Makes the first administrator if there is none. A generated login is returned, to
/// be shown once; a password from the environment is not.
pub(super) async fn ensure(identity: Arc<Identity>) -> Result<Option<FirstLogin>, Failure> {
    let failed =
        |error: WriteError| Failure::Failed(format!("cannot make the first login: {error}"));
    match std::env::var(ADMIN_PASSWORD_VARIABLE) {
        Ok(password) => match identity.create_first_admin(ADMIN, &Secret::new(password)).await {
            Ok(()) | Err(WriteError::Exists { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        },
        Err(_) => identity.ensure_first_admin().await.map_err(failed),
    }
}
