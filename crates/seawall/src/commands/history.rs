//! `seawall history`.

use reqwest::{Method, RequestBuilder};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::table;
use crate::{
    cli::{HistoryCommand, ItemArgs},
    client::Session,
    exit::Failure,
    runtime,
};

#[derive(Deserialize)]
struct Envelope<T> {
    data: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    page_items: Vec<Change>,
}

/// One change, as the list shows it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    id: String,
    /// `I`, `U` or `D`, after Nacos.
    op_type: String,
    modify_time: i64,
    #[serde(default)]
    src_user: Option<String>,
    #[serde(default)]
    src_ip: Option<String>,
    md5: String,
    #[serde(default)]
    gray_name: Option<String>,
}

/// What `rollback` did.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RolledBack<'a> {
    namespace: &'a str,
    group: &'a str,
    data_id: &'a str,
    change: u64,
}

pub(super) fn run(command: HistoryCommand) -> Result<(), Failure> {
    match command {
        HistoryCommand::List { item, limit, json } => list(&item, limit, json),
        HistoryCommand::Diff { item, change, json } => diff(&item, change, json),
        HistoryCommand::Rollback { item, change, json } => rollback(&item, change, json),
    }
}

fn list(item: &ItemArgs, limit: u32, json: bool) -> Result<(), Failure> {
    let found: Envelope<Page> = runtime::block_on(async {
        let session = Session::open(&item.server).await?;
        let size = limit.to_string();
        let request = about(&session, Method::GET, "list", item)
            .query(&[("pageNo", "1"), ("pageSize", size.as_str())]);
        session.json(request).await
    })?;
    let changes = found.data.page_items;
    if json {
        return print_json(&changes);
    }
    let head = ["CHANGE", "WHEN", "WHAT", "RELEASE", "USER", "FROM", "MD5"];
    for line in table::lines(&head, &changes.iter().map(row).collect::<Vec<_>>()) {
        println!("{line}");
    }
    Ok(())
}

fn row(change: &Change) -> Vec<String> {
    let or_dash = |text: Option<&str>| match text {
        None | Some("") => "-".to_owned(),
        Some(text) => text.to_owned(),
    };
    let what = match change.op_type.trim() {
        "I" => "created",
        "U" => "changed",
        "D" => "removed",
        other => other,
    };
    vec![
        change.id.clone(),
        moment(change.modify_time),
        what.to_owned(),
        or_dash(change.gray_name.as_deref()),
        or_dash(change.src_user.as_deref()),
        or_dash(change.src_ip.as_deref()),
        change.md5.clone(),
    ]
}

/// Milliseconds since the epoch as RFC 3339, in UTC; as they are if out of range.
fn moment(millis: i64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_else(|| millis.to_string())
}

fn diff(item: &ItemArgs, change: u64, json: bool) -> Result<(), Failure> {
    let found: Envelope<Value> = runtime::block_on(async {
        let session = Session::open(&item.server).await?;
        let nid = change.to_string();
        let request = about(&session, Method::GET, "diff", item).query(&[("nid", nid.as_str())]);
        session.json(request).await
    })?;
    if json {
        return print_json(&found.data);
    }
    print!("{}", found.data.get("diff").and_then(Value::as_str).unwrap_or_default());
    Ok(())
}

fn rollback(item: &ItemArgs, change: u64, json: bool) -> Result<(), Failure> {
    runtime::block_on(async {
        let session = Session::open(&item.server).await?;
        let nid = change.to_string();
        let request =
            about(&session, Method::POST, "rollback", item).query(&[("nid", nid.as_str())]);
        session.send(request).await.map(drop)
    })?;
    let ItemArgs { data_id, group, namespace, .. } = item;
    if json {
        return print_json(&RolledBack { namespace, group, data_id, change });
    }
    println!("{namespace} {group} {data_id}: as before change {change}");
    Ok(())
}

/// A request of the history API about one item.
fn about(session: &Session, method: Method, what: &str, item: &ItemArgs) -> RequestBuilder {
    session.request(method, &format!("/nacos/v3/admin/cs/history/{what}")).query(&[
        ("dataId", item.data_id.as_str()),
        ("groupName", item.group.as_str()),
        ("namespaceId", item.namespace.as_str()),
    ])
}

fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    println!("{}", serde_json::to_string(value).map_err(anyhow::Error::from)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_moment_is_written_in_utc() {
        assert_eq!(super::moment(784_111_777_000), "1994-11-06T08:49:37Z");
        assert_eq!(super::moment(i64::MAX), i64::MAX.to_string());
    }
}
