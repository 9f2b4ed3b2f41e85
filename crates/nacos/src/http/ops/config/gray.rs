//! Gray releases of an item: Nacos' beta, and any by its name.

use std::sync::Arc;

use http::StatusCode;
use seawall_config::{
    Answer, Author, ConfigKey, ConfigMeta, GrayName, GrayRule, GrayRuleError, PublishError,
};

use crate::http::{call::Call, code::Code, fault::Fault, state::Http, target};

/// Priority of a rule that names none, as in Nacos.
const PRIORITY: i32 = 0;

/// The rule that `grayName`, `grayRuleExp` and `grayPriority` describe.
pub(super) fn read_rule(call: &Call) -> Result<GrayRule, Fault> {
    let name = call.params.required("grayName")?;
    let expression = call.params.required("grayRuleExp")?;
    let priority = call.params.parsed("grayPriority")?.unwrap_or(PRIORITY);
    GrayRule::named(name, expression, priority).map_err(refused)
}

/// Why there is no such rule, with Nacos' code for it.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(super) fn refused(error: GrayRuleError) -> Fault {
    Fault::new(StatusCode::BAD_REQUEST, Code::GrayRuleInvalid, error.to_string())
}

/// The name of a release, which must be there.
pub(super) fn name(call: &Call) -> Result<GrayName, Fault> {
    Ok(call.params.required("grayName")?.parse()?)
}

/// One release of one item.
#[derive(Debug)]
pub(crate) struct Which {
    key: ConfigKey,
    name: GrayName,
}

impl Which {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        Ok(Self { key: target::config(call)?, name: name(call)? })
    }
}

/// The release with its content, which must be there.
pub(crate) async fn find(http: Arc<Http>, input: Which) -> Result<Arc<Answer>, Fault> {
    let found = http.configs.get_gray(&input.key, &input.name).await?;
    found.ok_or_else(|| absent(&input.name))
}

/// The releases of an item, in the order they are tried.
pub(crate) async fn list(http: Arc<Http>, key: ConfigKey) -> Result<Vec<Arc<ConfigMeta>>, Fault> {
    Ok(http.configs.grays(&key)?)
}

/// Another condition for a release.
#[derive(Debug)]
pub(crate) struct Rule {
    key: ConfigKey,
    rule: GrayRule,
    author: Author,
}

impl Rule {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        Ok(Self { key: target::config(call)?, rule: read_rule(call)?, author: call.author() })
    }
}

/// Gives a release, which must be there, another condition; its content stays.
pub(crate) async fn set_rule(http: Arc<Http>, input: Rule) -> Result<(), Fault> {
    let Rule { key, rule, author } = input;
    let name = rule.name.clone();
    http.configs.put_gray_rule(&key, rule, author).await.map_err(|error| match error {
        PublishError::NotFound => absent(&name),
        other => other.into(),
    })
}

fn absent(name: &GrayName) -> Fault {
    Fault::not_found(format!("gray release {name} not exist"))
}

/// The beta release with its content; `None` if there is none.
pub(crate) async fn find_beta(
    http: Arc<Http>,
    key: ConfigKey,
) -> Result<Option<Arc<Answer>>, Fault> {
    let beta = GrayRule::beta_name().map_err(|error| Fault::invalid(error.to_string()))?;
    Ok(http.configs.get_gray(&key, &beta).await?)
}

/// The beta release with its content, which must be there.
pub(crate) async fn beta(http: Arc<Http>, key: ConfigKey) -> Result<Arc<Answer>, Fault> {
    find_beta(http, key).await?.ok_or_else(|| Fault::not_found("Config is not in beta."))
}
