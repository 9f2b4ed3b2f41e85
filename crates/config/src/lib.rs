//! Configuration items, history, gray release, listeners.
