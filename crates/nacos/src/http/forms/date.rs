//! Moments as text.

use seawall_clock::WallTime;

const MILLIS_A_DAY: u64 = 86_400_000;
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Year, month and day of month, both counted from 1, of a day since 1970-01-01.
///
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
fn civil(days: u64) -> (u64, usize, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, usize::try_from(month).unwrap_or(1), day)
}

/// Days, hours, minutes, seconds and milliseconds.
fn parts(at: WallTime) -> (u64, u64, u64, u64, u64) {
    let (days, millis) = (at.as_millis() / MILLIS_A_DAY, at.as_millis() % MILLIS_A_DAY);
    (days, millis / 3_600_000, millis / 60_000 % 60, millis / 1_000 % 60, millis % 1_000)
}

/// As HTTP headers have it (RFC 9110, 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`. Written
/// with every read of an item, so digit by digit.
pub(crate) fn http_date(at: WallTime) -> String {
    let (days, hour, minute, second, _) = parts(at);
    let (year, month, day) = civil(days);
    let weekday = WEEKDAYS.get(usize::try_from(days % 7).unwrap_or_default()).unwrap_or(&"");
    let month = MONTHS.get(month.saturating_sub(1)).unwrap_or(&"");
    let mut text = String::with_capacity("Sun, 06 Nov 1994 08:49:37 GMT".len());
    text.push_str(weekday);
    text.push_str(", ");
    push_two(&mut text, day);
    text.push(' ');
    text.push_str(month);
    text.push(' ');
    push_two(&mut text, year / 100);
    push_two(&mut text, year);
    for (before, number) in [(' ', hour), (':', minute), (':', second)] {
        text.push(before);
        push_two(&mut text, number);
    }
    text.push_str(" GMT");
    text
}

/// The last two digits of `number`.
fn push_two(text: &mut String, number: u64) {
    for digit in [number / 10 % 10, number % 10] {
        text.push(char::from(b'0' + u8::try_from(digit).unwrap_or_default()));
    }
}

/// As Nacos's JSON has it (ISO 8601): `1994-11-06T08:49:37.000+00:00`.
pub(crate) fn iso_date(at: WallTime) -> String {
    let (days, hour, minute, second, millis) = parts(at);
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}+00:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_others_write_them() {
        let table = [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00.000+00:00"),
            (784_111_777_000, "Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37.000+00:00"),
            (951_782_400_123, "Tue, 29 Feb 2000 00:00:00 GMT", "2000-02-29T00:00:00.123+00:00"),
            (1_735_689_599_999, "Tue, 31 Dec 2024 23:59:59 GMT", "2024-12-31T23:59:59.999+00:00"),
        ];
        for (millis, http, iso) in table {
            let at = WallTime::from_millis(millis);
            assert_eq!((http_date(at).as_str(), iso_date(at).as_str()), (http, iso));
        }
    }
}
