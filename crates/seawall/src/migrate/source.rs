//! A running Nacos to read from.

use std::time::Duration;

use reqwest::{StatusCode, header::HeaderMap};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    declared::{self, DeclaredService},
    forms::{ConfigurationForm, HistoryForm, HostForm, NamespaceForm, items, unwrap_envelope},
    generation::{Generation, Paths},
};
use crate::{
    client::{TlsFiles, root_cause},
    exit::Failure,
};

const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Items asked for at once; Nacos itself allows at most 500.
const PAGE: usize = 100;
/// A source that lists more pages than this is taken to repeat itself.
const PAGES_MAX: usize = 100_000;

/// Reads one Nacos.
pub(crate) struct Source {
    http: reqwest::Client,
    base: String,
    generation: Generation,
    token: Option<String>,
}

/// What the source answered.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

/// Names one configuration inside a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ItemName {
    #[serde(rename = "dataId")]
    pub(crate) data_id: String,
    #[serde(alias = "groupName")]
    pub(crate) group: String,
}

/// Names one service inside a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ServiceName {
    #[serde(alias = "serviceName")]
    pub(crate) name: String,
    #[serde(rename = "groupName", default)]
    pub(crate) group: String,
}

impl ServiceName {
    fn grouped(&self) -> String {
        format!("{}@@{}", self.group, self.name)
    }
}

#[derive(Deserialize)]
struct Login {
    #[serde(rename = "accessToken")]
    access_token: String,
}

impl Source {
    /// Finds out which generation answers at `address`, and logs in if asked to.
    pub(crate) async fn open(
        address: &str,
        login: Option<(&str, &str)>,
        tls: TlsFiles<'_>,
    ) -> Result<Self, Failure> {
        let http = tls
            .apply(reqwest::Client::builder().timeout(REQUEST_TIMEOUT))?
            .build()
            .map_err(|error| Failure::Failed(format!("cannot set up HTTP: {error}")))?;
        let base = address.trim_end_matches('/').to_owned();
        let generation = detect(&http, &base).await?;
        let mut source = Self { http, base, generation, token: None };
        if let Some((username, password)) = login {
            source.token = Some(source.login(username, password).await?);
        }
        Ok(source)
    }

    /// The generation that answers.
    pub(crate) fn generation(&self) -> Generation {
        self.generation
    }

    /// Every namespace.
    pub(crate) async fn namespaces(&self) -> Result<Vec<NamespaceForm>, Failure> {
        let path = self.paths().namespaces;
        let answer = self.get(path, &[]).await?;
        self.read_items(path, answer)
    }

    /// The names of every configuration of a namespace.
    pub(crate) async fn configurations(&self, namespace: &str) -> Result<Vec<ItemName>, Failure> {
        let names = self.generation.configuration_names();
        let path = self.paths().configurations;
        let query = [
            ("search", "blur"),
            ("dataId", ""),
            (names.group, ""),
            ("appName", ""),
            ("config_tags", ""),
            (names.namespace, self.wire_namespace(namespace)),
        ];
        self.pages(path, &query).await
    }

    /// One configuration with all that is known of it; `None` if it went away meanwhile.
    pub(crate) async fn configuration(
        &self,
        namespace: &str,
        item: &ItemName,
    ) -> Result<Option<ConfigurationForm>, Failure> {
        let path = self.paths().configuration;
        let mut query = vec![("show", "all")];
        query.extend(self.of_item(namespace, item));
        let answer = self.get(path, &query).await?;
        if answer.is_null() {
            return Ok(None);
        }
        self.read(path, answer).map(Some)
    }

    /// The history of a configuration, newest first, without contents.
    pub(crate) async fn history(
        &self,
        namespace: &str,
        item: &ItemName,
    ) -> Result<Vec<HistoryForm>, Failure> {
        let mut query = vec![("search", "accurate")];
        query.extend(self.of_item(namespace, item));
        self.pages(self.paths().histories, &query).await
    }

    /// One entry of it with its content; `None` if it was cleaned meanwhile.
    pub(crate) async fn history_entry(
        &self,
        namespace: &str,
        item: &ItemName,
        id: &str,
    ) -> Result<Option<HistoryForm>, Failure> {
        let path = self.paths().history;
        let mut query = vec![("nid", id)];
        query.extend(self.of_item(namespace, item));
        let answer = self.get(path, &query).await?;
        if answer.is_null() {
            return Ok(None);
        }
        self.read(path, answer).map(Some)
    }

    pub(super) fn of_item<'a>(
        &self,
        namespace: &'a str,
        item: &'a ItemName,
    ) -> [(&'static str, &'a str); 3] {
        let names = self.generation.configuration_names();
        [
            ("dataId", item.data_id.as_str()),
            (names.group, item.group.as_str()),
            (names.namespace, self.wire_namespace(namespace)),
        ]
    }

    /// The names of every service of a namespace.
    pub(crate) async fn services(&self, namespace: &str) -> Result<Vec<ServiceName>, Failure> {
        let query = [
            ("namespaceId", self.wire_namespace(namespace)),
            ("hasIpCount", "false"),
            ("withInstances", "false"),
            ("serviceNameParam", ""),
            ("groupNameParam", ""),
        ];
        self.pages(self.paths().services, &query).await
    }

    /// What is declared of a service; `None` if it went away meanwhile.
    pub(crate) async fn declared(
        &self,
        namespace: &str,
        service: &ServiceName,
    ) -> Result<Option<DeclaredService>, Failure> {
        let path = self.paths().service;
        let grouped = service.grouped();
        let answer = self.get(path, &self.of_service(namespace, service, &grouped)).await?;
        if answer.is_null() {
            return Ok(None);
        }
        let declared = match self.generation {
            Generation::V1 | Generation::V2 => declared::of_catalog(answer),
            Generation::V3 => declared::of_detail(answer),
        };
        declared.map(Some).map_err(|error| self.unreadable(path, &error))
    }

    /// The instances of a cluster, whether enabled or not.
    pub(crate) async fn instances(
        &self,
        namespace: &str,
        service: &ServiceName,
        cluster: &str,
    ) -> Result<Vec<HostForm>, Failure> {
        let path = self.paths().instances;
        let grouped = service.grouped();
        let mut query = self.of_service(namespace, service, &grouped).to_vec();
        query.push(("clusterName", cluster));
        // Not found: the service or its cluster went away meanwhile.
        match self.generation {
            Generation::V1 | Generation::V2 => {
                Ok(self.pages_if_there(path, &query).await?.unwrap_or_default())
            }
            Generation::V3 => match self.get(path, &query).await? {
                Value::Null => Ok(Vec::new()),
                answer => self.read_items(path, answer),
            },
        }
    }

    /// The first two generations want group and name in one.
    fn of_service<'a>(
        &self,
        namespace: &'a str,
        service: &'a ServiceName,
        grouped: &'a str,
    ) -> [(&'static str, &'a str); 3] {
        let name = match self.generation {
            Generation::V1 | Generation::V2 => grouped,
            Generation::V3 => &service.name,
        };
        [
            ("namespaceId", self.wire_namespace(namespace)),
            ("groupName", &service.group),
            ("serviceName", name),
        ]
    }

    /// The first two generations know the default namespace of configurations by
    /// the empty text alone.
    fn wire_namespace<'a>(&self, namespace: &'a str) -> &'a str {
        match (self.generation, namespace) {
            (Generation::V1 | Generation::V2, "public") => "",
            (_, namespace) => namespace,
        }
    }

    async fn pages<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Vec<T>, Failure> {
        let found = self.pages_if_there(path, query).await?;
        found.ok_or_else(|| Failure::Failed(format!("{}{path} is not there", self.base)))
    }

    /// Every item of a list; `None` if what it is a list of is not found.
    async fn pages_if_there<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Option<Vec<T>>, Failure> {
        let mut all = Vec::new();
        let size = PAGE.to_string();
        for number in 1..=PAGES_MAX {
            let number = number.to_string();
            let mut page_query = vec![("pageNo", number.as_str()), ("pageSize", size.as_str())];
            page_query.extend_from_slice(query);
            let answer = self.get(path, &page_query).await?;
            if answer.is_null() {
                return Ok(None);
            }
            let page: Vec<T> = self.read_items(path, answer)?;
            let last = page.len() < PAGE;
            all.extend(page);
            if last {
                return Ok(Some(all));
            }
        }
        Err(Failure::Failed(format!("{}{path} has no last page", self.base)))
    }

    /// The JSON a path answers, without its envelope; null for nothing and for what is
    /// not found.
    pub(super) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
        let answer = self.fetch(path, query).await?;
        match answer.status {
            StatusCode::NOT_FOUND => return Ok(Value::Null),
            status if !status.is_success() => {
                return Err(self.refused(path, &status.to_string()));
            }
            _ if answer.body.trim().is_empty() => return Ok(Value::Null),
            _ => {}
        }
        let json = serde_json::from_str(&answer.body)
            .map_err(|error| self.refused(path, &error.to_string()))?;
        unwrap_envelope(json).map_err(|reason| self.refused(path, &reason))
    }

    /// Whatever a path answers, unless it lets nobody in.
    pub(super) async fn fetch(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Answer, Failure> {
        let mut request = self.http.get(format!("{}{path}", self.base)).query(query);
        if let Some(token) = &self.token {
            request = request.query(&[("accessToken", token)]);
        }
        let broken =
            |error: reqwest::Error| Failure::Unreachable(format!("{}{path}: {error}", self.base));
        let response = request.send().await.map_err(broken)?;
        let (status, headers) = (response.status(), response.headers().clone());
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(Failure::Unauthorised(format!(
                "{}{path}: {status}; give --from-username and --from-password",
                self.base
            )));
        }
        Ok(Answer { status, headers, body: response.text().await.map_err(broken)? })
    }

    pub(super) fn refused(&self, path: &str, reason: &str) -> Failure {
        Failure::Failed(format!("{}{path}: {reason}", self.base))
    }

    pub(super) fn paths(&self) -> Paths {
        self.generation.paths()
    }

    pub(super) fn read<T: DeserializeOwned>(
        &self,
        path: &str,
        answer: Value,
    ) -> Result<T, Failure> {
        serde_json::from_value(answer).map_err(|error| self.unreadable(path, &error))
    }

    fn read_items<T: DeserializeOwned>(
        &self,
        path: &str,
        answer: Value,
    ) -> Result<Vec<T>, Failure> {
        items(answer).map_err(|error| self.unreadable(path, &error))
    }

    fn unreadable(&self, path: &str, error: &serde_json::Error) -> Failure {
        Failure::Failed(format!("{}{path} answered something unknown: {error}", self.base))
    }

    async fn login(&self, username: &str, password: &str) -> Result<String, Failure> {
        let address = format!("{}{}", self.base, self.generation.login());
        let request =
            self.http.post(&address).form(&[("username", username), ("password", password)]);
        let refused = |reason: String| Failure::Unauthorised(format!("{address}: {reason}"));
        let response = request.send().await.map_err(|error| refused(error.to_string()))?;
        if !response.status().is_success() {
            return Err(refused(response.status().to_string()));
        }
        let login: Login = response.json().await.map_err(|error| refused(error.to_string()))?;
        Ok(login.access_token)
    }
}

async fn detect(http: &reqwest::Client, base: &str) -> Result<Generation, Failure> {
    let mut last_answer = String::new();
    for generation in Generation::NEWEST_FIRST {
        let address = format!("{base}{}", generation.probe());
        match http.get(&address).send().await {
            Ok(response) if response.status().is_success() => return Ok(generation),
            Ok(response) => last_answer = response.status().to_string(),
            Err(error) => {
                return Err(Failure::Unreachable(format!(
                    "{base} does not answer ({}); is Nacos running there, and are --from and, \
                     for https, --from-ca and --from-certificate right?",
                    root_cause(&error)
                )));
            }
        }
    }
    Err(Failure::Failed(format!(
        "{base} is no Nacos ({last_answer}); --from wants its address with the context path, as in http://host:8848/nacos"
    )))
}
