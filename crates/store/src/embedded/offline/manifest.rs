//! The list of the files in a backup, by which it is known to be whole.

use std::{fmt::Write as _, path::Path};

const TITLE: &str = "seawall-backup 1";

/// The name of the list in a backup.
pub(super) const NAME: &str = "BACKUP";

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// Where it is, from the folder of the store.
    pub(super) path: String,
    pub(super) bytes: u64,
    pub(super) crc: u32,
}

/// The list as text: a title, a line a file, and how many there are.
pub(super) fn write(files: &[Listed]) -> String {
    let mut text = format!("{TITLE}\n");
    for Listed { path, bytes, crc } in files {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{crc:08x} {bytes} {path}");
    }
    text.push_str(&format!("end {}\n", files.len()));
    text
}

/// Reads a list; what is wrong with it if it is not whole.
pub(super) fn read(text: &str) -> Result<Vec<Listed>, String> {
    let mut lines = text.lines();
    if lines.next() != Some(TITLE) {
        return Err(format!("it does not begin with {TITLE:?}"));
    }
    let mut files = Vec::new();
    for line in lines {
        if let Some(count) = line.strip_prefix("end ") {
            let whole = count.parse() == Ok(files.len());
            return if whole { Ok(files) } else { Err("a file is missing in it".to_owned()) };
        }
        files.push(listed(line).ok_or_else(|| format!("a line is damaged: {line:?}"))?);
    }
    Err("its end is missing".to_owned())
}

fn listed(line: &str) -> Option<Listed> {
    let mut words = line.splitn(3, ' ');
    let crc = u32::from_str_radix(words.next()?, 16).ok()?;
    let bytes = words.next()?.parse().ok()?;
    let path = words.next()?;
    // Inside the folder, whatever somebody wrote into the list.
    let inside =
        Path::new(path).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    (inside && !path.is_empty()).then(|| Listed { path: path.to_owned(), bytes, crc })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_list_is_read_as_it_was_written_and_not_when_it_was_cut() {
        let files = vec![
            Listed { path: "log/1 2.raftlog".to_owned(), bytes: 7, crc: 0xff },
            Listed { path: "FORMAT".to_owned(), bytes: 0, crc: 0 },
        ];
        let text = write(&files);
        assert_eq!(read(&text), Ok(files));
        for end in 0..text.len() - 1 {
            assert!(read(&text[..end]).is_err(), "cut at {end}");
        }
        for outside in ["../x", "/etc/x", "a/../../x", ""] {
            assert!(read(&format!("{TITLE}\n00000000 1 {outside}\nend 1\n")).is_err());
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            let _ = read(&text);
            let _ = read(&format!("{TITLE}\n{text}\nend 1\n"));
        }
    }
}
