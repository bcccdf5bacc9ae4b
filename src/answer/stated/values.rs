//! What the values of condition keys look like.

use std::net::IpAddr;

use jiff::Timestamp;

use crate::arn::{AccountId, Arn};
use crate::evaluation::Passed;

use super::keys::Form;

/// Why a value does not fit its key, and what would.
pub(super) struct Misfit {
    /// What is expected instead: it follows `is not `.
    pub(super) expected: &'static str,
    /// What to write.
    pub(super) instead: String,
}

/// Checks a value against the form of its key.
pub(super) fn check(form: Form, value: &str) -> Result<(), Misfit> {
    let misfit = |expected: &'static str, instead: String| Err(Misfit { expected, instead });
    let length = value.chars().count();
    match form {
        Form::Bool if !["true", "false"].contains(&value.to_lowercase().as_str()) => {
            let meant = match value.to_lowercase().as_str() {
                "yes" | "y" | "1" | "on" => "`true`",
                "no" | "n" | "0" | "off" => "`false`",
                _ => "`true` or `false`",
            };
            misfit("`true` or `false`", format!("write {meant}"))
        }
        Form::Seconds if value.parse::<u64>().is_err() => {
            misfit("a number of seconds", "write a whole number, such as `300`".to_owned())
        }
        Form::Address if value.contains('/') => address_range(value),
        Form::Address if value.parse::<IpAddr>().is_err() => {
            misfit("an IP address", "write one such as `203.0.113.7`".to_owned())
        }
        Form::Instant if instant(value).is_none() => misfit(
            "an instant",
            "write one such as `2026-12-31T23:59:59Z`, or seconds since 1970".to_owned(),
        ),
        Form::Account if value.parse::<AccountId>().is_err() => {
            misfit("an account id", "write its twelve digits".to_owned())
        }
        Form::Organization if !is_organization(value) => {
            misfit("an organization id", "write one such as `o-a1b2c3d4e5`".to_owned())
        }
        Form::OrganizationPath if !is_path(value) => misfit(
            "a path in an organization",
            if is_path(&format!("{value}/")) {
                format!("it ends with a slash: `{value}/`")
            } else {
                "write one such as `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/`".to_owned()
            },
        ),
        Form::Arn => match value.parse::<Arn>() {
            Ok(_) => Ok(()),
            Err(error) if value.starts_with("arn:") => misfit("a whole ARN", error.to_string()),
            Err(_) => misfit(
                "an ARN",
                "write one such as `arn:aws:iam::123456789012:role/NAME`".to_owned(),
            ),
        },
        Form::Vpc if !value.starts_with("vpc-") => {
            misfit("the id of a VPC", "write one such as `vpc-0a1b2c3d`".to_owned())
        }
        Form::Endpoint if !value.starts_with("vpce-") => {
            misfit("the id of a VPC endpoint", "write one such as `vpce-0a1b2c3d`".to_owned())
        }
        Form::SessionName if !Passed::SessionName.takes(value) => misfit(
            "a session name that STS takes",
            "use 2 to 64 letters, digits and `_+=,.@-`".to_owned(),
        ),
        Form::ExternalId if !Passed::ExternalId.takes(value) => misfit(
            "an external ID that STS takes",
            "use 2 to 1,224 letters, digits and `_+=,.@:/-`".to_owned(),
        ),
        Form::SourceIdentity if !Passed::SourceIdentity.takes(value) => misfit(
            "a source identity that STS takes",
            "use 2 to 64 letters, digits and `_+=,.@-`, not beginning with `aws:`".to_owned(),
        ),
        Form::TagKey if length > 128 => {
            misfit("a tag key that STS takes", "use at most 128 characters".to_owned())
        }
        Form::TagValue if length > 256 => {
            misfit("a tag value that STS takes", "use at most 256 characters".to_owned())
        }
        Form::Service if !value.contains('.') => misfit(
            "the name of a service principal",
            format!("write it whole: `{}.amazonaws.com`", value.to_lowercase()),
        ),
        _ => Ok(()),
    }
}

/// A network, of which the call has some address.
fn address_range(value: &str) -> Result<(), Misfit> {
    let (address, length) = value.split_once('/').unwrap_or((value, ""));
    let instead = match (address.parse::<IpAddr>(), length.parse::<u8>()) {
        (Err(_), _) => "write one such as `203.0.113.0/24`".to_owned(),
        (Ok(_), Ok(_)) if value.parse::<ipnet::IpNet>().is_ok() => return Ok(()),
        (Ok(IpAddr::V4(_)), _) => "behind the slash stand 0 to 32 bits".to_owned(),
        (Ok(IpAddr::V6(_)), _) => "behind the slash stand 0 to 128 bits".to_owned(),
    };
    Err(Misfit { expected: "a network", instead })
}

fn is_organization(value: &str) -> bool {
    value.strip_prefix("o-").is_some_and(|rest| {
        !rest.is_empty()
            && rest.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit())
    })
}

fn is_path(value: &str) -> bool {
    let mut parts = value.split('/');
    parts.next().is_some_and(is_organization)
        && parts.next().is_some_and(|root| root.starts_with("r-"))
        && value.ends_with('/')
}

/// ISO 8601 with a zone, a date alone, or seconds since 1970: what the evaluation reads the same
/// way. Four digits may be a year and eight a date, and a leap second is one of two instants;
/// those it leaves open, and nothing may follow from them.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let clear = !matches!(text.len(), 4 | 8);
        return clear.then(|| Timestamp::from_second(text.parse().ok()?).ok()).flatten();
    }
    let Some((date, time)) = text.split_once('T') else {
        let date: jiff::civil::Date = (text.len() == 10).then(|| text.parse().ok()).flatten()?;
        return date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    };
    let clear = date.len() == 10
        && time.chars().all(|char| char.is_ascii_digit() || ":.Z+-".contains(char))
        && time.get(2..3) == Some(":")
        && time.get(5..8) != Some(":60");
    clear.then(|| text.parse().ok()).flatten()
}
