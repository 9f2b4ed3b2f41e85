//! One operation of the HTTP API as a row of a table: where it is found, what it
//! needs, and the three steps it is made of.

use std::{future::Future, sync::Arc};

use futures::{FutureExt, TryFutureExt, future, future::BoxFuture};
use http::Method;
use seawall_identity::{Action, Entrance};

use super::{
    body::BodyMax, call::Call, fault::Fault, generation::Generation, reply::Reply, state::Http,
};
use crate::Point;

/// Reads a request, performs the operation and writes the answer.
pub(crate) type Handler =
    Arc<dyn Fn(Arc<Http>, Call) -> BoxFuture<'static, Result<Reply, Fault>> + Send + Sync>;

/// Which right a request must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// None: logins, health.
    Nothing,
    /// A right on the configuration item the parameters name.
    Config(Entrance, Action),
    /// A right on the service the parameters name.
    Naming(Entrance, Action),
    /// A right on this page of the administration.
    Console(&'static str, Action),
    /// To be known. The operation itself checks each thing it touches, because
    /// the parameters do not name them.
    Each(Entrance),
}

/// What must have been loaded before an operation can tell "absent" from "not
/// known yet".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Warm {
    /// Nothing.
    Nothing,
    /// The configuration.
    Config,
    /// The registry.
    Naming,
    /// The registry and, after a restart, the instances of the service that the
    /// parameters name.
    Instances,
}

/// A row of the route table.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) generation: Generation,
    pub(crate) methods: &'static [Method],
    pub(crate) path: &'static str,
    /// A parameter that must have this value for the row to be meant; rows with
    /// such a condition come before the one without.
    pub(crate) when: Option<(&'static str, &'static str)>,
    pub(crate) needs: Needs,
    pub(crate) warm: Warm,
    /// The traffic control point that counts it.
    pub(crate) point: Option<Point>,
    /// Names of the parameters, the required ones with a `!`.
    pub(crate) takes: &'static str,
    pub(crate) about: &'static str,
    pub(crate) body: BodyMax,
    pub(crate) handler: Handler,
}

/// A row without its handler.
pub(crate) struct Draft {
    route: Route,
}

const GET: &[Method] = &[Method::GET];
const POST: &[Method] = &[Method::POST];
const PUT: &[Method] = &[Method::PUT];
const DELETE: &[Method] = &[Method::DELETE];
const PATCH: &[Method] = &[Method::PATCH];
/// Where Nacos does not restrict the method.
const ANY: &[Method] = &[Method::GET, Method::POST, Method::PUT, Method::DELETE];

impl Generation {
    fn draft(self, methods: &'static [Method], path: &'static str, about: &'static str) -> Draft {
        let handler: Handler =
            Arc::new(move |_, _| future::ready(Err(Fault::not_offered(about))).boxed());
        let (needs, warm) = (Needs::Nothing, Warm::Nothing);
        let (when, point, takes, body) = (None, None, "", BodyMax::FORM);
        Draft {
            route: Route {
                generation: self,
                methods,
                path,
                when,
                needs,
                warm,
                point,
                takes,
                about,
                body,
                handler,
            },
        }
    }

    pub(crate) fn get(self, path: &'static str, about: &'static str) -> Draft {
        self.draft(GET, path, about)
    }

    pub(crate) fn post(self, path: &'static str, about: &'static str) -> Draft {
        self.draft(POST, path, about)
    }

    pub(crate) fn put(self, path: &'static str, about: &'static str) -> Draft {
        self.draft(PUT, path, about)
    }

    pub(crate) fn delete(self, path: &'static str, about: &'static str) -> Draft {
        self.draft(DELETE, path, about)
    }

    pub(crate) fn patch(self, path: &'static str, about: &'static str) -> Draft {
        self.draft(PATCH, path, about)
    }

    pub(crate) fn any(self, path: &'static str, about: &'static str) -> Draft {
        self.draft(ANY, path, about)
    }
}

impl Draft {
    pub(crate) fn when(mut self, parameter: &'static str, value: &'static str) -> Self {
        self.route.when = Some((parameter, value));
        self
    }

    /// About the configuration item the parameters name.
    pub(crate) fn config(mut self, entrance: Entrance, action: Action) -> Self {
        self.route.needs = Needs::Config(entrance, action);
        self.route.warm = Warm::Config;
        self
    }

    /// About the service the parameters name.
    pub(crate) fn naming(mut self, entrance: Entrance, action: Action) -> Self {
        self.route.needs = Needs::Naming(entrance, action);
        self.route.warm = Warm::Naming;
        self
    }

    /// About configuration items that only the operation finds out.
    pub(crate) fn config_items(mut self, entrance: Entrance) -> Self {
        self.route.needs = Needs::Each(entrance);
        self.route.warm = Warm::Config;
        self
    }

    /// About all instances of the service the parameters name: refused while some may
    /// still be coming back after a restart.
    pub(crate) fn whole(mut self) -> Self {
        self.route.warm = Warm::Instances;
        self
    }

    /// A page of the administration.
    pub(crate) fn console(mut self, page: &'static str, action: Action) -> Self {
        self.route.needs = Needs::Console(page, action);
        self
    }

    /// For whoever is known; the operation decides about the rest.
    pub(crate) fn known(mut self, entrance: Entrance) -> Self {
        self.route.needs = Needs::Each(entrance);
        self
    }

    /// Needs the registry to have been loaded.
    pub(crate) fn warm(mut self, warm: Warm) -> Self {
        self.route.warm = warm;
        self
    }

    pub(crate) fn point(mut self, point: Point) -> Self {
        self.route.point = Some(point);
        self
    }

    pub(crate) fn takes(mut self, names: &'static str) -> Self {
        self.route.takes = names;
        self
    }

    pub(crate) fn body(mut self, max: BodyMax) -> Self {
        self.route.body = max;
        self
    }

    /// Completes the row: `read` makes the operation's input of the request,
    /// `op` performs it, `write` makes the answer of its output. The request is
    /// dropped before `op` begins, so waiting keeps nothing of it.
    pub(crate) fn to<I, O, F>(
        mut self,
        read: fn(&mut Call) -> Result<I, Fault>,
        op: impl Fn(Arc<Http>, I) -> F + Send + Sync + 'static,
        write: fn(O) -> Reply,
    ) -> Route
    where
        I: 'static,
        O: 'static,
        F: Future<Output = Result<O, Fault>> + Send + 'static,
    {
        self.route.handler = Arc::new(move |http, mut call| {
            let input = read(&mut call);
            drop(call);
            match input {
                Ok(input) => op(http, input).map_ok(write).boxed(),
                Err(fault) => future::ready(Err(fault)).boxed(),
            }
        });
        self.route
    }

    /// Completes the row of an operation that Nacos has and Seawall does not.
    pub(crate) fn not_offered(self) -> Route {
        self.route
    }
}

/// The reader of an operation that needs nothing from the request.
pub(crate) fn nothing(_: &mut Call) -> Result<(), Fault> {
    Ok(())
}

impl Route {
    /// Whether the operation is one that clients ask for all the time. It takes some
    /// microseconds, or waits without computing.
    pub(crate) fn is_quick(&self) -> bool {
        matches!(
            self.point,
            Some(
                Point::ConfigQuery
                    | Point::ConfigListen
                    | Point::ConfigPublish
                    | Point::HttpHealthCheck
                    | Point::NamingInstanceRegister
                    | Point::NamingInstanceDeregister
                    | Point::NamingInstanceQuery
                    | Point::NamingServiceSubscribe
            )
        )
    }

    /// Whether some parameters stand in the path.
    pub(crate) fn has_parameters_in_path(&self) -> bool {
        self.path.contains('{')
    }

    /// The parameters it takes: name, and whether it must be there.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&'static str, bool)> + use<> {
        self.takes.split_whitespace().map(|name| match name.strip_suffix('!') {
            Some(name) => (name, true),
            None => (name, false),
        })
    }
}
