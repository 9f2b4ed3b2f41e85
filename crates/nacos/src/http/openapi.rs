//! The OpenAPI document, made of the same rows the router is made of.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{
    generation::Generation,
    glossary,
    route::{Needs, Route},
    table::CONTEXT,
};

/// The document for `rows` (OpenAPI 3.1.0).
pub(crate) fn document(rows: &[Route], version: &str) -> Value {
    let mut paths: BTreeMap<String, BTreeMap<String, Vec<&Route>>> = BTreeMap::new();
    for row in rows {
        let operations = paths.entry(format!("{CONTEXT}{}", row.path)).or_default();
        for method in row.methods {
            operations.entry(method.as_str().to_ascii_lowercase()).or_default().push(row);
        }
    }
    let paths: Map<String, Value> = paths
        .into_iter()
        .map(|(path, operations)| {
            let operations: Map<String, Value> = operations
                .into_iter()
                .map(|(method, rows)| (method.clone(), operation(&path, &method, &rows)))
                .collect();
            (path, Value::Object(operations))
        })
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Seawall: the Nacos HTTP API",
            "version": version,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": { "securitySchemes": {
            "accessToken": { "type": "apiKey", "in": "query", "name": "accessToken" },
            "bearer": { "type": "http", "scheme": "bearer" },
        } },
    })
}

/// One method of one path. Rows that a parameter tells apart share it, since
/// OpenAPI knows one operation for both.
fn operation(path: &str, method: &str, rows: &[&Route]) -> Value {
    let variants: Vec<String> = rows
        .iter()
        .map(|row| match row.when {
            Some((name, value)) => format!("With `{name}={value}`: {}.", row.about),
            None => format!("{}.", row.about),
        })
        .collect();
    let summary = rows.iter().find(|row| row.when.is_none()).or(rows.first());
    let open = rows.iter().all(|row| row.needs == Needs::Nothing);
    let security = if open { json!([]) } else { json!([{ "accessToken": [] }, { "bearer": [] }]) };
    json!({
        "operationId": operation_id(path, method),
        "tags": [summary.map_or("", |row| tag(row.generation))],
        "summary": summary.map_or("", |row| row.about),
        "description": variants.join("\n\n"),
        "parameters": parameters(path, rows),
        "security": security,
        "responses": { "200": { "description": "The answer" },
                       "default": { "description": "A refusal" } },
    })
}

fn operation_id(path: &str, method: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(method.to_owned(), |id, word| format!("{id}_{word}"))
}

const fn tag(generation: Generation) -> &'static str {
    match generation {
        Generation::V1 => "v1",
        Generation::V2 => "v2",
        Generation::V3 => "v3",
    }
}

/// A parameter is required when every row that shares the operation requires it.
fn parameters(path: &str, rows: &[&Route]) -> Vec<Value> {
    let names: BTreeSet<&str> =
        rows.iter().flat_map(|row| row.parameters()).map(|(name, _)| name).collect();
    let conditions = rows.iter().filter_map(|row| row.when).map(|(name, _)| name);
    let names: BTreeSet<&str> = names.into_iter().chain(conditions).collect();
    names
        .into_iter()
        .map(|name| {
            let in_path = path.contains(&format!("{{{name}}}"));
            let required = rows.iter().all(|row| row.parameters().any(|p| p == (name, true)));
            let (kind, about) = glossary::explain(name);
            json!({
                "name": name,
                "in": if in_path { "path" } else { "query" },
                "required": in_path || required,
                "description": about,
                "schema": { "type": kind },
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::{super::table, *};

    #[test]
    fn the_document_names_every_route_and_nothing_else() {
        let rows = table::routes();
        let document = document(&rows, "0");
        let written: BTreeSet<(String, String)> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, operations)| {
                let methods = operations.as_object().unwrap().keys();
                methods.map(|method| (path.clone(), method.to_uppercase())).collect::<Vec<_>>()
            })
            .collect();
        let routed: BTreeSet<(String, String)> = rows
            .iter()
            .flat_map(|row| row.methods.iter().map(move |method| (row, method)))
            .map(|(row, method): (_, &Method)| {
                (format!("{CONTEXT}{}", row.path), method.to_string())
            })
            .collect();
        assert_eq!(written, routed);
    }

    #[test]
    fn every_parameter_of_every_route_is_explained() {
        let missing: BTreeSet<_> = table::routes()
            .iter()
            .flat_map(|row| row.parameters().collect::<Vec<_>>())
            .map(|(name, _)| name)
            .filter(|name| !glossary::knows(name))
            .collect();
        assert_eq!(missing, BTreeSet::new());
    }

    #[test]
    fn operation_ids_are_unique() {
        let document = document(&table::routes(), "0");
        let mut seen = BTreeSet::new();
        for operations in document["paths"].as_object().unwrap().values() {
            for operation in operations.as_object().unwrap().values() {
                assert!(seen.insert(operation["operationId"].to_string()), "{operation}");
            }
        }
    }
}
