//! Writing and reading things through the server's HTTP doors.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use md5::{Digest as _, Md5};
use serde_json::{Value, json};

use super::history;
use super::ledger::Seen;
use super::thing::{Kind, Thing, Version};
use crate::server::ADMIN;

const GROUP: &str = "KILL";

/// An answer that takes longer will not come.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to the server, with a login.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    agent: ureq::Agent,
    base: String,
    token: String,
}

/// Why a write was not acknowledged.
#[derive(Debug)]
pub(crate) enum Unacknowledged {
    /// The server answered no.
    Refused(String),
    /// No answer came: it may have been done or not.
    Unknown,
}

type Answer = ureq::http::Response<ureq::Body>;
type Parameters<'a> = Vec<(&'a str, String)>;

impl Door {
    /// Connects and logs in as the first administrator.
    pub(crate) fn log_in(base: &str, password: &str) -> anyhow::Result<Self> {
        let mut door = Self::without_login(base);
        let form = [("username", ADMIN.to_owned()), ("password", password.to_owned())];
        let mut answer = door
            .agent
            .post(format!("{base}/nacos/v1/auth/login"))
            .send_form(form)
            .context("logging in")?;
        let session: Value = parsed(&mut answer)?;
        let token = session.get("accessToken").and_then(Value::as_str);
        token.context("no token in the answer to the login")?.clone_into(&mut door.token);
        Ok(door)
    }

    fn without_login(base: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .build()
            .into();
        Self { agent, base: base.to_owned(), token: String::new() }
    }

    /// The same login on a connection of its own.
    pub(crate) fn another(&self) -> Self {
        Self { token: self.token.clone(), ..Self::without_login(&self.base) }
    }

    /// Gives `thing` a value, or removes it. `exists` tells whether it is there.
    pub(crate) fn write(
        &self,
        thing: Thing,
        value: Option<Version>,
        exists: bool,
    ) -> Result<(), Unacknowledged> {
        let answer = match thing.kind {
            Kind::Configuration => self.write_configuration(thing, value),
            Kind::Instance => self.write_instance(thing, value),
            Kind::User => self.write_user(thing, value, exists),
            Kind::Rule => self.write_rule(thing, value),
        };
        let mut answer = answer.map_err(|_| Unacknowledged::Unknown)?;
        let body = answer.body_mut().read_to_string().map_err(|_| Unacknowledged::Unknown)?;
        let refused = !answer.status().is_success()
            || body.trim() == "false"
            || (thing.kind == Kind::Rule && value.is_some() && applied(&body).is_err());
        if refused {
            let status = answer.status();
            return Err(Unacknowledged::Refused(format!("{thing:?}: {status} {body}")));
        }
        Ok(())
    }

    fn write_configuration(
        &self,
        thing: Thing,
        value: Option<Version>,
    ) -> Result<Answer, ureq::Error> {
        let mut fields =
            vec![("dataId", thing.name()), ("group", GROUP.to_owned()), ("tenant", String::new())];
        match value {
            Some(version) => {
                fields.push(("content", version.content()));
                fields.push(("type", "properties".to_owned()));
                self.post("/nacos/v1/cs/configs", fields)
            }
            None => self.delete("/nacos/v1/cs/configs", fields),
        }
    }

    fn write_instance(&self, thing: Thing, value: Option<Version>) -> Result<Answer, ureq::Error> {
        let mut fields = vec![
            ("serviceName", thing.name()),
            ("groupName", GROUP.to_owned()),
            ("namespaceId", "public".to_owned()),
            ("clusterName", "DEFAULT".to_owned()),
            ("ip", thing.address().to_string()),
            ("port", "8080".to_owned()),
            ("ephemeral", "false".to_owned()),
        ];
        match value {
            Some(Version(version)) => {
                let metadata = json!({ "first": version.to_string(), "last": version.to_string() });
                fields.push(("metadata", metadata.to_string()));
                fields.push(("weight", weight(version).to_string()));
                self.post("/nacos/v1/ns/instance", fields)
            }
            None => self.delete("/nacos/v1/ns/instance", fields),
        }
    }

    fn write_user(
        &self,
        thing: Thing,
        value: Option<Version>,
        exists: bool,
    ) -> Result<Answer, ureq::Error> {
        let path = "/nacos/v1/auth/users";
        let name = ("username", thing.name());
        match value {
            Some(version) if exists => {
                let fields = vec![name, ("newPassword", version.password())];
                self.agent.put(self.url(path)).send_form(self.with_token(fields))
            }
            Some(version) => self.post(path, vec![name, ("password", version.password())]),
            None => self.delete(path, vec![name]),
        }
    }

    fn write_rule(&self, thing: Thing, value: Option<Version>) -> Result<Answer, ureq::Error> {
        let bearer = format!("Bearer {}", self.token);
        match value {
            Some(Version(version)) => {
                let rule = json!({
                    "kind": "TrafficRule",
                    "name": thing.name(),
                    "spec": { "operation": {
                        "point": "ConfigPublish", "maxCount": version, "mode": "monitor",
                    } },
                });
                self.agent
                    .post(self.url("/api/v1/apply"))
                    .header("authorization", bearer)
                    .header("content-type", "application/json")
                    .send(rule.to_string())
            }
            None => {
                let url = self.url(&format!("/api/v1/resources/TrafficRule/{}", thing.name()));
                self.agent.delete(url).header("authorization", bearer).call()
            }
        }
    }

    /// What the server shows of `thing`. `candidates` are the values it may have: a
    /// password is not shown, only tried.
    pub(crate) fn read(&self, thing: Thing, candidates: &[Version]) -> anyhow::Result<Seen> {
        let seen = match thing.kind {
            Kind::Configuration => self.read_configuration(thing),
            Kind::Instance => self.read_instance(thing),
            Kind::User => self.read_user(thing, candidates),
            Kind::Rule => self.read_rule(thing),
        };
        seen.with_context(|| format!("reading {thing:?}"))
    }

    fn read_configuration(&self, thing: Thing) -> anyhow::Result<Seen> {
        let fields = vec![
            ("dataId", thing.name()),
            ("group", GROUP.to_owned()),
            ("tenant", String::new()),
            ("show", "all".to_owned()),
        ];
        let mut answer = self.get("/nacos/v1/cs/configs", fields)?;
        let item = match answer.status().as_u16() {
            404 => None,
            200 => Some(answer.body_mut().read_to_string()?),
            status => bail!("status {status}"),
        };
        let item = item.filter(|body| !body.trim().is_empty());
        let item: Option<Value> = item.map(|body| serde_json::from_str(&body)).transpose()?;
        let seen = item.as_ref().map_or(Seen::Absent, seen_configuration);
        if matches!(seen, Seen::Half(_)) {
            return Ok(seen);
        }
        let newest = self.newest_record(thing)?;
        let disagreement = history::disagreement(item.as_ref(), newest.as_ref());
        Ok(disagreement.map_or(seen, Seen::Half))
    }

    /// The newest record in the history of a configuration, with its content.
    fn newest_record(&self, thing: Thing) -> anyhow::Result<Option<Value>> {
        let of_item = || {
            vec![
                ("dataId", thing.name()),
                ("groupName", GROUP.to_owned()),
                ("namespaceId", "public".to_owned()),
            ]
        };
        let mut fields = of_item();
        fields.extend([("pageNo", "1".to_owned()), ("pageSize", "1".to_owned())]);
        let mut answer = self.get("/nacos/v3/admin/cs/history/list", fields)?;
        ensure!(answer.status().is_success(), "history: status {}", answer.status());
        let page: Value = parsed(&mut answer)?;
        let Some(newest) = page.pointer("/data/pageItems/0") else { return Ok(None) };
        let number = newest.get("id").context("a record without a number")?;
        let number = number.as_str().map_or_else(|| number.to_string(), str::to_owned);
        let mut fields = of_item();
        fields.push(("nid", number));
        let mut answer = self.get("/nacos/v3/admin/cs/history", fields)?;
        ensure!(answer.status().is_success(), "history record: status {}", answer.status());
        let record: Value = parsed(&mut answer)?;
        Ok(Some(record.get("data").context("a record without data")?.clone()))
    }

    fn read_instance(&self, thing: Thing) -> anyhow::Result<Seen> {
        let fields = vec![
            ("serviceName", thing.name()),
            ("groupName", GROUP.to_owned()),
            ("namespaceId", "public".to_owned()),
            ("healthyOnly", "false".to_owned()),
        ];
        let mut answer = self.get("/nacos/v1/ns/instance/list", fields)?;
        ensure!(answer.status().is_success(), "status {}", answer.status());
        let service: Value = parsed(&mut answer)?;
        let hosts = service.get("hosts").and_then(Value::as_array).context("no hosts")?;
        let address = thing.address().to_string();
        let host = hosts.iter().find(|host| host.get("ip").is_some_and(|ip| *ip == address));
        Ok(host.map_or(Seen::Absent, seen_instance))
    }

    fn read_user(&self, thing: Thing, candidates: &[Version]) -> anyhow::Result<Seen> {
        let fields = vec![
            ("search", "accurate".to_owned()),
            ("username", thing.name()),
            ("pageNo", "1".to_owned()),
            ("pageSize", "10".to_owned()),
        ];
        let mut answer = self.get("/nacos/v1/auth/users", fields)?;
        ensure!(answer.status().is_success(), "status {}", answer.status());
        let page: Value = parsed(&mut answer)?;
        let found = page.get("totalCount").and_then(Value::as_u64).context("no totalCount")?;
        if found == 0 {
            return Ok(Seen::Absent);
        }
        for version in candidates {
            let form = [("username", thing.name()), ("password", version.password())];
            let answer = self.agent.post(self.url("/nacos/v1/auth/login")).send_form(form)?;
            match answer.status().as_u16() {
                200 => return Ok(Seen::Whole { version: *version, stamp: None }),
                401 | 403 => {}
                status => bail!("a login was answered with {status}"),
            }
        }
        Ok(Seen::Half(format!("user {} opens with none of its passwords", thing.name())))
    }

    fn read_rule(&self, thing: Thing) -> anyhow::Result<Seen> {
        let url = self.url(&format!("/api/v1/resources/TrafficRule/{}", thing.name()));
        let bearer = format!("Bearer {}", self.token);
        let mut answer = self.agent.get(url).header("authorization", bearer).call()?;
        if answer.status() == 404 {
            return Ok(Seen::Absent);
        }
        ensure!(answer.status().is_success(), "status {}", answer.status());
        let rule: Value = parsed(&mut answer)?;
        let version = rule.pointer("/spec/operation/maxCount").and_then(Value::as_u64);
        Ok(match version {
            Some(version) => Seen::Whole { version: Version(version), stamp: None },
            None => Seen::Half(format!("rule {} without its limit: {rule}", thing.name())),
        })
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn with_token<'a>(&self, mut fields: Parameters<'a>) -> Parameters<'a> {
        fields.push(("accessToken", self.token.clone()));
        fields
    }

    fn get(&self, path: &str, fields: Parameters<'_>) -> Result<Answer, ureq::Error> {
        self.agent.get(self.url(path)).query_pairs(self.with_token(fields)).call()
    }

    fn post(&self, path: &str, fields: Parameters<'_>) -> Result<Answer, ureq::Error> {
        self.agent.post(self.url(path)).send_form(self.with_token(fields))
    }

    fn delete(&self, path: &str, fields: Parameters<'_>) -> Result<Answer, ureq::Error> {
        self.agent.delete(self.url(path)).query_pairs(self.with_token(fields)).call()
    }
}

fn parsed(answer: &mut Answer) -> anyhow::Result<Value> {
    let body = answer.body_mut().read_to_string().context("receiving")?;
    serde_json::from_str(&body).with_context(|| format!("{} {body}", answer.status()))
}

/// Fails unless every document of an apply was taken.
fn applied(body: &str) -> anyhow::Result<()> {
    let documents: Vec<Value> = serde_json::from_str(body).context("reading an apply")?;
    let refused = documents.iter().find_map(|document| document.get("error")?.as_str());
    match refused {
        Some(refused) => bail!("refused: {refused}"),
        None => Ok(()),
    }
}

/// Weights that tell versions apart and that every server keeps exactly.
fn weight(version: u64) -> f64 {
    f64::from(u32::try_from(version % 64).unwrap_or_default()) + 0.5
}

/// Content, digest and times of a configuration must belong together.
fn seen_configuration(item: &Value) -> Seen {
    let field = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
    let content = field("content");
    let md5 = hex::encode(Md5::digest(content));
    let (Some(version), true) = (Version::of_content(content), field("md5") == md5) else {
        return Seen::Half(format!("configuration of {} bytes: {item}", content.len()));
    };
    let created = item.get("createTime").unwrap_or(&Value::Null);
    let modified = item.get("modifyTime").unwrap_or(&Value::Null);
    if !modified.is_number() {
        return Seen::Half(format!("configuration without times: {item}"));
    }
    let stamp = format!("md5 {md5} created {created} modified {modified}");
    Seen::Whole { version, stamp: Some(stamp) }
}

/// Metadata and weight of an instance must be of one write.
fn seen_instance(host: &Value) -> Seen {
    let number = |key: &str| {
        host.pointer(&format!("/metadata/{key}")).and_then(Value::as_str)?.parse::<u64>().ok()
    };
    match (number("first"), number("last")) {
        (Some(first), Some(last))
            if first == last
                && host.get("weight").and_then(Value::as_f64) == Some(weight(first))
                && host.get("ephemeral") == Some(&Value::Bool(false)) =>
        {
            Seen::Whole { version: Version(first), stamp: None }
        }
        _ => Seen::Half(format!("instance {host}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_whole_when_content_digest_and_times_agree() {
        let content = Version(3).content();
        let md5 = hex::encode(Md5::digest(&content));
        let item = json!({
            "content": content, "md5": md5, "createTime": 1, "modifyTime": 2,
        });
        assert!(matches!(seen_configuration(&item), Seen::Whole { version: Version(3), .. }));
        for (field, wrong) in
            [("md5", json!("0")), ("content", json!("version=3\n")), ("modifyTime", json!(null))]
        {
            let mut item = item.clone();
            item[field] = wrong;
            assert!(matches!(seen_configuration(&item), Seen::Half(_)), "{field}");
        }
    }

    #[test]
    fn an_instance_is_whole_when_its_parts_are_of_one_write() {
        let host = json!({
            "ip": "127.96.0.1", "weight": 3.5, "ephemeral": false,
            "metadata": { "first": "3", "last": "3" },
        });
        assert_eq!(seen_instance(&host), Seen::Whole { version: Version(3), stamp: None });
        for (field, wrong) in [
            ("weight", json!(4.5)),
            ("ephemeral", json!(true)),
            ("metadata", json!({ "first": "3", "last": "4" })),
        ] {
            let mut host = host.clone();
            host[field] = wrong;
            assert!(matches!(seen_instance(&host), Seen::Half(_)), "{field}");
        }
    }

    #[test]
    fn an_apply_is_taken_only_when_every_document_is() {
        assert!(applied(r#"[{"kind":"TrafficRule","error":null}]"#).is_ok());
        assert!(applied(r#"[{"kind":"TrafficRule","error":"no"}]"#).is_err());
        assert!(applied("oops").is_err());
    }
}
