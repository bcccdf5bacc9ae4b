//! Known values against those of a policy.

use proptest::prelude::*;

use super::super::*;
use crate::arn::{self, glob::Glob};

fn compare(test: Test, value: &str, pattern: &str) -> Tri {
    let template = Template::parse(pattern, true).unwrap();
    let (glob, plain) = template.fixed().unwrap();
    let found = test.compare(value, glob, plain);
    let operator = Operator::parse(test.name());
    let condition =
        Condition::new(operator, "aws:Key".into(), "aws:key".into(), [template.clone()].into());
    if test.name() != "?" {
        assert_eq!(condition.compare(0, value), Some(found), "{test:?} {value} {pattern}");
    }
    found
}

#[test]
fn texts_and_arns() {
    for (test, value, pattern, expected) in [
        (Test::StringEquals, "dev-1", "dev-*", Tri::False),
        (Test::StringLike, "dev-1", "dev-*", Tri::True),
        (Test::StringLike, "dev*", "dev${*}", Tri::True),
        (Test::StringLike, "dev-1", "dev${*}", Tri::False),
        (Test::StringEqualsIgnoreCase, "Dev", "dEV", Tri::True),
        (Test::StringEqualsIgnoreCase, "É", "é", Tri::True),
        (Test::StringEqualsIgnoreCase, "É", "e", Tri::False),
        (Test::StringEqualsIgnoreCase, "\u{212a}", "k", Tri::Unknown),
        (Test::StringEqualsIgnoreCase, "ß", "SS", Tri::Unknown),
        (Test::ArnLike, "arn:aws:iam::1:role/x", "arn:aws:iam::*:role/x", Tri::True),
        (Test::ArnLike, "arn:aws:iam::1:role/x", "arn:aws:iam::1:role/x", Tri::True),
        (Test::ArnLike, "arn:aws:iam::1:role/x", "arn:aws:iam::1:r*", Tri::True),
        (Test::ArnLike, "arn:aws:iam::1:role/x", "arn:*:role/x", Tri::Unknown),
        (Test::ArnLike, "arn:aws:iam:a:1:role/x", "arn:aws:iam:*:role/x", Tri::Unknown),
        (Test::ArnLike, "arn:aws:iam::1:role/x", "*", Tri::Unknown),
        (Test::ArnLike, "role/x", "arn:aws:iam::1:role/*", Tri::Unknown),
        (Test::ArnLike, "arn:aws:iam::1:role/x", "arn:aws:iam::*:role/${*}", Tri::False),
        (Test::ArnLike, "arn:aws:iam::1:role/*", "arn:aws:iam::*:role/${*}", Tri::True),
        (Test::Bool, "true", "TRUE", Tri::True),
        (Test::Bool, "yes", "yes", Tri::False),
        (Test::Binary, "QUJD", "QUJD", Tri::True),
        (Test::Binary, "QUJD", "QUJE", Tri::Unknown),
        (Test::IpAddress, "10.1.2.3", "10.0.0.0/8", Tri::True),
        (Test::IpAddress, "10.1.2.3", "10.1.2.4", Tri::False),
        (Test::IpAddress, "10.1.2.3", "::/0", Tri::False),
        (Test::IpAddress, "10.1.2.3", "ten", Tri::Unknown),
        (Test::IpAddress, "ten", "10.0.0.0/8", Tri::Unknown),
        (Test::Unknown, "a", "a", Tri::Unknown),
        (Test::Null, "true", "true", Tri::Unknown),
    ] {
        assert_eq!(compare(test, value, pattern), expected, "{test:?} {value} {pattern}");
    }
}

#[test]
fn numbers_compare_exactly_or_not_at_all() {
    for (test, value, pattern, expected) in [
        (Test::NumericLessThanEquals, "3600", "3600.0", Tri::True),
        (Test::NumericEquals, "0012", "12", Tri::True),
        (Test::NumericEquals, "-0", "0.00", Tri::True),
        (Test::NumericLessThan, "-5", "-4.5", Tri::True),
        (Test::NumericGreaterThan, "-1", "0.5", Tri::False),
        (Test::NumericLessThan, "9.49", "9.5", Tri::True),
        (Test::NumericEquals, "123456789012", "123456789012", Tri::True),
        (Test::NumericEquals, "12345678901234567890", "12345678901234567890", Tri::True),
        // Floating point takes these for equal.
        (Test::NumericEquals, "12345678901234567890", "12345678901234567891", Tri::Unknown),
        (Test::NumericLessThan, "9007199254740992", "9007199254740993", Tri::Unknown),
        (Test::NumericLessThan, "9007199254740992", "9007199254740999", Tri::True),
        (Test::NumericEquals, "1e3", "1000", Tri::Unknown),
        (Test::NumericEquals, "NaN", "NaN", Tri::Unknown),
        (Test::NumericLessThan, "1", "inf", Tri::Unknown),
        (Test::NumericEquals, " 1", "1", Tri::Unknown),
        (Test::NumericEquals, "1.", "1", Tri::Unknown),
        (Test::NumericEquals, "+1", "1", Tri::Unknown),
        (Test::NumericEquals, "", "0", Tri::Unknown),
    ] {
        assert_eq!(compare(test, value, pattern), expected, "{test:?} {value} {pattern}");
    }
}

#[test]
fn dates_compare_as_instants() {
    let new_year = "2026-01-01T00:00:00Z";
    for same in [
        new_year,
        "2026-01-01",
        "2026-01",
        "2026-01-01T00:00Z",
        "2026-01-01T00:00:00.000Z",
        "2026-01-01T01:30:00+01:30",
        "2025-12-31T19:00-05:00",
        "1767225600",
    ] {
        assert_eq!(compare(Test::DateEquals, new_year, same), Tri::True, "{same}");
        assert_eq!(compare(Test::DateLessThan, same, "2026-01-02"), Tri::True, "{same}");
        assert_eq!(compare(Test::DateGreaterThanEquals, "2025-12-31", same), Tri::False, "{same}");
    }
    for unclear in [
        "2026",
        "20260101",
        "2026-01-01T00:00:00",
        "2026-01-01T00",
        "2026-01-01 00:00:00Z",
        "2026-01-01t00:00:00z",
        "2026-01-01T00:00:00+0000",
        "2026-01-01T00:00:00+00:00[UTC]",
        "2026-01-01T00:00:60Z",
        "2026-01-01T00:00.5Z",
        "2026-13",
        "2026-02-30",
        "1767225600.5",
        "-1",
        "1767225600000",
        "",
        "tomorrow",
    ] {
        assert_eq!(compare(Test::DateEquals, new_year, unclear), Tri::Unknown, "{unclear}");
        assert_eq!(compare(Test::DateEquals, unclear, new_year), Tri::Unknown, "{unclear}");
    }
}

#[test]
fn a_value_with_variables_waits_for_them() {
    let value = Template::parse("arn:aws:iam::*:role/${aws:PrincipalTag/team}", true).unwrap();
    let filled = value.resolve(|_| VariableValue::Known("*".into()));
    let Resolved::Filled { glob, plain, .. } = filled else { panic!("{filled:?}") };
    // A `*` that is inserted is no wildcard, within ARNs neither.
    assert_eq!(Test::ArnLike.compare("arn:aws:iam::1:role/x", &glob, &plain), Tri::False);
    assert_eq!(Test::ArnLike.compare("arn:aws:iam::1:role/*", &glob, &plain), Tri::True);
    let condition = Condition::new(
        Operator::parse("ArnLike"),
        "aws:PrincipalArn".into(),
        "aws:principalarn".into(),
        [value].into(),
    );
    assert_eq!(condition.compare(0, "arn:aws:iam::1:role/x"), None);
    assert_eq!(condition.compare(1, "arn:aws:iam::1:role/x"), None);
}

/// What a resource covers, written down without any thought for speed.
fn covers(pattern: &str, arn: &str) -> Tri {
    if !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*') {
        return Tri::True;
    }
    let fits = |pattern: &str, part: &str| Glob::new(pattern).matches(part);
    match (arn::split(pattern), arn::split(arn)) {
        (Some(pattern), Some(arn)) => pattern.iter().zip(arn).all(|(p, part)| fits(p, part)).into(),
        (None, Some(parts)) if pattern.ends_with('*') && fits(pattern, arn) => {
            let within = pattern.split(':').zip(parts).all(|(p, part)| fits(p, part));
            if within { Tri::True } else { Tri::Unknown }
        }
        _ => Tri::False,
    }
}

proptest! {
    #[test]
    fn resources_cover_what_their_parts_do(
        pattern in "[a*?:]{0,12}|a:a:\\*:(a|\\*):[a*?]{0,2}:[a*:]{0,3}|a:a:a:a:a:[a*:?]{0,4}",
        arn in "a:a:a{0,2}:a:a{0,2}:[a:]{0,4}|[a:]{0,6}",
    ) {
        let resource = ResourcePattern::new(Template::parse(&pattern, true).unwrap());
        let found = resource.covers(&ArnSegments::new(&arn));
        prop_assert_eq!(found, Some(covers(&pattern, &arn)), "{} {}", pattern, arn);
    }

    #[test]
    fn decimals_compare_as_their_digits(one in -20_000i64..20_000, other in -20_000i64..20_000) {
        // The same numbers with the point moved by two, and zeros where they don't matter.
        let text = |number: i64| {
            let sign = if number < 0 { "-" } else { "" };
            format!("{sign}0{}.{:02}0", number.abs() / 100, number.abs() % 100)
        };
        for (test, expected) in [
            (Test::NumericEquals, one == other),
            (Test::NumericLessThan, one < other),
            (Test::NumericGreaterThanEquals, one >= other),
        ] {
            prop_assert_eq!(compare(test, &text(one), &text(other)), Tri::from(expected));
        }
    }

    #[test]
    fn no_value_makes_a_comparison_panic(value in ".{0,12}|[0-9:TZ+.-]{0,26}") {
        for test in [Test::DateEquals, Test::NumericEquals, Test::IpAddress, Test::ArnLike] {
            let _ = Test::compare(test, &value, &Glob::new(&value), &value);
        }
    }
}

proptest! {
    /// A variable may have just the values with which the pattern fits.
    #[test]
    fn fillings_are_the_values_that_fit(
        before in "[ab*?]{0,3}", after in "[ab*?]{0,3}", text in "[ab*]{0,5}", other in "[ab*]{0,5}",
    ) {
        let template = Template::parse(&format!("{before}${{aws:X}}{after}"), true).unwrap();
        let (key, values) = template.fillings(&text, 100).unwrap();
        prop_assert_eq!(key, "aws:X");
        let fits = |value: &str| match template.resolve(|_| VariableValue::Known(value.into())) {
            Resolved::Filled { glob, .. } => glob.matches(&text),
            other => panic!("{other:?}"),
        };
        let places = || 0..=text.len();
        let parts = places().flat_map(|end| (0..=end).map(move |start| (start, end)));
        for value in parts.filter_map(|(start, end)| text.get(start..end)).chain([&*other]) {
            prop_assert_eq!(values.iter().any(|known| known == value), fits(value), "{}", value);
        }
    }
}

#[test]
fn what_can_not_be_told_of_a_variable_is_not() {
    let template = |text: &str| Template::parse(text, true).unwrap();
    assert_eq!(template("*${aws:x}*").fillings("abcdef", 16), None);
    for text in ["plain", "${*}", "${aws:x}${aws:x}", "${aws:x, 'y'}"] {
        assert_eq!(template(text).fillings("plain", 16), None, "{text}");
    }
    let stars = template("${*}${aws:Tag}${*}");
    assert_eq!(stars.fillings("*a*", 16), Some(("aws:Tag", vec!["a".to_owned()])));
}
