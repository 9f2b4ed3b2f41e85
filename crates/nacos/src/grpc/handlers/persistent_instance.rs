//! `PersistentInstanceRequest`: registers or deregisters a stored instance.

use seawall_identity::Action;

use super::instance::{InstanceRequest, What, answer};
use crate::grpc::{call::Call, failure::Failure, reply::Message};

/// Answered when the change is on disk.
pub(super) async fn handle(call: &Call<'_>) -> Result<Message, Failure> {
    let asked = call.read::<InstanceRequest<'_>>()?.check(false)?;
    call.may_naming(Action::Write, &asked.service).await?;
    let registry = &call.nacos.registry;
    match asked.what {
        What::Register => {
            let instance = call.nacos.identified(&asked.service, asked.instance);
            registry.register_persistent(asked.service, instance).await?;
        }
        What::Deregister => {
            let address = asked.instance.address();
            registry.deregister_persistent(&asked.service, &address).await?;
        }
    }
    Ok(answer(asked.what))
}
