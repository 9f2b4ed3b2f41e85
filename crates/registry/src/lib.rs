//! Services and instances, health, subscriptions.
