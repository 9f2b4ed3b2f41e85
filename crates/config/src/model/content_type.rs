//! The form a content is written in.

use std::fmt;

/// How a content is to be read. The set is Nacos' (`ConfigType`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContentType {
    /// Plain text; what is taken when nothing is said.
    #[default]
    Text,
    /// JSON (RFC 8259).
    Json,
    /// XML 1.0.
    Xml,
    /// YAML 1.2, one or more documents.
    Yaml,
    /// HTML; never checked.
    Html,
    /// Java properties.
    Properties,
    /// TOML 1.0.
    Toml,
    /// Said to be unknown; never checked.
    Unset,
}

impl ContentType {
    /// Every type.
    pub const ALL: [Self; 8] = [
        Self::Text,
        Self::Json,
        Self::Xml,
        Self::Yaml,
        Self::Html,
        Self::Properties,
        Self::Toml,
        Self::Unset,
    ];

    /// The type's name, lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Xml => "xml",
            Self::Yaml => "yaml",
            Self::Html => "html",
            Self::Properties => "properties",
            Self::Toml => "toml",
            Self::Unset => "unset",
        }
    }

    /// The type with this name, in any case (`yml` is `yaml`); `None` for others.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("yml") {
            return Some(Self::Yaml);
        }
        Self::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(text))
    }
}

impl fmt::Display for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for known in ContentType::ALL {
            assert_eq!(ContentType::parse(known.as_str()), Some(known));
        }
        assert_eq!(ContentType::parse("YML"), Some(ContentType::Yaml));
        assert_eq!(ContentType::parse("ini"), None);
    }
}
