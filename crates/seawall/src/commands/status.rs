//! `seawall status`.

use reqwest::Method;

use super::table;
use crate::{api::status::Status, cli::StatusArgs, client::Session, exit::Failure, runtime};

pub(super) fn run(args: StatusArgs) -> Result<(), Failure> {
    let status = runtime::block_on(fetch(&args))?;
    if args.json {
        println!("{}", serde_json::to_string(&status).map_err(anyhow::Error::from)?);
        return Ok(());
    }
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let rows = [
        row("state", status.state.to_string()),
        row("node", status.node.to_string()),
        row("version", status.version.clone()),
        row("up for", format!("{} s", status.uptime_s)),
        row("services", status.services.to_string()),
        row("instances", status.instances.to_string()),
        row("configurations", status.configurations.to_string()),
        row("connections", status.connections.to_string()),
        row("store", store(&status)),
    ];
    for line in table::lines(&["", ""], &rows).iter().skip(1) {
        println!("{line}");
    }
    Ok(())
}

/// How the store is, in words.
fn store(status: &Status) -> String {
    let writes = match &status.writes_refused {
        Some(reason) => format!("refuses writes: {reason}"),
        None => "takes writes".to_owned(),
    };
    match status.damaged {
        0 => writes,
        damaged => format!("{writes}; {damaged} damaged places, see the log"),
    }
}

async fn fetch(args: &StatusArgs) -> Result<Status, Failure> {
    let session = Session::open(&args.server).await?;
    session.json(session.request(Method::GET, "/api/v1/status")).await
}
