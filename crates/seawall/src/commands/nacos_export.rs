//! `seawall nacos export`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::table;
use crate::{cli::ExportArgs, client::Session, exit::Failure, runtime};

#[derive(Debug, Serialize)]
struct ExportedFile {
    namespace: String,
    file: PathBuf,
    bytes: usize,
}

#[derive(Deserialize)]
struct Listed {
    data: Vec<Value>,
}

pub(super) fn run(args: ExportArgs) -> Result<(), Failure> {
    let written = runtime::block_on(export(&args))?;
    if args.json {
        println!("{}", serde_json::to_string(&written).map_err(anyhow::Error::from)?);
        return Ok(());
    }
    let row = |file: &ExportedFile| {
        vec![file.namespace.clone(), file.bytes.to_string(), file.file.display().to_string()]
    };
    for line in
        table::lines(&["NAMESPACE", "BYTES", "FILE"], &written.iter().map(row).collect::<Vec<_>>())
    {
        println!("{line}");
    }
    Ok(())
}

async fn export(args: &ExportArgs) -> Result<Vec<ExportedFile>, Failure> {
    let session = Session::open(&args.server).await?;
    let namespaces = if args.namespaces.is_empty() {
        all_namespaces(&session).await?
    } else {
        args.namespaces.clone()
    };
    let cannot = |path: &Path, error: std::io::Error| {
        Failure::Refused(format!("cannot write {}: {error}", path.display()))
    };
    fs::create_dir_all(&args.into).map_err(|error| cannot(&args.into, error))?;
    let files: Vec<_> = namespaces
        .into_iter()
        .map(|namespace| (args.into.join(format!("{namespace}.zip")), namespace))
        .collect();
    if let Some((file, _)) = files.iter().find(|(file, _)| file.exists() && !args.overwrite) {
        return Err(Failure::Refused(format!(
            "{} exists already; name another --into, or give --overwrite",
            file.display()
        )));
    }
    let mut written = Vec::with_capacity(files.len());
    for (file, namespace) in files {
        let zip = download(&session, &namespace).await?;
        fs::write(&file, &zip).map_err(|error| cannot(&file, error))?;
        written.push(ExportedFile { namespace, file, bytes: zip.len() });
    }
    Ok(written)
}

async fn all_namespaces(session: &Session) -> Result<Vec<String>, Failure> {
    let request = session.request(Method::GET, "/nacos/v3/admin/core/namespace/list");
    let listed: Listed = session.json(request).await?;
    let id = |namespace: &Value| namespace.get("namespace")?.as_str().map(str::to_owned);
    let named = |id: String| if id.is_empty() { "public".to_owned() } else { id };
    Ok(listed.data.iter().filter_map(id).map(named).collect())
}

async fn download(session: &Session, namespace: &str) -> Result<Vec<u8>, Failure> {
    let request = session.request(Method::GET, "/nacos/v3/admin/cs/config/export").query(&[
        ("namespaceId", namespace),
        ("dataId", ""),
        ("groupName", ""),
        ("ids", ""),
    ]);
    let response = session.send(request).await?;
    let zip = response.bytes().await.map_err(|error| {
        Failure::Unreachable(format!("the export of {namespace} broke off: {error}"))
    })?;
    Ok(zip.to_vec())
}
