//! The unary requests that are understood.

use crate::Point;

macro_rules! kinds {
    ($($name:ident: $request:literal => $response:literal, $module:literal, $point:expr;)*) => {
        /// What a unary request is, by the simple class name it names as its type.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Kind {
            $($name,)*
        }

        impl Kind {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The kind with this type name.
            pub(crate) fn of_request(name: &str) -> Option<Self> {
                match name { $($request => Some(Self::$name),)* _ => None }
            }

            /// The type name of the request.
            pub(crate) const fn request(self) -> &'static str {
                match self { $(Self::$name => $request,)* }
            }

            /// The type name of the answer.
            pub(crate) const fn response(self) -> &'static str {
                match self { $(Self::$name => $response,)* }
            }

            /// The part of Nacos it belongs to, as metrics name it.
            pub(crate) const fn module(self) -> &'static str {
                match self { $(Self::$name => $module,)* }
            }

            /// The operation whose limit it counts against.
            pub(crate) const fn point(self) -> Option<Point> {
                match self { $(Self::$name => $point,)* }
            }
        }
    };
}

kinds! {
    ServerCheck: "ServerCheckRequest" => "ServerCheckResponse", "internal", None;
    HealthCheck: "HealthCheckRequest" => "HealthCheckResponse", "internal", Some(Point::HealthCheck);
    PushAck: "PushAckRequest" => "PushAckResponse", "internal", None;
    ConfigQuery: "ConfigQueryRequest" => "ConfigQueryResponse", "config", Some(Point::ConfigQuery);
    ConfigPublish: "ConfigPublishRequest" => "ConfigPublishResponse", "config",
        Some(Point::ConfigPublish);
    ConfigRemove: "ConfigRemoveRequest" => "ConfigRemoveResponse", "config", Some(Point::ConfigRemove);
    // The answer is not named after its request (trap T6).
    ConfigBatchListen: "ConfigBatchListenRequest" => "ConfigChangeBatchListenResponse", "config",
        Some(Point::ConfigListen);
    ConfigFuzzyWatch: "ConfigFuzzyWatchRequest" => "ConfigFuzzyWatchResponse", "config",
        Some(Point::ConfigFuzzyWatch);
    Instance: "InstanceRequest" => "InstanceResponse", "naming",
        Some(Point::RemoteNamingInstanceRegisterDeregister);
    BatchInstance: "BatchInstanceRequest" => "BatchInstanceResponse", "naming",
        Some(Point::RemoteNamingInstanceBatchRegister);
    PersistentInstance: "PersistentInstanceRequest" => "InstanceResponse", "naming",
        Some(Point::RemoteNamingInstanceRegisterDeregister);
    SubscribeService: "SubscribeServiceRequest" => "SubscribeServiceResponse", "naming",
        Some(Point::RemoteNamingServiceSubscribeUnSubscribe);
    ServiceQuery: "ServiceQueryRequest" => "QueryServiceResponse", "naming",
        Some(Point::RemoteNamingServiceQuery);
    ServiceList: "ServiceListRequest" => "ServiceListResponse", "naming",
        Some(Point::RemoteNamingServiceListQuery);
    NamingFuzzyWatch: "NamingFuzzyWatchRequest" => "NamingFuzzyWatchResponse", "naming",
        Some(Point::NamingFuzzyWatch);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t06_a_batch_listen_is_answered_under_the_name_clients_expect() {
        assert_eq!(Kind::ConfigBatchListen.response(), "ConfigChangeBatchListenResponse");
        for kind in Kind::ALL {
            assert_eq!(Kind::of_request(kind.request()), Some(*kind));
        }
        assert_eq!(Kind::of_request("DistroDataRequest"), None);
    }
}
