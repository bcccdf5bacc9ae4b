//! What is stated against the caller that is asked for.

use crate::arn::glob::Glob;
use crate::arn::{Arn, PrincipalName};
use crate::evaluation::{Caller, Caveat, Claim, Scenario, Service, Target, Token};
use crate::issuer;
use crate::org::{AccountKey, Facts, Membership};

use super::keys::{Carriers, Named, ROLE, SAML, SERVICE, TOKEN, USER, carriers_in_words, named};
use super::{Fact, Reading, Stated, list, read, refused};
use crate::answer::answers::StatedFact;
use crate::answer::question::QuestionError;

/// A caller with what is stated of its call.
pub(in crate::answer) struct Asked {
    /// The caller, with what the stated keys say of it.
    pub(in crate::answer) caller: Caller,
    /// What is stated.
    pub(in crate::answer) scenario: Scenario,
    /// The same for people, with what follows from it.
    pub(in crate::answer) facts: Vec<StatedFact>,
    /// What is worth knowing about it.
    pub(in crate::answer) caveats: Vec<Caveat>,
}

/// Puts what is stated to the caller.
pub(in crate::answer) fn apply(
    stated: &Stated,
    facts: &Facts,
    caller: Caller,
    target: &Target,
) -> Result<Asked, QuestionError> {
    let mut reading = read(stated)?;
    let who = Who { facts, caller: &caller };
    if !stated.session_policies.is_empty() && who.kinds() & ROLE == 0 {
        return Err(refused(
            format!(
                "a session policy limits the session of a role, and the caller is {}",
                who.words()
            ),
            [
                "ask for the role as the caller, or leave `--session-policy` out",
                "a policy that is passed in this call limits the new session, not the call itself",
            ],
        ));
    }
    for (key, fact) in &reading.facts {
        who.can_carry(key, fact)?;
        who.is_not_contradicted(key, fact)?;
        resource(facts, target, key, fact)?;
    }
    let unsigned = who.kinds() & (TOKEN | SAML) != 0;
    let organization = ["aws:principalorgid", "aws:principalorgpaths"]
        .into_iter()
        .any(|key| reading.values(key).is_some());
    if unsigned && organization {
        reading.caveat("D4", "AWS describes the keys of the caller's organization as absent from calls that no credentials sign; they are taken as stated".to_owned());
    }
    let shown = reading.shown(stated);
    let caller = match caller {
        Caller::Token(token) => Caller::Token(claims(&mut reading, token)?),
        Caller::Role(role) => {
            // The id of a session ends with the session's name.
            let session = reading.value("aws:userid").and_then(|id| id.split_once(':'));
            match session {
                Some((_, session)) => Caller::Session(role, session.to_owned()),
                None => Caller::Role(role),
            }
        }
        caller => caller,
    };
    let scenario = reading.scenario(stated);
    Ok(Asked { caller, scenario, facts: shown, caveats: reading.caveats })
}

struct Who<'a> {
    facts: &'a Facts,
    caller: &'a Caller,
}

/// What is known of a key of the caller's identity.
enum Own {
    Is(String),
    Begins(String),
    /// Anything but this, and but what begins with this and a slash.
    Not(String),
    Absent,
}

impl Who<'_> {
    fn kinds(&self) -> Carriers {
        match self.caller {
            Caller::User(_) => USER,
            Caller::Role(_) | Caller::Session(..) => ROLE,
            Caller::Token(_) => TOKEN,
            Caller::Saml(_) => SAML,
            Caller::Service(_) => SERVICE,
            Caller::Named(arn) => match arn.principal() {
                Some(PrincipalName::User { .. }) => USER,
                _ => ROLE,
            },
            Caller::Account(_) | Caller::Anyone | Caller::RootUser(_) => USER | ROLE,
        }
    }

    fn words(&self) -> &'static str {
        match self.kinds() {
            USER => "an IAM user",
            ROLE => "a role session",
            TOKEN => "the bearer of a web identity token",
            SAML => "the bearer of a SAML assertion",
            SERVICE => "an AWS service",
            _ => "a principal of another account",
        }
    }

    /// Refuses keys that calls of such a caller never have.
    fn can_carry(&self, key: &str, fact: &Fact) -> Result<(), QuestionError> {
        let sets_one = matches!(self.caller, Caller::Service(name)
            if Service::named(name) == Service::RolesAnywhere);
        if fact.values.is_empty() && key == "sts:sourceidentity" && sets_one {
            return Err(refused(
                format!(
                    "`{}` is stated to be absent, and IAM Roles Anywhere always sets it (rule T6)",
                    fact.name
                ),
                ["state its value, or leave it out"],
            ));
        }
        if fact.values.is_empty() {
            return Ok(());
        }
        let name = &fact.name;
        let kinds = self.kinds();
        // Any attribute of an assertion is a key, so not all of them are in the table.
        let attribute = key.starts_with("saml:").then_some(SAML);
        if let Some(carriers) = fact.carriers.or(attribute)
            && carriers & kinds == 0
        {
            let via = key.starts_with("aws:source") && carriers == SERVICE;
            return Err(match carriers_in_words(carriers) {
                words if words.is_empty() => refused(
                    format!("`{name}` is never in a call that assumes a role"),
                    ["only requests for bearer tokens carry it: leave it out"],
                ),
                words => refused(
                    format!(
                        "`{name}` is stated, and the caller is {}, whose call never carries it",
                        self.words()
                    ),
                    [format!(
                        "only {words} carry it: leave it out{}",
                        if via { ", or ask for `service:NAME`" } else { "" }
                    )],
                ),
            });
        }
        if key == "aws:multifactorauthpresent"
            && fact.values.iter().any(|value| value.eq_ignore_ascii_case("true"))
            && (kinds == ROLE || kinds == SERVICE)
        {
            return Err(refused(
                format!(
                    "MFA is stated, and the caller is {}, which never carries it (rule K6)",
                    self.words()
                ),
                ["an MFA device belongs to an IAM user: ask for that user as the caller"],
            ));
        }
        if key == "aws:viaawsservice"
            && fact.values.iter().any(|value| value.eq_ignore_ascii_case("true"))
            && kinds & (USER | ROLE) == 0
        {
            return Err(refused(
                format!("`{name}=true` is stated, and the caller is {}", self.words()),
                ["a service calls on behalf of IAM users and role sessions only: leave it out"],
            ));
        }
        if let (Named::Claim, Some((issuer, claim))) = (named(name), key.rsplit_once(':')) {
            return self.can_carry_claim(name, issuer, claim);
        }
        Ok(())
    }

    fn can_carry_claim(&self, name: &str, issuer: &str, claim: &str) -> Result<(), QuestionError> {
        // Rule K8: of a token's claims these may outlive the first call.
        const OUTLIVE: [&str; 7] = ["aud", "sub", "amr", "id", "app_id", "user_id", "oaud"];
        match self.caller {
            Caller::Token(token) if !token.issuer.eq_ignore_ascii_case(issuer) => Err(refused(
                format!(
                    "`{name}` is a claim of `{issuer}`, and the caller's token is of `{}`",
                    token.issuer
                ),
                [format!(
                    "write `{}:{claim}`, or ask for a token of that issuer: `oidc:{issuer}#SUBJECT`",
                    token.issuer
                )],
            )),
            Caller::Token(_) => Ok(()),
            _ if self.kinds() & ROLE != 0 && OUTLIVE.contains(&claim) => Ok(()),
            _ if self.kinds() & ROLE != 0 => Err(refused(
                format!(
                    "`{name}` is a claim that only the call with the token itself carries (rule K8)"
                ),
                [format!("ask for the token as the caller: `oidc:{issuer}#SUBJECT`")],
            )),
            _ => Err(refused(
                format!(
                    "`{name}` is a token's claim, and the caller is {}, whose call carries no token",
                    self.words()
                ),
                [format!("ask for the token as the caller: `oidc:{issuer}#SUBJECT`")],
            )),
        }
    }

    /// Refuses what says that somebody else calls.
    fn is_not_contradicted(&self, key: &str, fact: &Fact) -> Result<(), QuestionError> {
        let Some(own) = self.own(key) else { return Ok(()) };
        let fits = |value: &String| match &own {
            Own::Is(known) => known == value,
            Own::Begins(known) => value.starts_with(known),
            Own::Not(known) => value.split('/').next() != Some(known),
            Own::Absent => false,
        };
        let agrees = match &own {
            Own::Absent => fact.values.is_empty(),
            Own::Not(_) => fact.values.iter().all(fits),
            _ => !fact.values.is_empty() && fact.values.iter().all(fits),
        };
        if agrees {
            return Ok(());
        }
        let stated = match fact.values.as_slice() {
            [] => "absent".to_owned(),
            values => list(values),
        };
        let known = match &own {
            Own::Is(known) => format!("`{known}`"),
            Own::Begins(known) => format!("one that begins with `{known}`"),
            Own::Not(known) => format!("not `{known}`, whose accounts were all listed"),
            Own::Absent => "none".to_owned(),
        };
        let hint = match (key, fact.value().map(str::parse::<Arn>)) {
            ("aws:principalarn", Some(Ok(arn)))
                if matches!(arn.principal(), Some(PrincipalName::Session { .. })) =>
            {
                "for a session it is the role's ARN, never the session's: leave it out".to_owned()
            }
            ("aws:principalarn", Some(Ok(arn))) => format!("ask for that caller instead: `{arn}`"),
            _ => "it follows from the caller: leave it out, or ask for the caller that you mean"
                .to_owned(),
        };
        Err(refused(
            format!(
                "`{}` is stated as {stated}, and the caller that is asked for has {known}",
                fact.name
            ),
            [hint],
        ))
    }

    /// Whether the caller's account is certainly not one of our organization's.
    fn is_foreign(&self) -> bool {
        let id = match self.caller {
            Caller::Account(id) | Caller::RootUser(id) => Some(*id),
            Caller::Named(arn) => arn.account(),
            _ => None,
        };
        match id.map(|id| self.facts.account(id)) {
            Some(None) => self.facts.accounts_complete,
            Some(Some(key)) => self.facts.accounts[key].membership == Membership::Outside,
            None => false,
        }
    }

    /// What the facts settle about the caller; keys that can differ at the time of the call,
    /// such as tags, are not among them.
    fn own(&self, key: &str) -> Option<Own> {
        let is = |text: &str| Some(Own::Is(text.to_owned()));
        let facts = self.facts;
        match (self.caller, key) {
            (Caller::Service(_), "aws:principalisawsservice") => return is("true"),
            (Caller::Service(name), "aws:principalservicename") => return is(name),
            (Caller::Token(_) | Caller::Saml(_) | Caller::Service(_) | Caller::Anyone, _) => {
                return None;
            }
            (_, "aws:principalisawsservice") => return is("false"),
            _ => {}
        }
        let (arn, account, id) = match self.caller {
            Caller::User(user) => {
                let row = &facts.users[*user];
                if key == "aws:username" {
                    return is(&row.name);
                }
                (Some(&*row.arn), Some(row.account), Some(row.unique_id.to_string()))
            }
            Caller::Role(role) => {
                let row = &facts.roles[*role];
                (Some(&*row.arn), Some(row.account), Some(row.unique_id.to_string()))
            }
            Caller::Session(role, session) => {
                let row = &facts.roles[*role];
                let id = Some(&row.unique_id).filter(|id| !id.is_empty());
                (Some(&*row.arn), Some(row.account), id.map(|id| format!("{id}:{session}")))
            }
            Caller::Named(arn) => (Some(arn.as_str()), None, None),
            _ => (None, None, None),
        };
        match key {
            "aws:principalarn" => is(arn?),
            "aws:principaltype" if self.kinds() == USER => is("User"),
            "aws:principaltype" if self.kinds() == ROLE => is("AssumedRole"),
            "aws:principalaccount" => match self.caller {
                Caller::Named(arn) => is(&arn.account()?.to_string()),
                Caller::Account(id) | Caller::RootUser(id) => is(&id.to_string()),
                _ => is(&facts.accounts[account?].id.to_string()),
            },
            "aws:userid" => match (id.filter(|id| !id.is_empty())?, self.caller) {
                (id, Caller::Role(_)) => Some(Own::Begins(format!("{id}:"))),
                (id, _) => Some(Own::Is(id)),
            },
            "aws:principalorgid" | "aws:principalorgpaths" if self.is_foreign() => {
                facts.known_organization().map(|found| Own::Not(found.id.clone()))
            }
            "aws:principalorgid" => match organization(facts, account?)? {
                Some(id) => Some(Own::Is(id)),
                None => Some(Own::Absent),
            },
            "aws:principalorgpaths" => match organization(facts, account?)? {
                Some(id) => Some(Own::Begins(format!("{id}/"))),
                None => Some(Own::Absent),
            },
            _ => None,
        }
    }
}

impl Fact {
    fn value(&self) -> Option<&str> {
        self.values.first().map(String::as_str)
    }
}

/// The organization of an account; the outer `None` where that is not known.
#[expect(clippy::option_option, reason = "known to have none, and not known, differ")]
fn organization(facts: &Facts, account: AccountKey) -> Option<Option<String>> {
    match (facts.accounts[account].membership, facts.known_organization()) {
        (Membership::Management | Membership::Member, Some(found)) => Some(Some(found.id.clone())),
        (Membership::Standalone, _) => Some(None),
        _ => None,
    }
}

/// Refuses what says that some other role is assumed.
fn resource(facts: &Facts, target: &Target, key: &str, fact: &Fact) -> Result<(), QuestionError> {
    let account = target.account(facts);
    let known = match key {
        "aws:resourceaccount" => facts.accounts[account].id.to_string(),
        "aws:resourceorgid" => match organization(facts, account) {
            Some(Some(id)) => id,
            _ => return Ok(()),
        },
        _ => return Ok(()),
    };
    if fact.values.as_slice() == std::slice::from_ref(&known) {
        return Ok(());
    }
    let stated = if fact.values.is_empty() { "absent".to_owned() } else { list(&fact.values) };
    Err(refused(
        format!("`{}` is stated as {stated}, and that of the role is `{known}`", fact.name),
        ["it follows from the role: leave it out, or ask for the role that you mean"],
    ))
}

/// Moves stated claims into the token, where the engine looks for them.
fn claims(reading: &mut Reading, mut token: Token) -> Result<Token, QuestionError> {
    let prefix = format!("{}:", token.issuer.to_lowercase());
    let stated: Vec<(String, Fact)> = reading
        .facts
        .iter()
        .filter(|(key, _)| key.starts_with(&prefix))
        .map(|(key, fact)| (key.clone(), fact.clone()))
        .collect();
    let issuer = issuer::classify(&token.issuer);
    for (key, fact) in stated {
        let claim = key.get(prefix.len()..).unwrap_or_default().to_owned();
        let slot = match claim.as_str() {
            "sub" => Some((&mut token.subject, "subject")),
            "aud" => Some((&mut token.audience, "audience")),
            _ => None,
        };
        if let Some((known, word)) = slot {
            *known = settled(known, &fact, word)?;
            reading.facts.remove(&key);
            continue;
        }
        // The audience check reads `azp`, whether or not policies see it.
        if !issuer.exposes(&claim) && claim != "azp" {
            reading.facts.remove(&key);
            reading.caveat(
                "W5",
                format!("AWS makes no condition key of the claim `{claim}` of {}: no policy sees it, whatever the token holds", issuer.label),
            );
            continue;
        }
        // A list stays a key, and so does the statement that a claim is missing.
        if let [value] = fact.values.as_slice()
            && claim != "amr"
        {
            token.claims.insert(claim, value.clone());
            reading.facts.remove(&key);
        }
    }
    Ok(token)
}

/// A claim that the selector names, or leaves open, with the value that is stated.
fn settled(known: &Claim, fact: &Fact, word: &str) -> Result<Claim, QuestionError> {
    let name = &fact.name;
    let Some(value) = fact.value() else {
        return Err(refused(
            format!("`{name}` is stated to be absent, and every token has it"),
            ["leave it out, or state a value"],
        ));
    };
    let fits = match known {
        Claim::Is(known) => known == value,
        Claim::Like(pattern) => Glob::escaped(pattern).matches(value),
        Claim::Any => true,
    };
    if fits {
        return Ok(Claim::Is(value.to_owned()));
    }
    let known = match known {
        Claim::Is(known) | Claim::Like(known) => known.as_str(),
        Claim::Any => "*",
    };
    Err(refused(
        format!(
            "`{name}` is stated as `{value}`, and the {word} of the caller that is asked for is `{known}`"
        ),
        ["leave it out, or ask for that token instead: `oidc:ISSUER#SUBJECT?aud=AUDIENCE`"],
    ))
}
