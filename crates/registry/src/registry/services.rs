//! Services: declared, changed, removed, listed.

use seawall_store::Batch;

use super::Registry;
use crate::{
    ClusterDefinition, ClusterName, ServiceDefinition, ServiceKey, ServiceUpdate, WriteError, keys,
    record::ServiceRecord,
};

impl Registry {
    /// Declares a service.
    pub async fn create_service(
        &self,
        service: ServiceKey,
        definition: ServiceDefinition,
    ) -> Result<(), WriteError> {
        check_threshold(definition.protect_threshold)?;
        let exists = || WriteError::Exists { service: service.clone() };
        if self.shell.core.read().declared(&service).is_some() {
            return Err(exists());
        }
        let record = ServiceRecord::from(&definition);
        let decide = |before: Option<ServiceRecord>| match before {
            Some(_) => Err(exists()),
            None => Ok(record.clone()),
        };
        self.shell.change_record(&service, keys::definition(&service), decide).await
    }

    /// Changes what is declared of a service that is declared or has instances.
    pub async fn update_service(
        &self,
        service: &ServiceKey,
        update: ServiceUpdate,
    ) -> Result<(), WriteError> {
        if let Some(threshold) = update.protect_threshold {
            check_threshold(threshold)?;
        }
        self.redefine(service, |definition| {
            if let Some(metadata) = update.metadata.clone() {
                definition.metadata = metadata;
            }
            if let Some(threshold) = update.protect_threshold {
                definition.protect_threshold = threshold;
            }
            if let Some(selector) = update.selector.clone() {
                definition.selector = selector;
            }
        })
        .await
    }

    /// Declares a cluster of a service that is declared or has instances.
    pub async fn update_cluster(
        &self,
        service: &ServiceKey,
        cluster: ClusterName,
        definition: ClusterDefinition,
    ) -> Result<(), WriteError> {
        self.redefine(service, |service| {
            service.clusters.insert(cluster.clone(), definition.clone());
        })
        .await
    }

    async fn redefine(
        &self,
        service: &ServiceKey,
        change: impl Fn(&mut ServiceDefinition),
    ) -> Result<(), WriteError> {
        if self.shell.core.read().declared(service).is_none() {
            return Err(WriteError::NoService { service: service.clone() });
        }
        let decide = |before: Option<ServiceRecord>| {
            let before = before.map(ServiceDefinition::try_from).transpose()?;
            let mut definition = before.unwrap_or_default();
            change(&mut definition);
            Ok(ServiceRecord::from(&definition))
        };
        self.shell.change_record(service, keys::definition(service), decide).await
    }

    /// Removes a service without instances, with the edits of its former ones.
    pub async fn delete_service(&self, service: &ServiceKey) -> Result<(), WriteError> {
        let (declared, edited) = {
            let core = self.shell.core.read();
            (core.declared(service), core.edited(service))
        };
        match declared {
            None => return Err(WriteError::NoService { service: service.clone() }),
            Some((_, 0)) => {}
            Some((_, instances)) => {
                return Err(WriteError::NotEmpty { service: service.clone(), instances });
            }
        }
        let batch = Batch::new().delete(keys::definition(service));
        let batch =
            edited.iter().fold(batch, |batch, address| batch.delete(keys::edit(service, address)));
        self.shell.commit(batch).await?;
        self.shell.change(|core, at, effects| core.retire_now(at, service, effects));
        Ok(())
    }
}

fn check_threshold(value: f32) -> Result<(), WriteError> {
    if (0.0..=1.0).contains(&value) { Ok(()) } else { Err(WriteError::Threshold { value }) }
}
