//! The targets, one a file. Each says in its head what it asserts.
//!
//! An input that is kept makes the next ones better; one that cannot teach anything,
//! such as a text that is no text, is rejected, so that it is not kept.

mod archive;
mod content;
mod grpc_frames;
mod grpc_payload;
mod grpc_request;
mod grpc_stream;
mod guard_headers;
mod guard_rules;
mod guard_sentinel;
mod http_params;
mod http_request;
mod long_poll;
mod patterns;
mod resources;
mod settings;
mod token;

use libfuzzer_sys::Corpus;

/// Takes one input. Panics when something that must hold does not.
pub(crate) type Target = fn(&[u8]) -> Corpus;

/// Every target by its name, which is also that of its folders in `corpus` and
/// `regressions`.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("archive", archive::run),
    ("content", content::run),
    ("grpc-frames", grpc_frames::run),
    ("grpc-payload", grpc_payload::run),
    ("grpc-request", grpc_request::run),
    ("grpc-stream", grpc_stream::run),
    ("guard-headers", guard_headers::run),
    ("guard-rules", guard_rules::run),
    ("guard-sentinel", guard_sentinel::run),
    ("http-params", http_params::run),
    ("http-request", http_request::run),
    ("long-poll", long_poll::run),
    ("patterns", patterns::run),
    ("resources", resources::run),
    ("settings", settings::run),
    ("token", token::run),
];
