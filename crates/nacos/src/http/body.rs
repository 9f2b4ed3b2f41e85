//! Reading request bodies: bounded, and only of the kinds Nacos reads.

use axum::{
    body::Body,
    extract::{DefaultBodyLimit, FromRequest, Multipart},
};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use seawall_net::TooMuchAtOnce;

use super::{code::Code, fault::Fault, params::Params};

/// Largest HTTP body that any operation takes, in bytes: the zip of an import. A door
/// must let it through.
pub const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How large a body an operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BodyMax(usize);

impl BodyMax {
    /// Forms of a few names and metadata.
    pub(crate) const FORM: Self = Self(256 * 1024);
    /// Lists of instances, records of a long poll, JSON of a clone.
    pub(crate) const LIST: Self = Self(16 * 1024 * 1024);
    /// A content of 10 MiB, of which a form makes three bytes of every one that
    /// is not a letter.
    pub(crate) const CONTENT: Self = Self(32 * 1024 * 1024);
    /// The zip of an import.
    pub(crate) const ARCHIVE: Self = Self(BODY_BYTES_MAX);

    /// The limit in bytes.
    pub(crate) const fn bytes(self) -> usize {
        self.0
    }
}

/// What a body held beside parameters.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// A body of JSON.
    pub(crate) json: Option<Bytes>,
    /// The first file of a multipart form.
    pub(crate) file: Option<Bytes>,
}

enum Kind {
    Form,
    Multipart,
    Json,
    Other,
}

/// A body without a type is taken for a form, as `curl --data` and old clients
/// mean it.
fn kind(headers: &HeaderMap) -> Kind {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = declared.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        "" | "application/x-www-form-urlencoded" => Kind::Form,
        "multipart/form-data" => Kind::Multipart,
        "application/json" => Kind::Json,
        _ => Kind::Other,
    }
}

/// Reads the body of a request into `params` and into what is returned. The
/// query must be in `params` before: its values go first.
pub(crate) async fn read(
    parts: &Parts,
    body: Body,
    max: BodyMax,
    params: &mut Params,
) -> Result<Content, Fault> {
    if matches!(parts.method, Method::GET | Method::HEAD) {
        return Ok(Content::default());
    }
    match kind(&parts.headers) {
        Kind::Form => {
            params.add_encoded(&collect(body, max).await?)?;
            Ok(Content::default())
        }
        Kind::Json => {
            let body = collect(body, max).await?;
            Ok(Content { json: (!body.is_empty()).then_some(body), file: None })
        }
        Kind::Multipart => multipart(&parts.headers, body, max, params).await,
        // Nacos does not look at bodies of other types either.
        Kind::Other => Ok(Content::default()),
    }
}

async fn collect(body: Body, max: BodyMax) -> Result<Bytes, Fault> {
    match Limited::new(body, max.bytes()).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(max)),
        Err(error) => match is_too_much_at_once(&*error) {
            true => Err(Fault::unavailable(TooMuchAtOnce.to_string())),
            false => Err(Fault::invalid(format!("the body ended early: {error}"))),
        },
    }
}

/// Whether the node's budget for bodies is behind a failure to read one.
fn is_too_much_at_once(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .any(|error| error.is::<TooMuchAtOnce>())
}

pub(super) fn too_large(max: BodyMax) -> Fault {
    let message = format!("the body is larger than {} bytes", max.bytes());
    Fault::new(StatusCode::PAYLOAD_TOO_LARGE, Code::TooLarge, message)
}

async fn multipart(
    headers: &HeaderMap,
    body: Body,
    max: BodyMax,
    params: &mut Params,
) -> Result<Content, Fault> {
    let unreadable = |error: axum::extract::multipart::MultipartError| {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return too_large(max);
        }
        if is_too_much_at_once(&error) {
            return Fault::unavailable(TooMuchAtOnce.to_string());
        }
        Fault::invalid(format!("the multipart form cannot be read: {}", error.body_text()))
    };
    let mut bounded = Request::new(Body::new(Limited::new(body, max.bytes())));
    // The row's bound is the one that holds.
    DefaultBodyLimit::disable().apply(&mut bounded);
    bounded.headers_mut().extend(
        headers.get(header::CONTENT_TYPE).cloned().map(|declared| (header::CONTENT_TYPE, declared)),
    );
    let mut form = Multipart::from_request(bounded, &())
        .await
        .map_err(|error| Fault::invalid(error.body_text()))?;
    let mut content = Content::default();
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        let name = field.name().unwrap_or_default().to_owned();
        let is_file = field.file_name().is_some();
        let bytes = field.bytes().await.map_err(unreadable)?;
        if is_file {
            content.file.get_or_insert(bytes);
        } else {
            let text = String::from_utf8(bytes.into())
                .map_err(|_| Fault::invalid(format!("parameter '{name}' is not UTF-8")))?;
            params.add(name, text)?;
        }
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_posted(
        (content_type, body): (&str, &'static str),
        max: BodyMax,
        params: &mut Params,
    ) -> Result<Content, Fault> {
        let request = Request::post("/").header(header::CONTENT_TYPE, content_type);
        let (parts, body) = request.body(Body::from(body)).unwrap().into_parts();
        read(&parts, body, max, params).await
    }

    #[tokio::test]
    async fn a_form_is_utf8_whatever_it_declares() {
        let mut params = Params::default();
        let posted =
            ("application/x-www-form-urlencoded; charset=GBK", "content=%E9%85%8D%E7%BD%AE");
        read_posted(posted, BodyMax::FORM, &mut params).await.unwrap();
        assert_eq!(params.raw("content"), Some("配置"));
    }

    #[tokio::test]
    async fn too_much_is_refused_with_its_own_status() {
        let refused = read_posted(("", "a=12345678"), BodyMax(4), &mut Params::default()).await;
        assert_eq!(refused.unwrap_err().status, StatusCode::PAYLOAD_TOO_LARGE);
        let form = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.zip\"\r\n\r\n\
                    0123456789\r\n--x--\r\n";
        let upload = ("multipart/form-data; boundary=x", form);
        let read_whole = read_posted(upload, BodyMax::FORM, &mut Params::default()).await.unwrap();
        assert_eq!(read_whole.file.as_deref(), Some(b"0123456789".as_slice()));
        assert!(read_posted(upload, BodyMax(40), &mut Params::default()).await.is_err());
    }

    #[tokio::test]
    async fn a_node_that_reads_too_much_says_so_and_not_that_the_request_is_wrong() {
        for kind in ["", "multipart/form-data; boundary=x"] {
            let broken = futures::stream::iter([Err::<Bytes, _>(TooMuchAtOnce)]);
            let request = Request::post("/").header(header::CONTENT_TYPE, kind);
            let (parts, body) = request.body(Body::from_stream(broken)).unwrap().into_parts();
            let refused = read(&parts, body, BodyMax::FORM, &mut Params::default()).await;
            assert_eq!(refused.unwrap_err().status, StatusCode::SERVICE_UNAVAILABLE, "{kind:?}");
        }
    }

    #[tokio::test]
    async fn parts_without_a_file_name_are_parameters() {
        let mut params = Params::default();
        let form =
            "--x\r\nContent-Disposition: form-data; name=\"policy\"\r\n\r\nSKIP\r\n--x--\r\n";
        read_posted(("multipart/form-data; boundary=x", form), BodyMax::FORM, &mut params)
            .await
            .unwrap();
        assert_eq!(params.get("policy"), Some("SKIP"));
    }
}
