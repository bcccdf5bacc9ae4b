//! Numbers, dates and networks in condition values.
//!
//! What is not clearly one of them is none: whether AWS takes `1e3` for a number, or `2020` for a
//! year or for seconds, is not documented, so a comparison with it stays undecided.

use std::cmp::Ordering;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use jiff::civil::Date;

/// A decimal number, compared digit by digit, so that twenty of them are as exact as two.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decimal<'t> {
    negative: bool,
    /// Without zeros in front.
    whole: &'t str,
    /// Without zeros at the end.
    fraction: &'t str,
    /// As most languages would read it.
    float: f64,
}

impl<'t> Decimal<'t> {
    /// Reads digits with at most a minus in front and a fraction behind.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        if !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let negative = digits.len() < text.len() && !(whole.is_empty() && fraction.is_empty());
        Some(Self { negative, whole, fraction, float: text.parse().ok()? })
    }

    /// How both compare; `None` where floating point, in which AWS may compare, would tell
    /// otherwise.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        let size = |number: &Self| (number.whole.len(), number.whole, number.fraction);
        let exact = match (self.negative, other.negative) {
            (false, false) => size(self).cmp(&size(other)),
            (true, true) => size(other).cmp(&size(self)),
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
        };
        (self.float.partial_cmp(&other.float) == Some(exact)).then_some(exact)
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// ISO 8601 as W3C's profile has it (a month, a date, a date with time and zone), or seconds since
/// 1970. A month or a date begins at midnight UTC.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    if all_digits(text) {
        // Four digits may be a year, and eight a date without hyphens.
        let clear = !matches!(text.len(), 4 | 8);
        return clear.then(|| Timestamp::from_second(text.parse().ok()?).ok()).flatten();
    }
    if has_shape(text, "0000-00") {
        let (year, month) = text.split_once('-')?;
        return midnight(Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?);
    }
    if has_shape(text, "0000-00-00") {
        return midnight(text.parse().ok()?);
    }
    let (date, time) = text.split_once('T')?;
    let clock = match time.strip_suffix('Z') {
        Some(clock) => clock,
        None => {
            let (clock, zone) = time.split_at_checked(time.len().checked_sub(6)?)?;
            (has_shape(zone, "+00:00") || has_shape(zone, "-00:00")).then_some(clock)?
        }
    };
    let clear = match clock.split_once('.') {
        Some((clock, fraction)) => has_shape(clock, "00:00:00") && all_digits(fraction),
        None => has_shape(clock, "00:00") || has_shape(clock, "00:00:00"),
    };
    // A leap second is the next one for some and the one before for others.
    let leap = clock.get(5..8) == Some(":60");
    (has_shape(date, "0000-00-00") && clear && !leap).then(|| text.parse().ok()).flatten()
}

/// Whether the text is the shape, a `0` standing for any digit.
fn has_shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text
            .bytes()
            .zip(shape.bytes())
            .all(|(byte, shape)| if shape == b'0' { byte.is_ascii_digit() } else { byte == shape })
}

fn midnight(date: Date) -> Option<Timestamp> {
    date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// A network in CIDR form; a bare address is a network of its own.
pub(crate) fn network(text: &str) -> Option<IpNet> {
    if let Ok(network) = text.parse::<IpNet>() {
        return Some(network.trunc());
    }
    text.parse::<IpAddr>().ok().map(IpNet::from)
}
