//! `seawall get`.

use reqwest::Method;
use serde_json::Value;

use crate::{cli::GetArgs, client::Session, exit::Failure, runtime};

pub(super) fn run(args: GetArgs) -> Result<(), Failure> {
    let found = runtime::block_on(fetch(&args))?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&found).map_err(anyhow::Error::from)?);
        return Ok(());
    }
    let documents = match &found {
        Value::Array(items) => items.iter().collect(),
        single => vec![single],
    };
    for (position, document) in documents.into_iter().enumerate() {
        if position > 0 {
            println!("---");
        }
        print!("{}", serde_yaml_ng::to_string(document).map_err(anyhow::Error::from)?);
    }
    Ok(())
}

async fn fetch(args: &GetArgs) -> Result<Value, Failure> {
    let session = Session::open(&args.server).await?;
    let path = match (&args.kind, &args.name, args.history) {
        (None, _, _) => "/api/v1/kinds".to_owned(),
        (Some(kind), None, _) => format!("/api/v1/resources/{kind}"),
        (Some(kind), Some(name), false) => format!("/api/v1/resources/{kind}/{name}"),
        (Some(kind), Some(name), true) => format!("/api/v1/resources/{kind}/{name}/history"),
    };
    let request = session.request(Method::GET, &path).query(&[("tenant", &args.tenant)]);
    session.json(request).await
}
