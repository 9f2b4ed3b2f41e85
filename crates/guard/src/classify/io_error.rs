//! Errors of sockets.

use std::io::{Error, ErrorKind};

use super::{Diagnose, Diagnosis};
use crate::admit::{Classify, Outcome};

/// How errors of sockets count: a time-out as one, whatever this process itself has too
/// little of (file descriptors, ports) as nothing against the server, the rest as a
/// failure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Io;

/// `ENFILE` and `EMFILE`: the machine or the process has no file descriptor left. The
/// same number on Linux, the BSDs and macOS, and no kind of their own in `std`.
const NO_DESCRIPTOR: [i32; 2] = [23, 24];

impl Diagnose<Error> for Io {
    fn diagnose(&self, error: &Error) -> Diagnosis {
        if cfg!(unix) && error.raw_os_error().is_some_and(|errno| NO_DESCRIPTOR.contains(&errno)) {
            return Diagnosis::CANCELLED.alarm().unprocessed();
        }
        match error.kind() {
            // A socket with a time-out of its own says WouldBlock on some systems.
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Diagnosis::TIMEOUT,
            // A Unix socket that is not there is refused as a port is.
            ErrorKind::ConnectionRefused | ErrorKind::NotFound => Diagnosis::FAILURE.unprocessed(),
            // No local port is left. Without the system's number it is some client's word
            // for a name that has no address.
            ErrorKind::AddrNotAvailable | ErrorKind::AddrInUse
                if error.raw_os_error().is_some() =>
            {
                Diagnosis::CANCELLED.alarm().unprocessed()
            }
            ErrorKind::Interrupted | ErrorKind::OutOfMemory => Diagnosis::CANCELLED,
            _ => Diagnosis::FAILURE,
        }
    }
}

impl Classify<Error> for Io {
    fn classify(&self, error: &Error) -> Outcome {
        self.diagnose(error).outcome
    }
}
