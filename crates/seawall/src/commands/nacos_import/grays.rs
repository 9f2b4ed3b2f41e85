//! Gray releases of one configuration.

use std::collections::BTreeSet;

use seawall_config::GrayRule;

use super::{Importer, configurations::Outcomes};
use crate::{
    api::import::{ImportedConfiguration, ImportedGray},
    exit::Failure,
    migrate::{GrayForm, GrayRuleForm, HistoryForm, ItemName, Tagged},
};

/// What names of releases for a tag begin with.
const TAG_PREFIX: &str = "tag_";
/// Name of the one beta release.
const BETA: &str = "beta";

impl Importer<'_> {
    /// Copies the gray releases of `item`, which is not here yet: the beta release, and
    /// those for the tags that its history names or the command line does.
    pub(super) async fn grays(
        &self,
        namespace: &str,
        name: &ItemName,
        item: &ImportedConfiguration,
        recorded: &BTreeSet<String>,
        outcomes: &mut Outcomes,
    ) -> Result<(), Failure> {
        if let Some(form) = self.source.beta(namespace, name).await? {
            match rule_of(BETA, &form.gray_rule, &form.beta_ips) {
                Ok(rule) => self.gray(item, form, rule, recorded.contains(BETA), outcomes).await?,
                Err(reason) => outcomes.leave(namespace, name, &format!("beta release: {reason}")),
            }
        }
        let of_history = recorded.iter().filter_map(|gray| gray.strip_prefix(TAG_PREFIX));
        let asked = self.args.tags.iter().map(String::as_str);
        for tag in of_history.chain(asked).collect::<BTreeSet<_>>() {
            let what = |reason: &str| format!("release for tag {tag}: {reason}");
            let told = recorded.contains(&format!("{TAG_PREFIX}{tag}"));
            match self.source.tagged(namespace, name, tag).await? {
                Tagged::Absent => {}
                Tagged::Hidden(reason) => outcomes.leave(namespace, name, &what(reason)),
                Tagged::Found(form) => match valid(ImportedGray::Tag { tag: tag.to_owned() }) {
                    Ok(rule) => self.gray(item, form, rule, told, outcomes).await?,
                    Err(reason) => outcomes.leave(namespace, name, &what(&reason)),
                },
            }
        }
        let others = recorded.iter().filter(|it| *it != BETA && !it.starts_with(TAG_PREFIX));
        for gray in others {
            outcomes.leave(
                namespace,
                name,
                &format!("gray release {gray}: Nacos shows it nowhere"),
            );
        }
        Ok(())
    }

    /// Copies one release; `told` is whether the history tells of it.
    async fn gray(
        &self,
        item: &ImportedConfiguration,
        form: GrayForm,
        rule: ImportedGray,
        told: bool,
        outcomes: &mut Outcomes,
    ) -> Result<(), Failure> {
        let or_item = |text: String, of_item: &String| {
            if text.is_empty() { of_item.clone() } else { text }
        };
        let body = ImportedConfiguration {
            content: form.content,
            content_type: or_item(form.content_type, &item.content_type),
            encrypted_data_key: form.encrypted_data_key,
            created_ms: form.modify_time,
            modified_ms: form.modify_time,
            created_by: or_item(form.create_user, &item.created_by),
            has_history: told && !self.args.no_history,
            gray: Some(rule),
            ..item.clone()
        };
        outcomes.grays.push(self.put("/api/v1/import/configuration", &body).await?);
        Ok(())
    }
}

/// The release an entry of a history was done to, and its name; `None` for the item.
pub(super) fn of_entry(entry: &HistoryForm) -> Option<(&str, Result<ImportedGray, String>)> {
    let name = entry.gray_name.as_str();
    if name.is_empty() {
        return None;
    }
    let more: serde_json::Value = serde_json::from_str(&entry.ext_info).unwrap_or_default();
    let rule = more.get("gray_rule").and_then(serde_json::Value::as_str).unwrap_or_default();
    Some((name, rule_of(name, rule, rule)))
}

/// A rule from its JSON, or from a bare expression that its release's name explains.
fn rule_of(name: &str, json: &str, expression: &str) -> Result<ImportedGray, String> {
    let rule = match serde_json::from_str::<GrayRuleForm>(json) {
        Ok(GrayRuleForm { kind, expression, priority }) => match kind.as_str() {
            BETA => ImportedGray::Beta { ips: expression },
            "tag" => ImportedGray::Tag { tag: expression },
            "labels" => ImportedGray::Labels {
                name: name.to_owned(),
                selector: expression,
                priority: priority.parse().unwrap_or_default(),
            },
            kind => return Err(format!("rule `{kind}` is not known")),
        },
        Err(_) if name == BETA => ImportedGray::Beta { ips: expression.to_owned() },
        Err(_) => match name.strip_prefix(TAG_PREFIX) {
            Some(tag) => ImportedGray::Tag { tag: tag.to_owned() },
            None => return Err("its rule cannot be read".to_owned()),
        },
    };
    valid(rule)
}

/// Refuses a rule that this Seawall would refuse too, for it will not get better.
fn valid(rule: ImportedGray) -> Result<ImportedGray, String> {
    let checked = match &rule {
        ImportedGray::Beta { ips } => GrayRule::beta(ips),
        ImportedGray::Tag { tag } => GrayRule::tag(tag),
        ImportedGray::Labels { name, selector, priority } => {
            GrayRule::labels(name, selector, *priority)
        }
    };
    checked.map(|_| rule).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_of_every_writer_are_read() {
        let beta = ImportedGray::Beta { ips: "10.0.0.7".to_owned() };
        let json = r#"{"type":"beta","version":"1.0.0","expr":"10.0.0.7","priority":"1"}"#;
        assert_eq!(rule_of("beta", json, ""), Ok(beta.clone()));
        assert_eq!(rule_of("beta", "", "10.0.0.7"), Ok(beta), "the first two generations");
        let tag = ImportedGray::Tag { tag: "canary".to_owned() };
        assert_eq!(rule_of("tag_canary", "canary", "canary"), Ok(tag));
        assert!(rule_of("beta", "", "no-address").is_err());
        assert!(rule_of("of-a-plugin", r#"{"type":"x"}"#, "").is_err());

        let entry = json!({ "id": 1, "grayName": "tag_canary", "extInfo":
            r#"{"gray_name":"tag_canary","gray_rule":"{\"type\":\"tag\",\"expr\":\"canary\"}"}"# });
        let entry: HistoryForm = serde_json::from_value(entry).unwrap();
        let (name, rule) = of_entry(&entry).unwrap();
        assert_eq!((name, rule.is_ok()), ("tag_canary", true));
    }
}
