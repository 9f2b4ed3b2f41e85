//! `seawall nacos export`.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use http::HeaderName;
use indicatif::ProgressBar;
use reqwest::{Method, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{canonical, progress, table};
use crate::{
    api::export::{ITEMS, LEFT, NEXT},
    cli::ExportArgs,
    client::Session,
    exit::Failure,
    runtime,
};

/// Stands between a namespace and the number of its file; no namespace has it in its
/// name.
const NUMBERED: char = '+';

#[derive(Debug, Serialize)]
struct ExportedFile {
    namespace: String,
    items: usize,
    bytes: usize,
    file: PathBuf,
}

#[derive(Deserialize)]
struct Listed {
    data: Vec<Value>,
}

/// What was written, and what was not.
#[derive(Default)]
struct Report {
    files: Vec<ExportedFile>,
    failures: Vec<(String, Failure)>,
}

pub(super) fn run(args: ExportArgs) -> Result<(), Failure> {
    let report = runtime::block_on(export(&args))?;
    if args.json {
        println!("{}", serde_json::to_string(&report.files).map_err(anyhow::Error::from)?);
    } else {
        print(&report.files);
    }
    report.outcome()
}

fn print(files: &[ExportedFile]) {
    let row = |file: &ExportedFile| {
        vec![
            file.namespace.clone(),
            file.items.to_string(),
            file.bytes.to_string(),
            file.file.display().to_string(),
        ]
    };
    let rows: Vec<_> = files.iter().map(row).collect();
    for line in table::lines(&["NAMESPACE", "ITEMS", "BYTES", "FILE"], &rows) {
        println!("{line}");
    }
}

impl Report {
    /// A failure of everything is what it is; one beside files that were written says
    /// that only part was done.
    fn outcome(mut self) -> Result<(), Failure> {
        if self.failures.is_empty() {
            return Ok(());
        }
        if self.files.is_empty() && self.failures.len() == 1 {
            return self.failures.pop().map_or(Ok(()), |(_, failure)| Err(failure));
        }
        let said: Vec<_> = self
            .failures
            .iter()
            .map(|(namespace, failure)| format!("namespace {namespace}: {failure}"))
            .collect();
        let said = format!("not everything was exported: {}", said.join("; "));
        Err(if self.files.is_empty() { Failure::Failed(said) } else { Failure::Partial(said) })
    }
}

async fn export(args: &ExportArgs) -> Result<Report, Failure> {
    let session = Session::open(&args.server).await?;
    let namespaces = if args.namespaces.is_empty() {
        all_namespaces(&session).await?
    } else {
        args.namespaces.iter().map(|id| canonical(id).to_owned()).collect()
    };
    fs::create_dir_all(&args.into).map_err(|error| unwritable(&args.into, &error))?;
    if !args.overwrite {
        refuse_present(&args.into, &namespaces)?;
    }
    let mut report = Report::default();
    for namespace in namespaces {
        let before = report.files.len();
        match namespace_into(args, &session, &namespace, &mut report.files).await {
            Ok(()) => {
                let written = report.files.iter().skip(before).map(|file| file.file.clone());
                if let Err(failure) = remove_others(&args.into, &namespace, &written.collect()) {
                    report.failures.push((namespace, failure));
                }
            }
            Err(failure) => {
                let gone = matches!(failure, Failure::Unreachable(_) | Failure::Unauthorised(_));
                report.failures.push((namespace, failure));
                if gone {
                    break;
                }
            }
        }
    }
    Ok(report)
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::Refused(format!("cannot write {}: {error}", path.display()))
}

/// Whether `file` is one of the files a namespace is exported to.
fn is_of(file: &str, namespace: &str) -> bool {
    let Some(name) = file.strip_suffix(".zip") else { return false };
    name == namespace
        || name
            .strip_prefix(namespace)
            .and_then(|rest| rest.strip_prefix(NUMBERED))
            .is_some_and(|number| number.parse::<u32>().is_ok())
}

fn files_in(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let read = |error: io::Error| {
        Failure::Refused(format!("cannot read {}: {error}", directory.display()))
    };
    let entries = fs::read_dir(directory).map_err(read)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(read)).collect()
}

fn name_of(file: &Path) -> &str {
    file.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn refuse_present(directory: &Path, namespaces: &[String]) -> Result<(), Failure> {
    let present = files_in(directory)?;
    let of_any = |file: &&PathBuf| namespaces.iter().any(|it| is_of(name_of(file), it));
    match present.iter().find(of_any) {
        None => Ok(()),
        Some(file) => Err(Failure::Refused(format!(
            "{} exists already; name another --into, or give --overwrite",
            file.display()
        ))),
    }
}

/// Removes what an earlier export of the namespace wrote and this one did not: parts
/// that are none any more.
fn remove_others(
    directory: &Path,
    namespace: &str,
    written: &BTreeSet<PathBuf>,
) -> Result<(), Failure> {
    for file in files_in(directory)? {
        if is_of(name_of(&file), namespace) && !written.contains(&file) {
            fs::remove_file(&file).map_err(|error| unwritable(&file, &error))?;
        }
    }
    Ok(())
}

async fn all_namespaces(session: &Session) -> Result<Vec<String>, Failure> {
    let request = session.request(Method::GET, "/nacos/v3/admin/core/namespace/list");
    let listed: Listed = session.json(request).await?;
    let id = |namespace: &Value| namespace.get("namespace")?.as_str().map(str::to_owned);
    Ok(listed.data.iter().filter_map(id).map(|id| canonical(&id).to_owned()).collect())
}

/// Writes the files of one namespace and notes each.
async fn namespace_into(
    args: &ExportArgs,
    session: &Session,
    namespace: &str,
    files: &mut Vec<ExportedFile>,
) -> Result<(), Failure> {
    let mut after = None;
    let mut bar: Option<ProgressBar> = None;
    for number in 1_u32.. {
        let response = part(args, session, namespace, after.as_deref()).await?;
        let (items, left) = (count(&response, &ITEMS), count(&response, &LEFT));
        let next = text(&response, &NEXT);
        let zip = response.bytes().await.map_err(|error| {
            Failure::Unreachable(format!("the export of {namespace} broke off: {error}"))
        })?;
        let name = match (number, &next) {
            (1, None) => format!("{namespace}.zip"),
            _ => format!("{namespace}{NUMBERED}{number}.zip"),
        };
        let file = args.into.join(name);
        write_whole(&file, &zip)?;
        let namespace = namespace.to_owned();
        let bar = bar.get_or_insert_with(|| {
            progress::bar(items.saturating_add(left), namespace.clone(), args.json)
        });
        bar.inc(items as u64);
        files.push(ExportedFile { namespace, items, bytes: zip.len(), file });
        after = next;
        if after.is_none() {
            bar.finish_and_clear();
            break;
        }
    }
    Ok(())
}

/// Writes a file so that it is there whole or, if that fails, not at all.
fn write_whole(file: &Path, content: &[u8]) -> Result<(), Failure> {
    let unfinished = file.with_extension("zip.unfinished");
    fs::write(&unfinished, content)
        .and_then(|()| fs::rename(&unfinished, file))
        .map_err(|error| unwritable(file, &error))
}

async fn part(
    args: &ExportArgs,
    session: &Session,
    namespace: &str,
    after: Option<&str>,
) -> Result<Response, Failure> {
    let request = session
        .request(Method::GET, "/api/v1/export/configuration")
        .query(&[("namespace", namespace)])
        .query(&[("itemsMax", args.part_items)])
        .query(&[("bytesMax", args.part_bytes)])
        .query(&after.map(|after| ("after", after)).into_iter().collect::<Vec<_>>());
    session.send(request).await
}

fn text(response: &Response, name: &HeaderName) -> Option<String> {
    let value = response.headers().get(name)?;
    value.to_str().ok().map(str::to_owned)
}

fn count(response: &Response, name: &HeaderName) -> usize {
    text(response, name).and_then(|text| text.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::is_of;

    #[test]
    fn files_of_a_namespace_are_told_from_those_of_others() {
        assert!(is_of("dev.zip", "dev") && is_of("dev+12.zip", "dev"));
        for other in ["dev+.zip", "dev+x.zip", "dev2.zip", "dev.1.zip", "dev", "dev+1.zip.bak"] {
            assert!(!is_of(other, "dev"), "{other}");
        }
    }
}
