//! The thread that keeps the signal up to date.

use std::{io, sync::Arc, thread};

use parking_lot::Mutex;

use super::{
    Files, Judge, Judgement, SchedDelay, Sensors, SignalSettings, SystemSignal,
    background::Background,
};
use crate::{settings::InvalidSetting, time::Clock};

/// Why there is no ticker.
#[derive(Debug, thiserror::Error)]
pub enum StartTickerError {
    /// The settings make no sense.
    #[error(transparent)]
    Settings(#[from] InvalidSetting),
    /// The system gives no thread.
    #[error("no thread for the ticker: {0}")]
    Thread(#[from] io::Error),
}

/// Reads the machine's files once a tick, judges, and writes the signal. When it is
/// dropped, it ends, and the signal is unknown.
///
/// What it does takes some 5 us a tick, a ten-thousandth of a core; being woken twenty
/// times a second takes more than that.
///
/// ```no_run
/// use std::sync::Arc;
/// use seawall_guard::MonotonicClock;
/// use seawall_guard::signal::{CanaryThread, OsFiles, SchedDelay, SignalSettings};
/// use seawall_guard::signal::{SystemSignal, Ticker};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (signal, clock) = (Arc::new(SystemSignal::new()), MonotonicClock::new());
/// let (settings, files) = (SignalSettings::default(), OsFiles::default());
/// let delay = Arc::new(SchedDelay::new(&settings));
/// let canary = CanaryThread::start(Arc::clone(&delay), clock.clone())?;
/// let ticker = Ticker::start(settings, clock, files, Arc::clone(&signal), vec![delay])?;
/// # drop((canary, ticker));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Ticker {
    new_settings: Arc<Mutex<Option<SignalSettings>>>,
    _background: Background,
}

impl Ticker {
    /// Starts the thread. `delays` are those of the canaries, on the same clock; of
    /// several, the one counts that is worst off.
    ///
    /// # Errors
    /// When the settings are out of range or the system gives no thread.
    pub fn start<C, F>(
        settings: SignalSettings,
        clock: C,
        files: F,
        signal: Arc<SystemSignal>,
        delays: Vec<Arc<SchedDelay>>,
    ) -> Result<Self, StartTickerError>
    where
        C: Clock,
        F: Files + Send + 'static,
    {
        settings.validate()?;
        let parallelism = thread::available_parallelism().map(usize::from).ok();
        let mut sensors = Sensors::new(settings.clone(), parallelism);
        let mut judge = Judge::new(settings.clone());
        let mut tick = settings.tick;
        let written = Written(signal);
        let new_settings = Arc::new(Mutex::new(None::<SignalSettings>));
        let new_settings_there = Arc::clone(&new_settings);
        let background = Background::start("guard-signal", move || {
            if let Some(settings) = new_settings_there.lock().take() {
                tick = settings.tick;
                sensors = Sensors::new(settings.clone(), parallelism);
                judge.reconfigure(settings);
            }
            let now = clock.now();
            let mut readings = sensors.read(now, &files);
            readings.delay = delays.iter().filter_map(|delay| delay.lateness(now)).max();
            written.0.publish(judge.handle(now, &readings));
            tick
        })?;
        Ok(Self { new_settings, _background: background })
    }

    /// Goes on with other settings from the next tick on. Averages are kept; how canaries
    /// sleep, and what is looked at of it, stays as it was.
    ///
    /// # Errors
    /// When they are out of range; then nothing changes.
    pub fn reconfigure(&self, settings: SignalSettings) -> Result<(), InvalidSetting> {
        settings.validate()?;
        *self.new_settings.lock() = Some(settings);
        Ok(())
    }
}

/// A signal that nobody writes any more must not stay as it was.
struct Written(Arc<SystemSignal>);

impl Drop for Written {
    fn drop(&mut self) {
        self.0.publish(Judgement::UNKNOWN);
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;
    use crate::{
        signal::FixtureFiles,
        time::{Instant, ManualClock},
    };

    /// Time moves on by a tick whenever somebody asks for it, and whoever waits for that
    /// is told.
    struct Stepping(ManualClock, mpsc::Sender<()>);

    impl Clock for Stepping {
        fn now(&self) -> Instant {
            let _ = self.1.send(());
            self.0.advance(Duration::from_millis(50));
            self.0.now()
        }
    }

    fn full(files: &FixtureFiles, total: u64) {
        files.write("/proc/stat", format!("cpu  {total} 0 0 0 0 0 0 0\n"));
    }

    #[test]
    fn it_writes_the_signal_and_takes_it_back_when_it_is_dropped() {
        let (files, signal) = (FixtureFiles::default(), Arc::new(SystemSignal::new()));
        let (ticked, ticks) = mpsc::channel();
        let settings =
            SignalSettings { tick: Duration::from_millis(10), ..SignalSettings::default() };
        let clock = Stepping(ManualClock::default(), ticked);
        let ticker =
            Ticker::start(settings.clone(), clock, files.clone(), Arc::clone(&signal), Vec::new());
        let ticker = ticker.unwrap();
        for (total, ()) in (0..).zip(ticks.iter()) {
            full(&files, total);
            if signal.is_overloaded() {
                break;
            }
        }
        assert_eq!(signal.latest().cpu.map(|cpu| cpu.source.name()), Some("host"));
        assert_eq!(
            ticker.reconfigure(SignalSettings { cpu_enter: 2.0, ..settings.clone() }),
            Err(InvalidSetting { field: "cpu_enter", allowed: "above 0 and below 1" })
        );
        ticker.reconfigure(SignalSettings { factor_min: 0.9, ..settings }).unwrap();
        for (total, ()) in (1_000_000..).zip(ticks.iter()) {
            full(&files, total);
            if signal.factor() > 0.8 && signal.is_overloaded() {
                break;
            }
        }
        drop(ticker);
        assert_eq!((signal.latest(), signal.factor()), (Judgement::UNKNOWN, 1.0));
    }

    #[test]
    fn settings_that_make_no_sense_start_nothing() {
        let settings = SignalSettings { tick: Duration::ZERO, ..SignalSettings::default() };
        let signal = Arc::new(SystemSignal::new());
        let started = Ticker::start(
            settings,
            ManualClock::default(),
            FixtureFiles::default(),
            signal,
            Vec::new(),
        );
        assert_eq!(started.unwrap_err().to_string(), "tick_ms must be from 10 to 1000");
    }
}
