//! Many items as one zip, out and in.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use seawall_config::{ArchiveForm, Export, Exported, Import, Imported, SamePolicy};
use seawall_identity::Action;
use seawall_topology::Namespace;

use super::remove;
use crate::http::{call::Call, code::Code, fault::Fault, guard::Admitted, state::Http, target};

/// Which items go out.
pub(crate) struct Exporting {
    export: Export,
    admitted: Admitted,
}

impl Exporting {
    fn read(call: &Call, form: ArchiveForm) -> Result<Self, Fault> {
        let names = call.generation.config_names();
        let owned = |name: &str| call.params.or(name, "").to_owned();
        let export = Export {
            namespace: target::namespace(&call.params, names.namespace)?,
            ids: remove::ids(call)?,
            data_id: owned("dataId"),
            group: owned(names.group),
            app_name: owned("appName"),
            form,
        };
        Ok(Self { export, admitted: call.admitted.clone() })
    }

    /// In the form of Nacos 1.
    pub(crate) fn read_v1(call: &mut Call) -> Result<Self, Fault> {
        Self::read(call, ArchiveForm::V1)
    }

    /// In the form of Nacos 2 and 3.
    pub(crate) fn read_v2(call: &mut Call) -> Result<Self, Fault> {
        Self::read(call, ArchiveForm::V2)
    }
}

/// The zip. Items named by number are checked one by one, for the rest the caller
/// needs to be allowed to read the whole namespace or group.
pub(crate) async fn export(http: Arc<Http>, input: Exporting) -> Result<Exported, Fault> {
    let Exporting { export, admitted } = input;
    if export.ids.is_empty() {
        let group = if export.group.is_empty() { "*" } else { &export.group };
        admitted.may_config_group(&http, Action::Read, &export.namespace, group)?;
    }
    for id in &export.ids {
        if let Some(meta) = http.configs.by_id(*id)? {
            admitted.may_config(&http, Action::Read, &meta.key)?;
        }
    }
    let exported = http.configs.export(&export).await?;
    for key in &exported.left_out {
        tracing::warn!(%key, "export.left_out");
    }
    Ok(exported)
}

/// An archive to take in.
pub(crate) struct Importing {
    zip: Bytes,
    import: Import,
    admitted: Admitted,
}

/// Where imports and clones go, and what they do to what is there.
pub(super) fn import(call: &Call, namespace: &str) -> Result<Import, Fault> {
    let policy = match call.params.or("policy", "ABORT").to_ascii_uppercase().as_str() {
        "ABORT" => SamePolicy::Abort,
        "SKIP" => SamePolicy::Skip,
        "OVERWRITE" => SamePolicy::Overwrite,
        other => return Err(Fault::invalid(format!("parameter 'policy' is unknown: {other}"))),
    };
    let namespace = target::namespace(&call.params, namespace)?;
    Ok(Import { namespace, policy, author: call.author() })
}

impl Importing {
    fn read(call: &mut Call, namespace: &str) -> Result<Self, Fault> {
        let zip = call.content.file.take().ok_or_else(|| {
            Fault::new(StatusCode::BAD_REQUEST, Code::ImportEmpty, "the form has no file")
        })?;
        Ok(Self { zip, import: import(call, namespace)?, admitted: call.admitted.clone() })
    }

    /// The first generation calls the target `namespace`.
    pub(crate) fn read_v1(call: &mut Call) -> Result<Self, Fault> {
        Self::read(call, "namespace")
    }

    /// The third calls it `namespaceId`.
    pub(crate) fn read_v3(call: &mut Call) -> Result<Self, Fault> {
        Self::read(call, "namespaceId")
    }
}

/// Refuses a target namespace that nobody made.
pub(super) async fn known(http: &Http, namespace: &Namespace) -> Result<(), Fault> {
    if namespace.is_public() || http.namespaces.exists(namespace).await? {
        return Ok(());
    }
    let message = format!("namespaceId [ {namespace} ] not exist");
    Err(Fault::new(StatusCode::NOT_FOUND, Code::NamespaceNotFound, message))
}

/// Publishes what the archive holds.
pub(crate) async fn take_in(http: Arc<Http>, input: Importing) -> Result<Imported, Fault> {
    let Importing { zip, import, admitted } = input;
    admitted.may_config_group(&http, Action::Write, &import.namespace, "*")?;
    known(&http, &import.namespace).await?;
    Ok(http.configs.import(&zip, &import).await?)
}
