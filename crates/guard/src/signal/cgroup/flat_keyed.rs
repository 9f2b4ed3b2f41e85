//! Files of one `KEY VALUE` a line (cgroup-v2.rst, "Flat keyed").

use crate::signal::files::whole_lines;

/// The number at `key`, `None` when it is not there or no number.
pub(in crate::signal) fn value_of(text: &str, key: &str) -> Option<u64> {
    let value = |line: &str| line.strip_prefix(key)?.strip_prefix(' ')?.parse().ok();
    whole_lines(text).find_map(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_whole_words() {
        let text = "total_inactive_file 1\ninactive_file 22\ninactive_file_more 3\nbad x\ncut 1";
        assert_eq!(value_of(text, "inactive_file"), Some(22));
        assert_eq!(value_of(text, "total_inactive_file"), Some(1));
        assert_eq!(value_of(text, "inactive"), None);
        assert_eq!(value_of(text, "bad"), None);
        assert_eq!(value_of(text, "cut"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not(text in ".*", key in "[a-z_]{0,8}") {
            let _ = value_of(&text, &key);
        }

        #[test]
        fn a_key_is_found_wherever_it_stands(value: u64, before in "([a-z]{1,5} [0-9]{1,5}\n){0,5}") {
            prop_assert_eq!(value_of(&format!("{before}the_key {value}\n"), "the_key"), Some(value));
        }
    }
}
