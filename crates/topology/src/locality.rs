//! Where a node stands, and how far two nodes are apart.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::name::{NameError, NodeId, Region, Zone};

/// Region, zone and node of one process, written `region/zone/node`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Locality {
    /// The region the node stands in.
    pub region: Region,
    /// The zone inside that region.
    pub zone: Zone,
    /// The node itself.
    pub node: NodeId,
}

/// How far apart two nodes are, nearest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Distance {
    /// The same process.
    SameNode,
    /// Different nodes of one zone.
    SameZone,
    /// Different zones of one region: about a millisecond.
    SameRegion,
    /// Different regions: tens of milliseconds, over links that may break.
    OtherRegion,
}

impl Locality {
    /// How far `other` is from here. Zones of different regions are never the
    /// same zone, whatever their names.
    pub fn distance(&self, other: &Self) -> Distance {
        if self.region != other.region {
            Distance::OtherRegion
        } else if self.zone != other.zone {
            Distance::SameRegion
        } else if self.node != other.node {
            Distance::SameZone
        } else {
            Distance::SameNode
        }
    }
}

impl FromStr for Locality {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let mut parts = text.split('/');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(region), Some(zone), Some(node), None) => {
                Ok(Self { region: region.parse()?, zone: zone.parse()?, node: node.parse()? })
            }
            _ => Err(NameError::NotALocality { text: text.to_owned() }),
        }
    }
}

impl fmt::Display for Locality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.region, self.zone, self.node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Locality {
        text.parse().unwrap()
    }

    #[test]
    fn distance_grows_outward() {
        let here = at("north/a/n1");
        let table = [
            ("north/a/n1", Distance::SameNode),
            ("north/a/n2", Distance::SameZone),
            ("north/b/n1", Distance::SameRegion),
            ("south/a/n1", Distance::OtherRegion),
        ];
        for (there, expected) in table {
            assert_eq!(here.distance(&at(there)), expected, "{there}");
            assert_eq!(at(there).distance(&here), expected, "{there}, the other way");
        }
        assert!(Distance::SameZone < Distance::OtherRegion);
    }

    #[test]
    fn is_written_as_it_is_read() {
        assert_eq!(at("north/a/n1").to_string(), "north/a/n1");
        for text in ["north/a", "north/a/n1/x", "//", ""] {
            assert!(text.parse::<Locality>().is_err(), "{text}");
        }
    }
}
