//! Token issuers that AWS roles trust, as data.
//!
//! `assets/issuers.toml` says how an issuer is recognised by its provider's URL, whether its
//! customers share it, which audiences and subjects its tokens have and which of their claims
//! AWS lets a policy test. The code here is the same for all of them: a new issuer is a new
//! entry.

mod grammar;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use grammar::Grammar;

/// An issuer of web identity tokens.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "columns of a table, not states")]
pub struct Issuer {
    /// Stable name, e.g. `hcp-terraform`; `unknown` for any other issuer.
    pub id: String,
    /// The name for people.
    pub label: String,
    /// Whether all customers of the vendor get their tokens from one URL. Then the URL says
    /// nothing about the tenant, and a condition has to.
    pub shared: bool,
    /// Audiences that are usual; the first is the one that is asked for when nobody chooses.
    /// `<name>` stands for a part that differs.
    pub audiences: Vec<String>,
    /// Whether whoever asks for a token chooses its audience, so that the audience proves
    /// nothing about them.
    pub caller_chooses_audience: bool,
    /// Whether roles may trust it without an IAM provider in their account.
    pub builtin: bool,
    /// Whether its tokens are of what runs inside AWS accounts, of which there may be very many.
    pub inside: bool,
    /// Whether STS refuses the call itself when the trust policy does not evaluate
    /// [`Issuer::required_key`]; else only IAM does, when a policy is saved.
    pub required_at_call: bool,
    claims: Vec<String>,
    required: Option<String>,
    tenant_audiences: Vec<grammar::Template>,
    audience_tells: Option<String>,
    urls: Vec<Regex>,
    grammar: Grammar,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "columns of a table, not states")]
struct RawIssuer {
    id: String,
    label: String,
    urls: Vec<String>,
    #[serde(default)]
    shared: bool,
    #[serde(default)]
    audiences: Vec<String>,
    #[serde(default)]
    tenant_audiences: Vec<String>,
    audience_tells: Option<String>,
    #[serde(default)]
    caller_chooses_audience: bool,
    #[serde(default)]
    builtin: bool,
    #[serde(default)]
    inside: bool,
    required: Option<String>,
    #[serde(default)]
    required_at_call: bool,
    grammar: String,
    #[serde(default)]
    claims: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    grammar: BTreeMap<String, grammar::Raw>,
    issuer: Vec<RawIssuer>,
}

#[expect(clippy::expect_used, reason = "the file is compiled in, and a test walks all of it")]
static ISSUERS: LazyLock<Vec<Issuer>> =
    LazyLock::new(|| load(include_str!("../../assets/issuers.toml")).expect("the table loads"));

fn load(text: &str) -> Result<Vec<Issuer>, Box<dyn std::error::Error>> {
    let raw: Raw = toml::from_str(text)?;
    let mut issuers = Vec::with_capacity(raw.issuer.len());
    for issuer in raw.issuer {
        let rules = raw
            .grammar
            .get(&issuer.grammar)
            .ok_or_else(|| format!("`{}` names no grammar that exists", issuer.id))?;
        let urls = issuer.urls.iter().map(|url| Regex::new(&format!(r"\A(?:{url})\z")));
        let tenants = issuer.tenant_audiences.iter().map(|text| grammar::Template::new(text));
        issuers.push(Issuer {
            id: issuer.id,
            label: issuer.label,
            shared: issuer.shared,
            audiences: issuer.audiences,
            caller_chooses_audience: issuer.caller_chooses_audience,
            builtin: issuer.builtin,
            inside: issuer.inside,
            required_at_call: issuer.required_at_call,
            claims: issuer.claims,
            required: issuer.required,
            tenant_audiences: tenants.collect(),
            audience_tells: issuer.audience_tells,
            urls: urls.collect::<Result<_, _>>()?,
            grammar: Grammar::new(rules)?,
        });
    }
    match issuers.last() {
        Some(last) if last.id == "unknown" => Ok(issuers),
        _ => Err("the last issuer has to be `unknown`".into()),
    }
}

/// Every issuer of the table, `unknown` last.
pub fn all() -> &'static [Issuer] {
    &ISSUERS
}

/// The issuer with this id.
pub fn by_id(id: &str) -> Option<&'static Issuer> {
    all().iter().find(|issuer| issuer.id == id)
}

/// Issuers that run on hosts of their customers, which no URL tells.
pub fn of_hosts() -> impl Iterator<Item = &'static Issuer> {
    all().iter().filter(|issuer| issuer.urls.is_empty())
}

/// The issuer of a provider's URL, given without `https://`. What is not in the table is
/// `unknown`, which counts as private: the URL is the tenant.
pub fn classify(url: &str) -> &'static Issuer {
    let url = host_in_lower_case(url);
    let found = all().iter().find(|issuer| issuer.urls.iter().any(|known| known.is_match(&url)));
    // The last entry takes any URL, but a line feed in one would still be a miss.
    found.unwrap_or_else(unknown)
}

/// As [`classify`]; where the URL tells nothing, an audience of the provider's list may, as it
/// does for Terraform Enterprise.
pub fn classify_with_audiences<'a>(
    url: &str,
    audiences: impl IntoIterator<Item = &'a str>,
) -> &'static Issuer {
    let issuer = classify(url);
    if issuer.id != "unknown" {
        return issuer;
    }
    audiences
        .into_iter()
        .find_map(|audience| {
            all().iter().find(|issuer| issuer.audience_tells.as_deref() == Some(audience))
        })
        .unwrap_or(issuer)
}

/// The issuer that roles may trust by this bare name, without a provider in their account.
pub fn builtin(name: &str) -> Option<&'static Issuer> {
    Some(classify(name)).filter(|issuer| issuer.builtin)
}

#[expect(clippy::expect_used, reason = "loading refuses a table without entries")]
fn unknown() -> &'static Issuer {
    all().last().expect("the table is not empty")
}

/// The URL of an issuer without `https://`, its host in lower case: paths compare with case.
pub fn in_canonical_case(url: &str) -> String {
    host_in_lower_case(url).into_owned()
}

fn host_in_lower_case(url: &str) -> Cow<'_, str> {
    let url = url.strip_prefix("https://").unwrap_or(url);
    let (host, path) = url.split_at(url.find('/').unwrap_or(url.len()));
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(format!("{}{path}", host.to_ascii_lowercase()));
    }
    Cow::Borrowed(url)
}

impl Issuer {
    /// Whether AWS lets a policy test this claim of the issuer's tokens, and they may carry
    /// it. The key of any other claim is never in a request. Letter case does not matter, as
    /// in condition keys.
    pub fn exposes(&self, claim: &str) -> bool {
        ["aud", "sub"]
            .into_iter()
            .chain(self.claims.iter().map(String::as_str))
            .any(|known| known.eq_ignore_ascii_case(claim))
    }

    /// The claims that AWS exposes besides `aud` and `sub`.
    pub fn claims(&self) -> &[String] {
        &self.claims
    }

    /// The condition key without which IAM refuses to save a trust policy for the provider
    /// with this URL (without scheme). Older policies stay as they are.
    pub fn required_key(&self, url: &str) -> Option<String> {
        let required = self.required.as_deref()?;
        // A claim belongs to the provider; anything with a colon is a key of its own.
        Some(if required.contains(':') { required.to_owned() } else { format!("{url}:{required}") })
    }

    /// The audience that is asked for when nobody chooses one, where that is the same for
    /// everybody.
    pub fn default_audience(&self) -> Option<&str> {
        self.audiences.first().map(String::as_str).filter(|text| !text.contains('<'))
    }

    /// Whether subjects of the form with this id are among its own.
    pub fn has_form(&self, form: &str) -> bool {
        self.grammar.has_form(form)
    }

    /// The subject of the form with this id (`workspace`, `branch`, …), its slots filled.
    /// `None` if there is no such form or a slot is missing.
    pub fn subject(&self, form: &str, slots: &[(&str, &str)]) -> Option<String> {
        self.grammar.subject(form, slots)
    }

    /// What a subject tells, slot by slot (`organization`, `workspace`, …), with the id of its
    /// form. `None` for subjects of no known form.
    pub fn read_subject<'a>(&self, subject: &'a str) -> Option<(&str, Vec<(&str, &'a str)>)> {
        self.grammar.read(subject)
    }

    /// What a pattern of subjects says of slots, each of which may be a pattern too.
    pub fn slots_of_pattern<'a>(&self, pattern: &'a str) -> Vec<(&str, &'a str)> {
        self.grammar.slots_of_pattern(pattern)
    }

    /// The slots of which a pattern fixes the value, where it is of a known form.
    pub fn fixed_slots<'a>(&self, pattern: &'a str) -> Vec<(&str, &'a str)> {
        self.grammar.fixed_slots(pattern)
    }

    /// Whether subjects that fit `pattern` (`*` and `?` as in `StringLike`) all belong to one
    /// customer. A private issuer has only one.
    pub fn fixes_tenant(&self, pattern: &str) -> bool {
        !self.shared || self.grammar.fixes_tenant(pattern)
    }

    /// Whether audiences that fit `pattern` all belong to one customer. Few issuers bind the
    /// audience to the customer.
    pub fn audience_fixes_tenant(&self, pattern: &str) -> bool {
        !self.shared
            || !pattern.contains(['*', '?'])
                && self.tenant_audiences.iter().any(|known| known.takes(pattern))
    }

    /// Whether the audience tells the customer, so that a subject alone need not.
    pub fn audience_tells_tenant(&self) -> bool {
        !self.tenant_audiences.is_empty()
    }

    /// Whether some token may have a subject that fits `pattern`. `false` only for issuers all of
    /// whose forms are known.
    pub fn may_issue(&self, pattern: &str) -> bool {
        self.grammar.may_issue(pattern)
    }

    /// Whether a token may have a subject that holds `*` and `?` as characters where this text has
    /// them. `false` only where it is known that names can't hold them there.
    pub fn may_hold_wildcards(&self, text: &str) -> bool {
        self.grammar.may_hold_wildcards(text)
    }

    /// The form of the most usual subjects, its slots in angle brackets.
    pub fn usual_form(&self) -> Option<&str> {
        self.grammar.usual_form()
    }

    /// Whose subjects fit a pattern, as far as it names one: `acme/infra`, or what its first slot
    /// says.
    pub fn owner(&self, pattern: &str) -> Option<String> {
        self.grammar.owner(pattern)
    }

    /// How wide a pattern of subjects is, in plain words: `any repository of acme`.
    pub fn describe(&self, pattern: &str) -> String {
        self.grammar.describe(pattern, self.shared)
    }
}

/// The subject of a workspace's run. `phase` is `plan` or `apply`; any of the parts may be `*`.
pub fn hcp_subject(organization: &str, project: &str, workspace: &str, phase: &str) -> String {
    let slots = [
        ("organization", organization),
        ("project", project),
        ("workspace", workspace),
        ("phase", phase),
    ];
    built("hcp-terraform", "workspace", &slots)
}

/// The subject of a stack's deployment. `operation` is `plan` or `apply`.
pub fn hcp_stack_subject(
    organization: &str,
    project: &str,
    stack: &str,
    deployment: &str,
    operation: &str,
) -> String {
    let slots = [
        ("organization", organization),
        ("project", project),
        ("stack", stack),
        ("deployment", deployment),
        ("operation", operation),
    ];
    built("hcp-terraform", "stack", &slots)
}

/// The subjects of a job of GitHub Actions: in its classic form, and in the immutable one with
/// ids that are not known. `context` is `environment:NAME`, `ref:refs/heads/BRANCH`,
/// `ref:refs/tags/TAG` or `pull_request`, names as people write them. Without a context the
/// results are patterns for all of them. A repository that is written with its ids
/// (`OWNER@ID`, `REPOSITORY@ID`) has the immutable form alone.
pub fn github_subjects(owner: &str, repository: &str, context: Option<&str>) -> Vec<String> {
    let context = context.unwrap_or("*");
    let classic = (!owner.contains('@') && !repository.contains('@'))
        .then(|| format!("repo:{owner}/{repository}:{context}"));
    let with_id = |name: &str| match name {
        any if any.contains('@') => any.to_owned(),
        name => format!("{name}@*"),
    };
    let immutable = format!("repo:{}/{}:{context}", with_id(owner), with_id(repository));
    let encoded = |subject: String| match by_id("github") {
        Some(issuer) => issuer.grammar.encoded(&subject),
        None => subject,
    };
    classic.into_iter().chain([immutable]).map(encoded).collect()
}

fn built(issuer: &str, form: &str, slots: &[(&str, &str)]) -> String {
    by_id(issuer).and_then(|issuer| issuer.subject(form, slots)).unwrap_or_default()
}
