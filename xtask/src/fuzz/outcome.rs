//! What libFuzzer says, and what came of a target.

use std::path::{Path, PathBuf};

use crate::report::{self, Row, count};

/// What was read so far of one run of libFuzzer.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Seen {
    pub(crate) executions: usize,
    pub(crate) edges: usize,
    pub(crate) features: usize,
    /// The committed input that is being replayed.
    pub(crate) running: Option<String>,
    /// Where the input is that made it end.
    pub(crate) written: Option<String>,
    /// The first words about what went wrong.
    pub(crate) complaint: Option<String>,
    /// How it ended, if not well.
    pub(crate) failed: Option<String>,
    /// The line before said only where a panic was.
    panicked: bool,
}

impl Seen {
    /// Takes a line; says whether the numbers changed.
    pub(crate) fn take(&mut self, line: &str) -> bool {
        if std::mem::take(&mut self.panicked) && !line.is_empty() {
            self.complain(line);
            return false;
        }
        if let Some(input) = line.strip_prefix("Running: ") {
            self.running = Some(input.to_owned());
        } else if let Some((_, input)) = line.split_once("Test unit written to ") {
            self.written = Some(input.to_owned());
        } else if line.contains(" panicked at ") {
            self.panicked = true;
        } else if let Some(error) = line.split_once("ERROR: libFuzzer: ").map(|(_, error)| error) {
            self.complain(error);
        } else if let Some(total) = line.strip_prefix("stat::number_of_executed_units:") {
            self.executions = total.trim().parse().unwrap_or(self.executions);
        } else if let Some(rest) = line.strip_prefix('#') {
            return self.numbers(rest);
        }
        false
    }

    /// `1024 pulse cov: 12 ft: 34 corp: …`
    fn numbers(&mut self, line: &str) -> bool {
        let mut words = line.split_whitespace();
        let Some(executions) = words.next().and_then(|word| word.parse().ok()) else {
            return false;
        };
        self.executions = executions;
        let words: Vec<&str> = words.collect();
        for pair in words.windows(2) {
            match pair {
                ["cov:", edges] => self.edges = edges.parse().unwrap_or(self.edges),
                ["ft:", features] => self.features = features.parse().unwrap_or(self.features),
                _ => {}
            }
        }
        true
    }

    /// A panic's own words say more than libFuzzer's about the signal it ended in.
    fn complain(&mut self, words: &str) {
        self.complaint.get_or_insert_with(|| words.chars().take(200).collect());
    }

    /// One line while it runs.
    pub(crate) fn shown(&self, name: &str) -> String {
        format!("{name}: {} executions, {} edges", self.executions, self.edges)
    }
}

/// What came of one target.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outcome {
    name: String,
    executions: usize,
    edges: usize,
    features: usize,
    crash: Option<Crash>,
}

/// What went wrong, and how to see it again.
#[derive(Debug, Clone, PartialEq)]
struct Crash {
    words: String,
    input: Option<PathBuf>,
    log: PathBuf,
}

impl Outcome {
    pub(crate) fn passed(name: &str, seen: &Seen) -> Self {
        let Seen { executions, edges, features, .. } = *seen;
        Self { name: name.to_owned(), executions, edges, features, crash: None }
    }

    pub(crate) fn crashed(
        name: &str,
        seen: &Seen,
        how: &str,
        input: Option<PathBuf>,
        log: &Path,
    ) -> Self {
        let crash = Crash { words: how.to_owned(), input, log: log.to_owned() };
        Self { crash: Some(crash), ..Self::passed(name, seen) }
    }

    /// What to do about a crash, for people.
    pub(crate) fn advice(&self) -> Option<String> {
        let crash = self.crash.as_ref()?;
        let replay = match &crash.input {
            Some(input) => format!(
                "\n  again: cargo xtask fuzz {} --replay {}\n  once mended, keep it in fuzz/regressions/{}",
                self.name,
                input.display(),
                self.name
            ),
            None => String::new(),
        };
        let (words, log) = (&crash.words, crash.log.display());
        Some(format!("{}: {words}\n  log: {log}{replay}", self.name))
    }

    /// One row a fact, for programs.
    pub(crate) fn rows(&self) -> [Row; 3] {
        let crashes = Row::verdict(format!("{}: crashes", self.name), self.crashes());
        let crashes = match &self.crash {
            Some(crash) => crashes.with_note(crash.words.clone()),
            None => crashes,
        };
        let measured = |what: &str, number: usize| Row {
            ours: Some(count(number)),
            target: None,
            ok: true,
            ..Row::verdict(format!("{}: {what}", self.name), 0)
        };
        [measured("executions", self.executions), measured("edges", self.edges), crashes]
    }

    fn crashes(&self) -> usize {
        usize::from(self.crash.is_some())
    }
}

/// One line a target, for people.
pub(crate) fn table(outcomes: &[Outcome]) -> String {
    let heads = ["target", "executions", "edges", "features", "crashes"];
    let mut lines = vec![heads.map(str::to_owned)];
    lines.extend(outcomes.iter().map(|outcome| {
        let numbers = [outcome.executions, outcome.edges, outcome.features, outcome.crashes()];
        let [executions, edges, features, crashes] = numbers.map(|number| number.to_string());
        [outcome.name.clone(), executions, edges, features, crashes]
    }));
    report::aligned(&lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(output: &str) -> Seen {
        let mut seen = Seen::default();
        for line in output.lines() {
            seen.take(line);
        }
        seen
    }

    #[test]
    fn the_last_numbers_count() {
        let output = "INFO: Seed: 1\n\
            #2\tINITED cov: 10 ft: 11 corp: 1/1b exec/s: 0 rss: 40Mb\n\
            #1024\tpulse  cov: 20 ft: 31 corp: 2/3b lim: 4 exec/s: 512 rss: 41Mb\n\
            #1500\tDONE   cov: 21 ft: 33 corp: 2/3b lim: 4 exec/s: 500 rss: 41Mb\n\
            stat::number_of_executed_units: 1501\n";
        let seen = seen(output);
        assert_eq!((seen.executions, seen.edges, seen.features), (1501, 21, 33));
        assert_eq!(seen.complaint, None);
    }

    #[test]
    fn a_panic_says_more_than_the_signal_it_ends_in() {
        let output = "Running: fuzz/regressions/token/1\n\n\
            thread '<unnamed>' (7) panicked at fuzz/src/targets/token.rs:1:2:\n\
            taken: a.b.c\n\
            ==7== ERROR: libFuzzer: deadly signal\n\
            artifact_prefix='x/'; Test unit written to x/crash-1\n";
        let seen = seen(output);
        assert_eq!(seen.complaint.as_deref(), Some("taken: a.b.c"));
        assert_eq!(seen.running.as_deref(), Some("fuzz/regressions/token/1"));
        assert_eq!(seen.written.as_deref(), Some("x/crash-1"));
        let silent = "==7== ERROR: libFuzzer: timeout after 10 seconds\n";
        assert_eq!(self::seen(silent).complaint.as_deref(), Some("timeout after 10 seconds"));
    }

    #[test]
    fn a_crash_names_its_input_and_how_to_see_it_again() {
        let input = Some(PathBuf::from("crash-1"));
        let outcome =
            Outcome::crashed("token", &Seen::default(), "taken", input, Path::new("token.log"));
        let advice = outcome.advice().unwrap();
        assert!(advice.contains("cargo xtask fuzz token --replay crash-1"), "{advice}");
        assert!(outcome.rows().iter().any(|row| !row.ok));
        let passed = Outcome::passed("token", &Seen::default());
        assert_eq!(passed.advice(), None);
        assert!(passed.rows().iter().all(|row| row.ok));
    }
}
