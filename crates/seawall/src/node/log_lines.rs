//! How a log line looks.

use std::fmt::{self, Write as _};

use seawall_net::Trace;
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

/// Writes lines as `F` does, and ends those about a request with its trace and path.
#[derive(Debug)]
pub(super) struct Traced<F> {
    pub(super) lines: F,
    /// Whether a line of `F` is a JSON object.
    pub(super) json: bool,
}

impl<S, N, F> FormatEvent<S, N> for Traced<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.lines.format_event(context, Writer::new(&mut line), event)?;
        let mut written = Ok(());
        Trace::with_current(|trace| written = self.add(&mut line, trace));
        written?;
        writer.write_str(&line)
    }
}

impl<F> Traced<F> {
    fn add(&self, line: &mut String, trace: &Trace) -> fmt::Result {
        let (id, path) = (trace.id(), trace.path());
        line.truncate(line.trim_end().len());
        if !self.json {
            return writeln!(line, " trace={id:032x} path={path}");
        }
        let path = serde_json::Value::from(path);
        line.truncate(line.trim_end_matches('}').len());
        writeln!(line, r#","trace":"{id:032x}","path":{path}}}"#)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use axum::{Router, routing::get};
    use seawall_net::{Door, DoorSettings, Drain};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tracing::instrument::WithSubscriber as _;
    use tracing_subscriber::{Layer, fmt::format, layer::SubscriberExt as _};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is logged while one request with this trace is answered, and outside one.
    async fn logged(json: bool) -> String {
        let lines = Lines::default();
        let sink = lines.clone();
        let layer = tracing_subscriber::fmt::layer().with_writer(move || sink.clone());
        let layer = match json {
            true => {
                let format = format().json().flatten_event(true);
                let fields = format::JsonFields::new();
                layer.fmt_fields(fields).event_format(Traced { lines: format, json }).boxed()
            }
            false => {
                let format = format().with_ansi(false).with_target(false);
                layer.with_ansi(false).event_format(Traced { lines: format, json }).boxed()
            }
        };
        let served = async {
            let door = Door::bind(([127, 0, 0, 1], 0).into(), DoorSettings::default()).unwrap();
            let address = door.local_addr();
            let router = Router::new().route(
                "/a",
                get(|| async {
                    tracing::info!(n = 1, "within");
                    ""
                }),
            );
            let asking = async {
                tracing::info!("outside");
                let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
                let request = "GET /a?password=secret HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\
                               traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\
                               \r\n\r\n";
                stream.write_all(request.as_bytes()).await.unwrap();
                let mut answer = Vec::new();
                stream.read_to_end(&mut answer).await.unwrap();
            };
            tokio::select! {
                () = door.serve(router, Drain::default()) => {}
                () = asking => {}
            }
        };
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
        served.with_current_subscriber().await;
        drop(guard);
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[tokio::test]
    async fn lines_about_a_request_end_with_its_trace_and_never_with_its_parameters() {
        let text = logged(false).await;
        let [outside, within] = text.lines().collect::<Vec<_>>()[..] else { panic!("{text}") };
        assert!(outside.ends_with("outside"), "{outside}");
        let end = "within n=1 trace=4bf92f3577b34da6a3ce929d0e0e4736 path=/a";
        assert!(within.ends_with(end), "{within}");
    }

    #[tokio::test]
    async fn lines_of_json_stay_json() {
        let text = logged(true).await;
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let [outside, within] = &lines[..] else { panic!("{text}") };
        assert!(outside.get("trace").is_none());
        assert_eq!(within["trace"], "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!((&within["path"], &within["n"]), (&"/a".into(), &1.into()));
    }
}
