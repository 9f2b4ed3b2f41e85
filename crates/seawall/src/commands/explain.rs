//! `seawall config explain`.

use anyhow::Context as _;

use crate::{
    exit::Failure,
    settings::{Explained, explain_all},
};

pub(super) fn run(filter: Option<&str>, json: bool) -> Result<(), Failure> {
    let wanted = |setting: &Explained| filter.is_none_or(|text| setting.key.contains(text));
    let settings: Vec<_> = explain_all().into_iter().filter(wanted).collect();
    if settings.is_empty() {
        let filter = filter.unwrap_or_default();
        return Err(Failure::Refused(format!("no setting's key contains `{filter}`")));
    }
    if json {
        let text = serde_json::to_string_pretty(&settings).context("writing JSON")?;
        println!("{text}");
        return Ok(());
    }
    for setting in &settings {
        let default = default_text(setting)?;
        println!("{}  (default: {default}, variable: {})", setting.key, setting.variable);
        println!("    {}\n", setting.meaning);
    }
    Ok(())
}

fn default_text(setting: &Explained) -> anyhow::Result<String> {
    match &setting.default {
        Some(value) => serde_json::to_string(value).context("writing a default"),
        None => Ok("none".to_owned()),
    }
}
