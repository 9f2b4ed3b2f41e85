//! Reading settings from the file, the environment and flags.

use std::path::{Path, PathBuf};

use confique::{Config, File, FileFormat, Layer as _};

use super::{Layer, Settings, explain::explain_all};

/// Read when it is there and no other file is named.
const DEFAULT_FILE: &str = "seawall.toml";

/// Variables that start like settings but are none: read by single commands.
const OTHER_VARIABLES: &[&str] = &[
    "SEAWALL_CONFIG",
    "SEAWALL_ADMIN_PASSWORD",
    "SEAWALL_ADDRESS",
    "SEAWALL_USERNAME",
    "SEAWALL_PASSWORD",
    "SEAWALL_SOURCE_USERNAME",
    "SEAWALL_SOURCE_PASSWORD",
];

/// Why the settings were refused. Nothing was started and nothing touched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// A file or variable holds something that is no setting, or a value of the wrong kind.
    #[error("{0}; `seawall config explain` lists every key")]
    Refused(String),
    /// An environment variable looks like a setting and is none.
    #[error("{name} is set but names no setting; `seawall config explain` lists every key")]
    UnknownVariable {
        /// The variable.
        name: String,
    },
}

impl From<confique::Error> for LoadError {
    fn from(error: confique::Error) -> Self {
        // The library words its report over several lines and keeps the reason apart.
        let mut report = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            report.push_str(": ");
            report.push_str(&inner.to_string());
            cause = inner.source();
        }
        Self::Refused(report.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// Merges flags over environment over file over `defaults` over the built-in defaults.
pub(crate) fn load(
    file: Option<&Path>,
    flags: Layer,
    defaults: Layer,
) -> Result<Settings, LoadError> {
    refuse_unknown_variables(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))?;
    let layer = flags
        .with_fallback(Layer::from_env()?)
        .with_fallback(read_file(file)?)
        .with_fallback(defaults)
        .with_fallback(Layer::default_values());
    Ok(Settings::from_layer(layer)?)
}

pub(crate) fn read_file(file: Option<&Path>) -> Result<Layer, LoadError> {
    let layer = match file {
        Some(path) => File::with_format(path, FileFormat::Toml).required().load(),
        None => File::with_format(PathBuf::from(DEFAULT_FILE), FileFormat::Toml).load(),
    };
    Ok(layer?)
}

fn refuse_unknown_variables(names: impl Iterator<Item = String>) -> Result<(), LoadError> {
    let known = explain_all();
    let is_known = |name: &str| {
        OTHER_VARIABLES.contains(&name) || known.iter().any(|setting| setting.variable == name)
    };
    for name in names {
        if name.starts_with("SEAWALL_") && !is_known(&name) {
            return Err(LoadError::UnknownVariable { name });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{io::Write as _, net::IpAddr};

    use seawall_config::MasterKey;

    use super::*;

    fn from_file(text: &str) -> Result<Layer, LoadError> {
        let mut file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
        file.write_all(text.as_bytes()).unwrap();
        read_file(Some(file.path()))
    }

    fn complete(layer: Layer) -> Settings {
        Settings::from_layer(layer.with_fallback(Layer::default_values())).unwrap()
    }

    #[test]
    fn every_key_has_a_default() {
        let settings = complete(Layer::empty());
        assert_eq!(settings.doors.http_port, 8848);
        assert_eq!(settings.doors.grpc_port, 9848);
    }

    #[test]
    fn a_file_overrides_defaults_and_flags_override_the_file() {
        let file = from_file("[doors]\nhttp_port = 1\ngrpc_port = 2\n").unwrap();
        let mut flags = Layer::empty();
        flags.doors.grpc_port = Some(3);
        let settings = complete(flags.with_fallback(file));
        assert_eq!((settings.doors.http_port, settings.doors.grpc_port), (1, 3));
    }

    #[test]
    fn limits_reach_what_they_limit() {
        let file = from_file(
            "[configuration]\ncontent_bytes_max = 1\ngray_releases_max = 2\n\
             quota_group_items_max = 3\nimport_entries_max = 4\nimport_unpacked_bytes_max = 5\n\
             fuzzy_patterns_max = 6\nfuzzy_matches_max = 7\nlistens_per_client_max = 8\n\
             [registry]\nservices_max = 11\nmetadata_bytes_max = 12\nwarm_up_ms = 13\n\
             subscriptions_per_client_max = 14\nfuzzy_patterns_max = 15\nfuzzy_matches_max = 16\n\
             [nacos]\ntrusted_proxies = ['10.0.0.1', '::1']\nserver_list = ['a:8848']\n",
        );
        let settings = complete(file.unwrap());
        let configs = settings.configuration.configuration(MasterKey::from_bytes([7; 32]));
        assert_eq!((configs.content_bytes_max, configs.gray_releases_max), (1, 2));
        assert_eq!(configs.quota.group_items_max, 3);
        assert_eq!((configs.import.entries_max, configs.import.unpacked_bytes_max), (4, 5));
        let fuzzy = configs.fuzzy_watch;
        assert_eq!((fuzzy.patterns_max, fuzzy.matches_max), (6, 7));
        assert_eq!(configs.listens_per_client_max, 8);
        let registry = settings.registry.registry();
        assert_eq!((registry.services_max, registry.metadata_bytes_max), (11, 12));
        assert_eq!((registry.warm_up_ms, registry.subscriptions_per_client_max), (13, 14));
        assert_eq!((registry.fuzzy_patterns_max, registry.fuzzy_matches_max), (15, 16));
        let http = settings.nacos.nacos().http;
        assert_eq!(
            http.trusted_proxies,
            ["10.0.0.1", "::1"].map(|ip| ip.parse::<IpAddr>().unwrap())
        );
        assert_eq!(http.server_list, ["a:8848"]);
    }

    #[test]
    fn unknown_keys_and_wrong_values_are_refused_in_one_line() {
        for (text, says) in [
            ("colour = 1", "colour"),
            ("[doors]\nport = 1", "port"),
            ("[doors]\nhttp_port = 'x'", "u16"),
            ("[log", "line 1"),
            ("[node]\nzone = 'a b'", "a b"),
        ] {
            let message = from_file(text).unwrap_err().to_string();
            assert!(!message.contains('\n'), "{message}");
            assert!(message.contains("config explain"), "{message}");
            assert!(message.contains(says), "{message}");
        }
    }

    #[test]
    fn a_misspelt_variable_is_refused_by_name() {
        let names = ["PATH", "SEAWALL_DATA", "SEAWALL_DOORS_HTP_PORT"].map(str::to_owned);
        let refused = refuse_unknown_variables(names.into_iter()).unwrap_err();
        assert!(refused.to_string().contains("SEAWALL_DOORS_HTP_PORT"));
    }

    #[test]
    fn a_missing_file_is_an_error_only_when_it_was_named() {
        assert!(read_file(Some(Path::new("no/such/file.toml"))).is_err());
    }
}
