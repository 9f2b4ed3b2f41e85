//! What a suite says about one case.

use crate::report::Row;

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The client behaved as with Nacos.
    Pass,
    /// It did not.
    Fail,
    /// The case could not be tried; its detail says why.
    Skip,
}

/// One line `CASE <name> PASS|FAIL|SKIP <ms> <detail>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The case, the same word in every suite that has it.
    pub(crate) case: String,
    /// How it ended.
    pub(crate) verdict: Verdict,
    /// How long it took.
    pub(crate) took_ms: u32,
    /// What the suite adds: for a failure, what it saw and what it expected.
    pub(crate) detail: String,
}

impl Outcome {
    /// Reads a line a suite printed; nothing where the line is something else, such
    /// as what a client prints on its own.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut words = line.trim_end().strip_prefix("CASE ")?.splitn(4, ' ');
        let case = words.next().filter(|case| !case.is_empty())?.to_owned();
        let verdict = match words.next()? {
            "PASS" => Verdict::Pass,
            "FAIL" => Verdict::Fail,
            "SKIP" => Verdict::Skip,
            _ => return None,
        };
        let took_ms = words.next()?.parse().ok()?;
        let detail = words.next().unwrap_or_default().trim().to_owned();
        Some(Self { case, verdict, took_ms, detail })
    }

    /// A failure of a whole suite: it did not install, did not end, or broke off.
    pub(crate) fn broken(case: &str, detail: impl Into<String>) -> Self {
        Self {
            case: case.to_owned(),
            verdict: Verdict::Fail,
            took_ms: 0,
            detail: detail.into().split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }

    /// The row for programs: how long the case took, in milliseconds.
    pub(crate) fn row(&self, client: &str) -> Row {
        let what = format!("{client}: {}", self.case);
        if self.verdict == Verdict::Skip {
            return Row::skipped(what, &self.detail, true);
        }
        let row = Row {
            what,
            ours: Some(f64::from(self.took_ms)),
            peer: None,
            ratio: None,
            target: Some("pass".to_owned()),
            ok: self.verdict == Verdict::Pass,
            note: None,
        };
        if self.detail.is_empty() { row } else { row.with_note(&self.detail) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_line_is_read_with_and_without_a_detail() {
        let outcome =
            Outcome::parse("CASE remove FAIL 1203 read \"x\", expected nothing\n").unwrap();
        assert_eq!(outcome.case, "remove");
        assert_eq!(outcome.verdict, Verdict::Fail);
        assert_eq!(outcome.took_ms, 1203);
        assert_eq!(outcome.detail, "read \"x\", expected nothing");
        assert!(!outcome.row("go").ok);

        let outcome = Outcome::parse("CASE publish_get PASS 7 ").unwrap();
        assert_eq!((outcome.verdict, outcome.detail.as_str()), (Verdict::Pass, ""));
        assert!(outcome.row("go").ok);
    }

    #[test]
    fn what_clients_print_on_their_own_is_no_case() {
        for line in
            ["", "INFO connected", "CASE", "CASE x MAYBE 1", "CASE x PASS soon", "CASE  PASS 1"]
        {
            assert_eq!(Outcome::parse(line), None, "{line}");
        }
    }

    #[test]
    fn a_skipped_case_is_no_failure() {
        let outcome =
            Outcome::parse("CASE beta_publish SKIP 0 the client has no such call").unwrap();
        assert!(outcome.row("node").ok);
    }
}
