//! Stated keys that follow from each other, or exclude each other.

use super::values::instant;
use super::{Reading, refused};
use crate::answer::QuestionError;

/// Tags that one call can pass.
const MOST_TAGS: usize = 50;

/// Fills in what follows, and refuses what can't be at once.
pub(super) fn check(reading: &mut Reading) -> Result<(), QuestionError> {
    tags(reading)?;
    mfa(reading)?;
    clock(reading)?;
    source_identity(reading)?;
    via_service(reading)?;
    always_there(reading)?;
    if reading.values("aws:sourceip").is_some() && reading.values("aws:vpcsourceip").is_some() {
        reading.caveat(
            "K1",
            "AWS describes `aws:SourceIp` as absent from calls through a VPC endpoint and `aws:VpcSourceIp` as absent from all others; both are taken as stated".to_owned(),
        );
    }
    Ok(())
}

/// The tags that are stated are the tags that are passed.
fn tags(reading: &mut Reading) -> Result<(), QuestionError> {
    const TAG: &str = "aws:requesttag/";
    let (passed, left_out): (Vec<_>, Vec<_>) = reading
        .facts
        .range(TAG.to_owned()..)
        .take_while(|(key, _)| key.starts_with(TAG))
        .map(|(_, fact)| (fact.name.get(TAG.len()..).unwrap_or_default().to_owned(), fact))
        .partition(|(_, fact)| !fact.values.is_empty());
    let passed: Vec<String> = passed.into_iter().map(|(tag, _)| tag).collect();
    let left_out: Vec<String> = left_out.into_iter().map(|(tag, _)| tag).collect();
    let has = |list: &[String], tag: &str| list.iter().any(|it| it.eq_ignore_ascii_case(tag));
    if reading.absent("aws:tagkeys")
        && let Some(tag) = passed.first()
    {
        return Err(refused(
            format!("`aws:RequestTag/{tag}` states a tag, and `aws:TagKeys=` that none is passed"),
            ["leave `aws:TagKeys` out: it follows from the tags"],
        ));
    }
    if let Some(keys) = reading.values("aws:tagkeys") {
        if let Some(tag) = passed.iter().find(|tag| !has(keys, tag)) {
            return Err(refused(
                format!(
                    "`aws:RequestTag/{tag}` states a tag that the stated `aws:TagKeys` do not hold"
                ),
                [format!(
                    "add `--context aws:TagKeys={tag}`, or leave `aws:TagKeys` out: it follows from the tags"
                )],
            ));
        }
        if let Some(tag) = keys.iter().find(|tag| has(&left_out, tag)) {
            return Err(refused(
                format!(
                    "`aws:TagKeys` holds `{tag}`, and `aws:RequestTag/{tag}=` states that this tag is not passed"
                ),
                [format!("state its value: `--context aws:RequestTag/{tag}=VALUE`")],
            ));
        }
    } else if !passed.is_empty() {
        reading.imply("aws:TagKeys", passed.clone());
        reading.caveat(
            "T5",
            "the tags that are stated are taken as all that the call passes".to_owned(),
        );
    }
    if let Some(transitive) = reading.values("sts:transitivetagkeys").map(<[String]>::to_vec) {
        let keys = reading.values("aws:tagkeys").map(<[String]>::to_vec).unwrap_or_default();
        if let Some(tag) = transitive.iter().find(|tag| !has(&keys, tag)) {
            return Err(refused(
                format!(
                    "`sts:TransitiveTagKeys` holds `{tag}`, and no such tag is stated to be passed"
                ),
                [format!("state the tag, too: `--context aws:RequestTag/{tag}=VALUE`")],
            ));
        }
    }
    let count = reading.values("aws:tagkeys").map_or(0, <[String]>::len);
    if count > MOST_TAGS {
        return Err(refused(
            format!("{count} tags are stated, and a call passes at most {MOST_TAGS}"),
            ["leave some out"],
        ));
    }
    Ok(())
}

/// The age is in a request only with MFA.
fn mfa(reading: &mut Reading) -> Result<(), QuestionError> {
    let without = reading.absent("aws:multifactorauthpresent")
        || reading.is("aws:multifactorauthpresent", "false");
    if reading.values("aws:multifactorauthage").is_some() {
        if without {
            return Err(refused(
                "`aws:MultiFactorAuthAge` states a session with MFA, and `aws:MultiFactorAuthPresent` one without",
                [
                    "an age is in a request only with MFA: leave it out, or state `aws:MultiFactorAuthPresent=true`",
                ],
            ));
        }
        reading.imply("aws:MultiFactorAuthPresent", vec!["true".to_owned()]);
    } else if without {
        reading.imply("aws:MultiFactorAuthAge", Vec::new());
    }
    Ok(())
}

/// `aws:CurrentTime` and `aws:EpochTime` are one clock.
fn clock(reading: &mut Reading) -> Result<(), QuestionError> {
    let read = |key: &str| reading.value(key).and_then(instant);
    match (read("aws:currenttime"), read("aws:epochtime")) {
        (Some(one), Some(other)) if one.as_second() != other.as_second() => Err(refused(
            format!("`aws:CurrentTime` states {one}, and `aws:EpochTime` {other}"),
            ["both are one clock: state one of them"],
        )),
        (Some(now), None) => {
            reading.imply("aws:EpochTime", vec![now.as_second().to_string()]);
            Ok(())
        }
        (None, Some(now)) => {
            reading.imply("aws:CurrentTime", vec![now.to_string()]);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Once a session has a source identity, every later call passes the same.
fn source_identity(reading: &mut Reading) -> Result<(), QuestionError> {
    let Some(own) = reading.value("aws:sourceidentity").map(str::to_owned) else { return Ok(()) };
    let passed = reading.value("sts:sourceidentity");
    if reading.absent("sts:sourceidentity") || passed.is_some_and(|passed| passed != own) {
        let passed = passed.map_or("none".to_owned(), |passed| format!("`{passed}`"));
        return Err(refused(
            format!(
                "the caller's session has the source identity `{own}` (`aws:SourceIdentity`), and the call is stated to pass {passed} (`sts:SourceIdentity`)"
            ),
            [
                "a source identity can't be changed once it is set: state the same for both, or only `aws:SourceIdentity`",
            ],
        ));
    }
    reading.imply("sts:SourceIdentity", vec![own]);
    Ok(())
}

/// The services that call on behalf of somebody are named only where one does.
fn via_service(reading: &mut Reading) -> Result<(), QuestionError> {
    const CHAIN: [&str; 3] = ["aws:calledvia", "aws:calledviafirst", "aws:calledvialast"];
    let Some(named) = CHAIN.into_iter().find(|key| reading.values(key).is_some()) else {
        return Ok(());
    };
    let named = reading.facts.get(named).map(|fact| fact.name.clone()).unwrap_or_default();
    if reading.absent("aws:viaawsservice") || reading.is("aws:viaawsservice", "false") {
        return Err(refused(
            format!(
                "`{named}` names a service that calls for the caller, and `aws:ViaAWSService` states that none does"
            ),
            ["leave `aws:ViaAWSService` out: it follows"],
        ));
    }
    reading.imply("aws:ViaAWSService", vec!["true".to_owned()]);
    if let Some(chain) = reading.values("aws:calledvia").map(<[String]>::to_vec) {
        let ends = [("aws:CalledViaFirst", chain.first()), ("aws:CalledViaLast", chain.last())];
        for (name, end) in ends {
            let Some(end) = end else { continue };
            let stated = reading.value(&name.to_lowercase());
            if stated.is_some_and(|stated| stated != end) {
                return Err(refused(
                    format!(
                        "`{name}` is not the service at that end of the stated `aws:CalledVia`, which is `{end}`"
                    ),
                    ["leave it out: it follows"],
                ));
            }
            reading.imply(name, vec![end.clone()]);
        }
    }
    Ok(())
}

/// Keys that every call that assumes a role has.
fn always_there(reading: &Reading) -> Result<(), QuestionError> {
    let there = [
        ("sts:rolesessionname", "every session has a name: leave it out, or state one"),
        ("aws:currenttime", "every call is made at some time: leave it out, or state one"),
        ("aws:epochtime", "every call is made at some time: leave it out, or state one"),
        (
            "aws:requestedregion",
            "every call goes to some endpoint: leave it out, or state its Region",
        ),
        ("aws:securetransport", "STS answers over HTTPS only, so it is always `true`"),
        ("aws:resourceaccount", "it is the role's account: leave it out"),
    ];
    for (key, hint) in there {
        let Some(fact) = reading.facts.get(key) else { continue };
        if fact.values.is_empty() {
            return Err(refused(
                format!(
                    "`{}` is stated to be absent, and is in every call that assumes a role",
                    fact.name
                ),
                [hint],
            ));
        }
    }
    if reading.is("aws:securetransport", "false") {
        return Err(refused(
            "`aws:SecureTransport=false` can't be",
            ["STS answers over HTTPS only, so it is always `true`"],
        ));
    }
    Ok(())
}
