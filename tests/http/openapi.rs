//! The OpenAPI document and the routes are the same thing.

use axum::http::Method;
use lockyard::backend::http::{Code, document};
use serde_json::{Value, json};

use crate::support::http::{Site, request};

/// The operations of the document: method and path.
fn operations(document: &Value) -> Vec<(String, String)> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = ["get", "put", "post", "delete", "patch", "head", "options"];
        methods
            .into_iter()
            .filter(|method| item.get(method).is_some())
            .map(|method| (method.to_owned(), path.clone()))
    });
    operations.collect()
}

/// Every `$ref`, wherever it stands.
fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_served_names_every_route_of_the_design() {
    let site = Site::new();
    let served = site.get("/openapi.json").await.ok(200);
    assert_eq!(served, serde_json::to_value(document()).unwrap());
    let mut operations = operations(&served);
    operations.sort();
    let expected = [
        ("delete", "/v1/contexts/{id}"),
        ("get", "/healthz"),
        ("get", "/metrics"),
        ("get", "/openapi.json"),
        ("get", "/readyz"),
        ("get", "/v1/contexts"),
        ("get", "/v1/contexts/{id}"),
        ("get", "/v1/contexts/{id}/messages"),
        ("get", "/v1/contexts/{id}/state"),
        ("post", "/v1/contexts"),
        ("post", "/v1/contexts/{id}/actions/approve_tools"),
        ("post", "/v1/contexts/{id}/actions/send_message"),
        ("post", "/v1/contexts/{id}/messages"),
        ("post", "/v1/contexts/{id}/tools/approve"),
        ("put", "/v1/contexts/{id}"),
    ];
    let expected = expected.map(|(method, path)| (method.to_owned(), path.to_owned()));
    assert_eq!(operations, expected);
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    let document = serde_json::to_value(document()).unwrap();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 20, "{found:?}");
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

/// Each operation is asked well and badly, and answers only what its document says.
#[tokio::test]
async fn what_is_answered_is_what_the_document_says() {
    let site = Site::new();
    let document = serde_json::to_value(document()).unwrap();
    let mut answered = 0;
    for (method, path) in operations(&document) {
        let responses = &document["paths"][&path][&method]["responses"];
        let method: Method = method.to_uppercase().parse().unwrap();
        let created = site.create().await;
        let created = created.rsplit('/').next().unwrap();
        let bodies = [
            json!({ "model_id": "gpt", "mode": "chat" }),
            json!({ "role": "user", "content": "x" }),
            json!({ "decisions": [{ "call_id": "c", "approve": true }] }),
            json!({ "expected_version": 99 }),
            json!([]),
            Value::Null,
        ];
        for id in [created, "00000000-0000-0000-0000-00000000000a", "nonsense"] {
            for body in &bodies {
                for kind in ["application/json", "text/plain"] {
                    for body in [body.to_string(), "{".to_owned()] {
                        let path = path.replace("{id}", id);
                        let request = request(method.clone(), &path, &[("content-type", kind)], body);
                        let got = site.send(request).await;
                        let said = &responses[got.status.as_str()];
                        assert!(said.is_object(), "{method} {path} answered {}: {}", got.status, got.text());
                        let kind = got.header("content-type").split(';').next().unwrap().to_owned();
                        let kinds = said["content"].as_object();
                        let known = kinds.map_or(kind.is_empty(), |kinds| kinds.contains_key(&kind));
                        assert!(known, "{method} {path} answered {} as {kind:?}", got.status);
                        answered += 1;
                    }
                }
            }
        }
    }
    assert_eq!(answered, 15 * 3 * 6 * 2 * 2);
}

/// What the OpenAPI specification demands of every response and parameter, and what a validator finds first.
#[test]
fn every_response_is_described_and_every_parameter_has_a_schema() {
    let document = serde_json::to_value(document()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    for (method, path) in operations(&document) {
        let operation = &document["paths"][&path][&method];
        for (status, response) in operation["responses"].as_object().unwrap() {
            let described = response["description"].as_str().is_some_and(|text| !text.is_empty());
            assert!(described, "{method} {path} {status}");
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["schema"].is_object(), "{method} {path}: {parameter}");
        }
        let refusals: &[_] = match (path.contains("{id}"), method.as_str()) {
            (true, "get") => &["304", "400", "401", "404", "412", "421", "422", "429", "503"],
            (true, "delete") => &["204", "400", "401", "404", "412", "421", "422", "429", "503"],
            (true, _) => &["400", "401", "404", "412", "413", "415", "421", "422", "429", "503"],
            (false, _) => &["400", "401", "421"],
        };
        for status in refusals {
            assert!(operation["responses"].get(status).is_some(), "{method} {path} lacks {status}");
        }
    }
}

#[test]
fn every_code_is_in_the_document() {
    let document = serde_json::to_value(document()).unwrap();
    let codes = document.pointer("/components/schemas/Code").unwrap().to_string();
    for code in [Code::MalformedId, Code::Busy, Code::StoreUnavailable, Code::ShuttingDown] {
        let name = serde_json::to_value(code).unwrap().to_string();
        assert!(codes.contains(&name), "{name} is not in {codes}");
    }
}
