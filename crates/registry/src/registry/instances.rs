//! Instances: registered, beating, stored, edited, queried.

use std::sync::Arc;

use seawall_store::{Batch, CommitError, Precondition, Unavailable, record};

use super::Registry;
use crate::{
    Beat, BeatOutcome, ClientId, ClusterName, HealthChecker, Instance, InstanceAddress,
    InstanceEdit, MetadataEdit, Query, RegisterError, ServiceKey, ServiceView, WriteError,
    core::Overlay,
    instance::{accepted_weight, check_metadata},
    keys,
    record::{EditRecord, InstanceRecord},
};

impl Registry {
    /// Registers an ephemeral instance as all that this client has in the service.
    /// A [`ClientId::Heartbeat`] need not be connected and may register any number.
    pub fn register(
        &self,
        client: &ClientId,
        service: ServiceKey,
        instance: Instance,
    ) -> Result<(), RegisterError> {
        self.shell.change(|core, at, effects| core.register(at, client, service, instance, effects))
    }

    /// Removes this client's instance at that address; nothing happens if it has none.
    /// A client that registered a single instance loses that one whatever the address.
    pub fn deregister(
        &self,
        client: &ClientId,
        service: &ServiceKey,
        address: &InstanceAddress,
    ) -> Result<(), RegisterError> {
        self.shell
            .change(|core, at, effects| core.deregister(at, client, service, address, effects))
    }

    /// Makes `instances` all that this client has in the service.
    pub fn batch_register(
        &self,
        client: &ClientId,
        service: ServiceKey,
        instances: Vec<Instance>,
    ) -> Result<(), RegisterError> {
        self.shell.change(|core, at, effects| {
            core.batch_register(at, client, service, instances, effects)
        })
    }

    /// Takes in a sign of life of a heartbeat instance.
    pub fn beat(&self, service: &ServiceKey, beat: Beat) -> Result<BeatOutcome, RegisterError> {
        self.shell.change(|core, at, effects| core.beat(at, service, beat, effects))
    }

    /// Stores an instance that stays until it is deregistered; on disk and visible
    /// when this returns.
    pub async fn register_persistent(
        &self,
        service: ServiceKey,
        instance: Instance,
    ) -> Result<(), WriteError> {
        let instance = Instance { ephemeral: false, ..instance };
        let instance = instance.admit(self.shell.settings.metadata_bytes_max)?;
        self.shell.core.read().admits_stored(&service)?;
        let value = record::encode(&InstanceRecord::from(&instance));
        let key = keys::instance(&service, &instance.address());
        self.shell.commit(Batch::new().put(key, value)).await
    }

    /// Removes a stored instance; nothing happens if there is none.
    pub async fn deregister_persistent(
        &self,
        service: &ServiceKey,
        address: &InstanceAddress,
    ) -> Result<(), WriteError> {
        // Deleting what is not there would be a commit that no watcher ever sees.
        let key = keys::instance(service, address);
        let batch = Batch::new().when(Precondition::Present(key.clone())).delete(key);
        match self.shell.commit(batch).await {
            Err(WriteError::Store(CommitError::Precondition { .. })) => Ok(()),
            done => done,
        }
    }

    /// Changes weight, enabled or metadata of an instance, whoever registered it;
    /// stored, and in force again when the address is registered anew.
    pub async fn update_instance(
        &self,
        service: &ServiceKey,
        address: &InstanceAddress,
        mut edit: InstanceEdit,
    ) -> Result<(), WriteError> {
        if self.instance(service, address).is_none() {
            if self.is_warming(service) {
                let reason = "instances are still coming back after a restart".to_owned();
                return Err(Unavailable { reason }.into());
            }
            return Err(WriteError::NoInstance { service: service.clone() });
        }
        edit.weight = edit.weight.map(accepted_weight).transpose()?;
        let max = self.shell.settings.metadata_bytes_max;
        match &edit.metadata {
            MetadataEdit::Merge(labels)
            | MetadataEdit::Over(labels)
            | MetadataEdit::Replace(labels) => check_metadata(labels, max)?,
            MetadataEdit::Keep | MetadataEdit::Remove(_) => {}
        }
        let key = keys::edit(service, address);
        let decide = |before: Option<EditRecord>| {
            let overlay = before.map_or_else(Overlay::default, Overlay::from).then(edit.clone());
            check_metadata(&overlay.set, max)?;
            Ok(EditRecord::from(overlay))
        };
        self.shell.change_record(service, key, decide).await
    }

    /// Sets the health of a stored instance that nobody checks
    /// ([`HealthChecker::None`]); on disk and visible when this returns. It holds until
    /// it is set again or the instance is registered with another one.
    pub async fn set_health(
        &self,
        service: &ServiceKey,
        address: &InstanceAddress,
        healthy: bool,
    ) -> Result<(), WriteError> {
        let detail = self.service(service);
        let no_instance = || WriteError::NoInstance { service: service.clone() };
        let instance = self.instance(service, address).ok_or_else(no_instance)?;
        let clusters = detail.map(|detail| detail.definition.clusters).unwrap_or_default();
        let checker = clusters.get(&address.cluster).map(|cluster| &cluster.checker);
        if instance.ephemeral || checker != Some(&HealthChecker::None) {
            return Err(WriteError::Checked { service: service.clone() });
        }
        // Who checks from outside says the same again and again: that is not written.
        if self.shell.core.read().registered_health(service, address) != Some(healthy) {
            let decide = |before: Option<InstanceRecord>| {
                Ok(before.ok_or_else(no_instance)?.with_health(healthy))
            };
            self.shell.change_record(service, keys::instance(service, address), decide).await?;
        }
        // What checks believed before the cluster had none may differ from the record.
        self.shell.change(|core, at, _| core.report_health(at, service, address, healthy));
        Ok(())
    }

    /// The service as subscribers see it. Cached: cheap when nothing changed.
    pub fn query(&self, service: &ServiceKey, query: &Query) -> Arc<ServiceView> {
        self.shell.core.read().view(service, query)
    }

    /// Whether instances of the service may still be coming back after a restart: what
    /// is not found then is not known to be absent.
    pub fn is_warming(&self, service: &ServiceKey) -> bool {
        self.shell.core.read().waits_for(service)
    }

    /// As [`Registry::is_warming`], of any service that `wanted` picks.
    pub fn any_warming(&self, wanted: impl Fn(&ServiceKey) -> bool) -> bool {
        self.shell.core.read().waits_for_any(wanted)
    }

    /// One instance with the operators' edits, shown or not.
    pub fn instance(
        &self,
        service: &ServiceKey,
        address: &InstanceAddress,
    ) -> Option<Arc<Instance>> {
        self.shell.core.read().instance(service, address)
    }

    /// All instances with the operators' edits, also disabled ones, by address;
    /// of one cluster if named.
    pub fn instances(
        &self,
        service: &ServiceKey,
        cluster: Option<&ClusterName>,
    ) -> Vec<Arc<Instance>> {
        self.shell.core.read().instances(service, cluster)
    }
}
