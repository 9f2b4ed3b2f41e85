//! Publishing an item or a gray release of it.

use std::sync::Arc;

use http::HeaderName;
use seawall_config::{ContentType, GrayRule, Publish, Published};

use super::gray;
use crate::http::{call::Call, fault::Fault, state::Http, target};

/// Publish only over the content with this fingerprint.
const CAS_MD5: HeaderName = HeaderName::from_static("casmd5");
/// Publish for these addresses only.
const BETA_IPS: HeaderName = HeaderName::from_static("betaips");
/// The application of the client.
const CLIENT_APP: HeaderName = HeaderName::from_static("client-appname");

/// Reads a publish request.
pub(crate) fn read(call: &mut Call) -> Result<Publish, Fault> {
    let key = target::config(call)?;
    let names = call.generation.config_names();
    let gray = gray(call)?;
    let content_type = match call.params.get("type") {
        Some(text) if text.len() > 32 => return Err(Fault::invalid("too long type, over 32")),
        // Nacos takes what it does not know for text.
        Some(text) => Some(ContentType::parse(text).unwrap_or_default()),
        None => None,
    };
    let app_name = call.params.get("appName").or_else(|| call.header(&CLIENT_APP));
    let mut publish = Publish::new(key, "");
    publish.from_client = call.admitted.is_client();
    publish.cas_md5 = call.header(&CAS_MD5).map(str::to_owned);
    publish.content_type = content_type;
    publish.encrypted_data_key = call.params.or("encryptedDataKey", "").to_owned();
    publish.app_name = app_name.map(str::to_owned);
    publish.description = call.params.raw("desc").map(str::to_owned);
    publish.tags = call
        .params
        .raw(names.tags)
        .map(|_| call.params.list(names.tags).into_iter().map(str::to_owned).collect());
    publish.schema = call.params.raw("schema").map(str::to_owned);
    publish.usage = call.params.raw("use").map(str::to_owned);
    publish.effect = call.params.raw("effect").map(str::to_owned);
    publish.gray = gray;
    publish.author = call.author();
    let content = call.params.take("content").ok_or_else(|| Fault::missing("content"))?;
    if content.trim().is_empty() {
        return Err(Fault::missing("content"));
    }
    publish.content = content.into();
    Ok(publish)
}

/// Nacos names addresses in a header and a tag among the parameters; any other
/// release has a name and a condition.
fn gray(call: &Call) -> Result<Option<GrayRule>, Fault> {
    let rule = match (call.header(&BETA_IPS), call.params.get("tag")) {
        (Some(ips), _) => GrayRule::beta(ips),
        (None, Some(tag)) => GrayRule::tag(tag),
        (None, None) if call.params.get("grayName").is_none() => return Ok(None),
        (None, None) => return gray::read_rule(call).map(Some),
    };
    rule.map(Some).map_err(gray::refused)
}

/// Publishes; on disk and on its way to listeners when this returns.
pub(crate) async fn publish(http: Arc<Http>, input: Publish) -> Result<Published, Fault> {
    Ok(http.configs.publish(input).await?)
}
