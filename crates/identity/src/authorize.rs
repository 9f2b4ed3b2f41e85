//! May they do this?

use crate::{Access, Action, Denied, Entrance, Identity, Principal, ResourceKind, ResourceName};

impl Identity {
    /// Whether `principal` may do `action` to `resource`: judged as at the console
    /// for [`ResourceKind::Console`], as at the client doors for everything else.
    pub fn authorize(
        &self,
        principal: &Principal,
        action: Action,
        resource: &ResourceName<'_>,
    ) -> Result<(), Denied> {
        let entrance = match resource.kind {
            ResourceKind::Console => Entrance::Console,
            _ => Entrance::Client,
        };
        self.authorize_at(entrance, principal, action, resource)
    }

    /// The same at a given entrance. An open entrance lets everybody do everything;
    /// at one that asks for a login, permissions decide. Administrators may do
    /// everything everywhere, the anonymous nothing.
    pub fn authorize_at(
        &self,
        entrance: Entrance,
        principal: &Principal,
        action: Action,
        resource: &ResourceName<'_>,
    ) -> Result<(), Denied> {
        if principal.is_admin() || self.settings.access(entrance) == Access::Open {
            return Ok(());
        }
        let directory = self.live.read();
        let granted = principal.roles().iter().any(|role| {
            directory
                .granted(role)
                .any(|(pattern, actions)| actions.allow(action) && pattern.covers(resource))
        });
        if granted {
            return Ok(());
        }
        let denied = Denied {
            username: principal.shared_username(),
            action,
            resource: resource.to_string(),
        };
        self.metrics.denied();
        tracing::debug!(user = ?denied.username, %action, resource = denied.resource, "denied");
        Err(denied)
    }
}
