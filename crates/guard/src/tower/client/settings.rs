//! What stands between a client and what it asks.

use serde::{Deserialize, Serialize};

use crate::{
    balance::BalanceSettings,
    retry::{HedgeSettings, RetrySettings},
    settings::InvalidSetting,
    stack::GuardSettings,
};

/// What stands between a client and what it asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientSettings {
    /// What each attempt has to pass, of the whole destination or, balanced, of each of
    /// its endpoints. Default [`GuardSettings::client`]: a breaker, an adaptive limit and
    /// a second of time.
    pub guard: GuardSettings,
    /// How often a request is tried again, and how long it and its attempts may take.
    pub retry: RetrySettings,
    /// When a second attempt is made before the first has failed. Its `deadline` is not
    /// looked at: that of `retry` counts. Default never.
    pub hedge: HedgeSettings,
    /// How an endpoint is chosen; only for a [`BalancedClient`](super::BalancedClient).
    pub balance: BalanceSettings,
    /// How many bytes of a request's body are kept to send them again; a request with more
    /// is sent once. Default 65536, range 0 to 16777216.
    pub replay_bytes_max: u32,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            guard: GuardSettings::client(),
            retry: RetrySettings::default(),
            hedge: HedgeSettings::default(),
            balance: BalanceSettings::default(),
            replay_bytes_max: 64 << 10,
        }
    }
}

impl ClientSettings {
    /// Whether every field is in its range.
    ///
    /// # Errors
    ///
    /// Names the first field that is not.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        self.guard.validate()?;
        self.retry.validate()?;
        self.hedge.validate()?;
        self.balance.validate()?;
        if self.replay_bytes_max > 16 << 20 {
            return Err(InvalidSetting {
                field: "replay_bytes_max",
                allowed: "from 0 to 16777216",
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_checked() {
        let read: ClientSettings = serde_json::from_str(r#"{"retry": {"retries": 1}}"#).unwrap();
        assert_eq!((read.retry.retries, read.guard), (1, GuardSettings::client()));
        assert!(serde_json::from_str::<ClientSettings>(r#"{"retries": 1}"#).is_err());
        assert_eq!(ClientSettings::default().validate(), Ok(()));
        let much = ClientSettings { replay_bytes_max: u32::MAX, ..ClientSettings::default() };
        assert_eq!(much.validate().unwrap_err().field, "replay_bytes_max");
    }
}
