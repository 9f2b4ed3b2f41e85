//! `seawall apply`.

use std::{io::Read as _, path::Path};

use reqwest::Method;

use super::table;
use crate::{
    api::resources::AppliedDocument, cli::ApplyArgs, client::Session, exit::Failure, runtime,
};

pub(super) fn run(args: ApplyArgs) -> Result<(), Failure> {
    let documents = read_documents(&args)?;
    let applied = runtime::block_on(send(&args, documents))?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&applied).map_err(anyhow::Error::from)?);
    } else {
        print(&applied, args.dry_run);
    }
    let refused = applied.iter().filter(|document| document.error.is_some()).count();
    match refused {
        0 => Ok(()),
        refused if refused == applied.len() => {
            Err(Failure::Failed("nothing was applied".to_owned()))
        }
        refused => Err(Failure::Partial(format!("{refused} of {} were refused", applied.len()))),
    }
}

fn read_documents(args: &ApplyArgs) -> Result<String, Failure> {
    let mut documents = String::new();
    for path in &args.files {
        let text = read_one(path).map_err(|error| {
            Failure::Refused(format!("cannot read {}: {error}", path.display()))
        })?;
        documents.push_str("---\n");
        documents.push_str(&text);
        documents.push('\n');
    }
    Ok(documents)
}

fn read_one(path: &Path) -> std::io::Result<String> {
    if path != Path::new("-") {
        return std::fs::read_to_string(path);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

async fn send(args: &ApplyArgs, documents: String) -> Result<Vec<AppliedDocument>, Failure> {
    let session = Session::open(&args.server).await?;
    let request = session
        .request(Method::POST, "/api/v1/apply")
        .query(&[("dryRun", args.dry_run)])
        .header("content-type", "application/yaml")
        .body(documents);
    session.json(request).await
}

fn print(applied: &[AppliedDocument], dry_run: bool) {
    let rows: Vec<_> = applied
        .iter()
        .map(|document| {
            let outcome = match (&document.error, dry_run) {
                (Some(error), _) => format!("refused: {error}"),
                (None, true) => format!("would be {}", document.outcome),
                (None, false) => document.outcome.clone(),
            };
            vec![document.kind.clone(), document.name.clone(), outcome]
        })
        .collect();
    for line in table::lines(&["KIND", "NAME", "OUTCOME"], &rows) {
        println!("{line}");
    }
    for document in applied.iter().filter(|document| !document.diff.is_empty()) {
        println!("\n{} {}\n{}", document.kind, document.name, document.diff.trim_end());
    }
}
