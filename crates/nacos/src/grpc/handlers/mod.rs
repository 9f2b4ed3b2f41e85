//! What each request does; one file for each type.

mod batch_instance;
mod config_batch_listen;
mod config_fuzzy_watch;
mod config_publish;
mod config_query;
mod config_remove;
mod config_target;
mod health_check;
mod instance;
mod naming_fuzzy_watch;
mod persistent_instance;
mod push_ack;
pub(crate) mod server_check;
mod service_list;
mod service_query;
mod service_target;
mod subscribe_service;
mod warming;

use super::{call::Call, failure::Failure, kind::Kind, reply::Message};

/// Hands a request of a registered connection to its handler.
pub(crate) async fn handle(kind: Kind, call: &Call<'_>) -> Result<Message, Failure> {
    match kind {
        Kind::ServerCheck | Kind::HealthCheck => Ok(health_check::handle()),
        Kind::PushAck => push_ack::handle(call),
        Kind::ConfigQuery => config_query::handle(call).await,
        Kind::ConfigPublish => config_publish::handle(call).await,
        Kind::ConfigRemove => config_remove::handle(call).await,
        Kind::ConfigBatchListen => config_batch_listen::handle(call).await,
        Kind::ConfigFuzzyWatch => config_fuzzy_watch::handle(call).await,
        Kind::Instance => instance::handle(call).await,
        Kind::BatchInstance => batch_instance::handle(call).await,
        Kind::PersistentInstance => persistent_instance::handle(call).await,
        Kind::SubscribeService => subscribe_service::handle(call).await,
        Kind::ServiceQuery => service_query::handle(call).await,
        Kind::ServiceList => service_list::handle(call).await,
        Kind::NamingFuzzyWatch => naming_fuzzy_watch::handle(call).await,
    }
}
