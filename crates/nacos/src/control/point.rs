//! The operations that can be limited, by Nacos's names.

use std::{fmt, str::FromStr};

use serde::Deserialize;

macro_rules! points {
    ($($name:ident = $text:literal,)*) => {
        /// An operation with a limit of its own. Names are those of Nacos's TPS points.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
        #[serde(try_from = "String")]
        #[expect(missing_docs, reason = "the names say all there is")]
        pub enum Point {
            $($name,)*
        }

        impl Point {
            /// Every point.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The point's name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

points! {
    HealthCheck = "HealthCheck",
    HttpHealthCheck = "HttpHealthCheck",
    ConfigQuery = "ConfigQuery",
    ConfigPublish = "ConfigPublish",
    ConfigRemove = "ConfigRemove",
    ConfigListen = "ConfigListen",
    ConfigFuzzyWatch = "ConfigFuzzyWatch",
    NamingFuzzyWatch = "NamingFuzzyWatch",
    RemoteNamingInstanceRegisterDeregister = "RemoteNamingInstanceRegisterDeregister",
    RemoteNamingInstanceBatchRegister = "RemoteNamingInstanceBatchRegister",
    RemoteNamingServiceQuery = "RemoteNamingServiceQuery",
    RemoteNamingServiceListQuery = "RemoteNamingServiceListQuery",
    RemoteNamingServiceSubscribeUnSubscribe = "RemoteNamingServiceSubscribeUnSubscribe",
    NamingInstanceRegister = "NamingInstanceRegister",
    NamingInstanceDeregister = "NamingInstanceDeregister",
    NamingInstanceUpdate = "NamingInstanceUpdate",
    NamingInstanceMetadataUpdate = "NamingInstanceMetadataUpdate",
    NamingInstanceQuery = "NamingInstanceQuery",
    NamingServiceRegister = "NamingServiceRegister",
    NamingServiceDeregister = "NamingServiceDeregister",
    NamingServiceUpdate = "NamingServiceUpdate",
    NamingServiceQuery = "NamingServiceQuery",
    NamingServiceListQuery = "NamingServiceListQuery",
    NamingServiceSubscribe = "NamingServiceSubscribe",
}

/// The text names no point.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an operation that can be limited; see the list of TPS points")]
pub struct UnknownPoint(String);

impl FromStr for Point {
    type Err = UnknownPoint;

    fn from_str(text: &str) -> Result<Self, UnknownPoint> {
        let found = Self::ALL.iter().find(|point| point.as_str() == text);
        found.copied().ok_or_else(|| UnknownPoint(text.to_owned()))
    }
}

impl TryFrom<String> for Point {
    type Error = UnknownPoint;

    fn try_from(text: String) -> Result<Self, UnknownPoint> {
        text.parse()
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back_and_others_are_refused() {
        for point in Point::ALL {
            assert_eq!(point.as_str().parse::<Point>(), Ok(*point));
        }
        assert!("ConfigQuerry".parse::<Point>().is_err());
    }
}
