//! The OpenAPI document of what a node answers besides the Nacos API, which has its
//! own at `/nacos/openapi.json`.

use axum::Json;
use serde_json::{Map, Value, json};

/// One operation.
struct Operation {
    path: &'static str,
    method: &'static str,
    about: &'static str,
    /// Names of the query's parameters.
    query: &'static [&'static str],
    /// Media type of the body; empty for none.
    body: &'static str,
    login: bool,
}

impl Operation {
    const fn get(path: &'static str, about: &'static str) -> Self {
        Self { path, method: "get", about, query: &[], body: "", login: true }
    }

    const fn post(path: &'static str, body: &'static str, about: &'static str) -> Self {
        Self { path, method: "post", about, query: &[], body, login: true }
    }

    const fn query(self, query: &'static [&'static str]) -> Self {
        Self { query, ..self }
    }

    const fn open(self) -> Self {
        Self { login: false, ..self }
    }
}

const TEXT: &str = "text/plain";
const JSON: &str = "application/json";

const OPERATIONS: &[Operation] = &[
    Operation::get("/health/live", "Whether the process answers").open(),
    Operation::get("/health/ready", "Whether clients may be answered; 503 until then").open(),
    Operation::get("/metrics", "Figures for Prometheus"),
    Operation::get("/nacos/actuator/prometheus", "The same, where Nacos shows its own"),
    Operation::get("/api/v1/openapi.json", "This document").open(),
    Operation::get("/api/v1/status", "How the node is"),
    Operation::get("/api/v1/kinds", "Kinds of resources"),
    Operation::post("/api/v1/apply", TEXT, "Apply YAML or JSON documents").query(&["dryRun"]),
    Operation::get("/api/v1/resources/{kind}", "List resources").query(&["tenant", "selector"]),
    Operation::get("/api/v1/resources/{kind}/{name}", "Read a resource").query(&["tenant"]),
    Operation {
        method: "delete",
        ..Operation::get("/api/v1/resources/{kind}/{name}", "Remove a resource").query(&["tenant"])
    },
    Operation::get("/api/v1/resources/{kind}/{name}/history", "Earlier versions of a resource")
        .query(&["tenant"]),
    Operation::get("/api/v1/export/configuration", "A zip of a namespace, or a part of it")
        .query(&["namespace", "after", "itemsMax", "bytesMax"]),
    Operation::post("/api/v1/import/configuration", JSON, "Take over a configuration item")
        .query(&["dryRun"]),
    Operation::post("/api/v1/import/history", JSON, "Take over a page of an item's history")
        .query(&["dryRun"]),
    Operation::post("/api/v1/import/namespace", JSON, "Take over a namespace").query(&["dryRun"]),
    Operation::post("/api/v1/import/service", JSON, "Take over what is declared of a service")
        .query(&["dryRun"]),
    Operation::post("/api/v1/import/instance", JSON, "Take over a persistent instance")
        .query(&["dryRun"]),
];

/// The document.
pub(super) async fn show() -> Json<Value> {
    Json(document())
}

fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in OPERATIONS {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Value::Object(methods) = path {
            methods.insert(operation.method.to_owned(), described(operation));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Seawall: the node API",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": { "securitySchemes": {
            "bearer": { "type": "http", "scheme": "bearer" },
            "basic": { "type": "http", "scheme": "basic" },
        } },
    })
}

fn described(operation: &Operation) -> Value {
    let in_path = operation.path.split(['{', '}']).skip(1).step_by(2).map(|name| ("path", name));
    let in_query = operation.query.iter().map(|name| ("query", *name));
    let parameter = |(place, name): (&str, &str)| {
        json!({ "name": name, "in": place, "required": place == "path",
                "schema": { "type": if name == "dryRun" { "boolean" } else { "string" } } })
    };
    let mut value = json!({
        "summary": operation.about,
        "parameters": in_path.chain(in_query).map(parameter).collect::<Vec<_>>(),
        "security": if operation.login { json!([{ "bearer": [] }, { "basic": [] }]) } else { json!([]) },
        "responses": { "200": { "description": "The answer" },
                       "default": { "description": "A refusal: `code` and `message`" } },
    });
    if let (false, Value::Object(fields)) = (operation.body.is_empty(), &mut value) {
        let body = json!({ "required": true, "content": { operation.body: {} } });
        fields.insert("requestBody".to_owned(), body);
    }
    value
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_document_names_every_route_and_nothing_else() {
        let document = document();
        let written: BTreeSet<&str> =
            document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        // The router cannot be asked what it holds; its source can.
        let source = include_str!("mod.rs").split(".route(\"").skip(1);
        let routed: BTreeSet<&str> = source.filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(written, routed);
    }

    #[test]
    fn parameters_of_a_path_are_required() {
        let document = document();
        let read = &document["paths"]["/api/v1/resources/{kind}/{name}"]["get"]["parameters"];
        assert_eq!((&read[0]["name"], &read[0]["required"]), (&json!("kind"), &json!(true)));
        assert_eq!((&read[2]["name"], &read[2]["required"]), (&json!("tenant"), &json!(false)));
    }
}
