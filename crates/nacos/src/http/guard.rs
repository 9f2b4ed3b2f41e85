//! Who may pass: from what a route needs and a request carries, to a principal.

use std::net::IpAddr;

use http::{HeaderMap, StatusCode};
use seawall_config::ConfigKey;
use seawall_identity::{
    Action, AuthenticateError, Denied, Entrance, LoginError, Principal, ResourceKind, ResourceName,
};
use seawall_registry::ServiceKey;
use seawall_topology::Namespace;

use super::{
    code::Code,
    credential::{Basic, credential},
    fault::Fault,
    params::Params,
    route::{Needs, Route},
    state::Http,
    target,
};

/// What stands for "all of them" in the name of a resource.
const ALL: &str = "*";
/// The page of the administration that means all of it.
const ADMINISTRATION: &str = "admin";

/// A principal that was let in, and where.
#[derive(Debug, Clone)]
pub(crate) struct Admitted {
    principal: Principal,
    entrance: Entrance,
}

impl Admitted {
    fn nobody() -> Self {
        Self { principal: Principal::anonymous(), entrance: Entrance::Client }
    }

    pub(crate) fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Whether it came in where programs do, and not where the node is administered.
    pub(crate) fn is_client(&self) -> bool {
        self.entrance == Entrance::Client
    }

    fn may(&self, http: &Http, action: Action, name: &ResourceName<'_>) -> Result<(), Fault> {
        Ok(http.identity.authorize_at(self.entrance, &self.principal, action, name)?)
    }

    /// Whether this item is the principal's to act on.
    pub(crate) fn may_config(
        &self,
        http: &Http,
        action: Action,
        key: &ConfigKey,
    ) -> Result<(), Fault> {
        let name = ResourceName {
            namespace: &key.namespace,
            group: key.group.as_str(),
            kind: ResourceKind::Config,
            name: key.data_id.as_str(),
        };
        self.may(http, action, &name)
    }

    /// Whether all items of a group (`*`: of the namespace) are.
    pub(crate) fn may_config_group(
        &self,
        http: &Http,
        action: Action,
        namespace: &Namespace,
        group: &str,
    ) -> Result<(), Fault> {
        let name = ResourceName { namespace, group, kind: ResourceKind::Config, name: ALL };
        self.may(http, action, &name)
    }

    /// Whether this service is the principal's to act on.
    pub(crate) fn may_service(
        &self,
        http: &Http,
        action: Action,
        key: &ServiceKey,
    ) -> Result<(), Fault> {
        let name = ResourceName {
            namespace: &key.namespace,
            group: key.group.as_str(),
            kind: ResourceKind::Naming,
            name: key.name.as_str(),
        };
        self.may(http, action, &name)
    }

    /// Whether all services of a namespace are the principal's to see.
    pub(crate) fn may_see_services(&self, http: &Http, namespace: &Namespace) -> Result<(), Fault> {
        let kind = ResourceKind::Naming;
        let name = ResourceName { namespace, group: ALL, kind, name: ALL };
        self.may(http, Action::Read, &name)
    }

    /// Whether the principal may administer users.
    pub(crate) fn may_administer(&self, http: &Http) -> Result<(), Fault> {
        self.may(http, Action::Write, &page(&Namespace::public(), ADMINISTRATION))
    }
}

/// A page of the administration as a resource.
fn page<'a>(public: &'a Namespace, name: &'a str) -> ResourceName<'a> {
    ResourceName { namespace: public, group: ALL, kind: ResourceKind::Console, name }
}

/// Lets a request in, or says why not.
pub(super) async fn admit(
    http: &Http,
    route: &Route,
    headers: &HeaderMap,
    params: &Params,
    source: IpAddr,
) -> Result<Admitted, Fault> {
    let entrance = match route.needs {
        Needs::Nothing => return Ok(Admitted::nobody()),
        Needs::Config(entrance, _) | Needs::Naming(entrance, _) | Needs::Each(entrance) => entrance,
        Needs::Console(..) => Entrance::Console,
    };
    let basic = Basic::of(headers);
    let carried = credential(entrance, headers, &basic, params);
    let principal = http.identity.admit(entrance, carried, source).await?;
    let admitted = Admitted { principal, entrance };
    check(http, route, params, &admitted)?;
    Ok(admitted)
}

/// Whether the principal may do this to what the parameters name. Listings, which
/// name no item, are about all of them.
fn check(http: &Http, route: &Route, params: &Params, admitted: &Admitted) -> Result<(), Fault> {
    match route.needs {
        Needs::Nothing | Needs::Each(_) => Ok(()),
        Needs::Console(name, action) => {
            admitted.may(http, action, &page(&Namespace::public(), name))
        }
        Needs::Config(_, action) => {
            let names = route.generation.config_names();
            let namespace = target::namespace(params, names.namespace)?;
            let name = ResourceName {
                namespace: &namespace,
                group: params.or(names.group, ALL),
                kind: ResourceKind::Config,
                name: params.or("dataId", ALL),
            };
            admitted.may(http, action, &name)
        }
        Needs::Naming(_, action) => {
            let namespace = target::namespace(params, "namespaceId")?;
            let service = params.get("serviceName").unwrap_or(ALL);
            let group = params.or("groupName", "DEFAULT_GROUP");
            let (group, name) = match service.split_once("@@") {
                Some(grouped) => grouped,
                None if service == ALL => (params.or("groupName", ALL), ALL),
                None => (group, service),
            };
            let kind = ResourceKind::Naming;
            admitted.may(http, action, &ResourceName { namespace: &namespace, group, kind, name })
        }
    }
}

impl From<Denied> for Fault {
    fn from(denied: Denied) -> Self {
        Self::denied(format!("authorization failed! {denied}"))
    }
}

impl From<AuthenticateError> for Fault {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Password(error) => error.into(),
            AuthenticateError::Missing => Self::denied("user not found!"),
            // In Nacos's words: some clients look for them before logging in again.
            AuthenticateError::ExpiredToken => Self::denied("token expired!"),
            AuthenticateError::InvalidToken | AuthenticateError::RevokedToken => {
                Self::denied("token invalid!")
            }
        }
    }
}

impl From<LoginError> for Fault {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::WrongPassword => Self::denied("unknown user!"),
            LoginError::TooManyWrong { .. } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, Code::AccessDenied, error.to_string())
            }
            LoginError::Busy => Self::unavailable(error.to_string()),
        }
    }
}
