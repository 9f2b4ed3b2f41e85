//! Every setting with its default, unit and meaning, from the fields themselves.

use confique::{
    Config,
    meta::{Expr, Field, FieldKind, LeafKind, Meta},
};
use serde::Serialize;

use super::Settings;

/// One setting as `seawall config explain` shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Explained {
    /// Key in the file, with its section: `doors.http_port`.
    pub(crate) key: String,
    /// Environment variable.
    pub(crate) variable: &'static str,
    /// Default in the file's own notation; `None` when there is none.
    pub(crate) default: Option<Expr>,
    /// What it does, with its unit.
    pub(crate) meaning: String,
}

/// Every setting, in the order of the file.
pub(crate) fn explain_all() -> Vec<Explained> {
    let mut settings = Vec::new();
    collect(&Settings::META, "", &mut settings);
    settings
}

fn collect(meta: &Meta, section: &str, into: &mut Vec<Explained>) {
    for field in meta.fields {
        let key = match section {
            "" => field.name.to_owned(),
            section => format!("{section}.{}", field.name),
        };
        match field.kind {
            FieldKind::Nested { meta } => collect(meta, &key, into),
            FieldKind::Leaf { env, kind } => into.push(Explained {
                key,
                variable: env.unwrap_or_default(),
                default: default_of(kind),
                meaning: meaning_of(field),
            }),
        }
    }
}

fn default_of(kind: LeafKind) -> Option<Expr> {
    match kind {
        LeafKind::Required { default } => default,
        LeafKind::Optional => None,
    }
}

fn meaning_of(field: &Field) -> String {
    field.doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_meaning_and_its_own_variable() {
        let settings = explain_all();
        assert!(settings.len() > 20);
        for setting in &settings {
            assert!(setting.meaning.len() > 10, "{} is not explained", setting.key);
            let expected = format!("SEAWALL_{}", setting.key.replace('.', "_").to_uppercase());
            assert_eq!(setting.variable, expected, "variable of {}", setting.key);
        }
    }
}
