//! Nacos' zip form of many items.
//!
//! Entries are named `group/dataId` and hold the contents. The V1 form adds
//! `.meta.yml`, lines of `group.dataId.app=name` in which the last dot of the data
//! id is written `~`; the V2 form adds `.metadata.yml`, a YAML list with the
//! metadata of every item (Nacos: `ConfigController`, `YamlParserUtil`, `ZipUtils`).

pub(crate) mod form;
pub(crate) mod metadata;
pub(crate) mod pack;
#[cfg(test)]
mod tests;
pub(crate) mod unpack;
