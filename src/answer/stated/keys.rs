//! The condition keys that a request to assume a role can have, as a table.

use super::super::nearest::distance;
use crate::policy;

/// What a key's value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Any text.
    Text,
    /// `true` or `false`.
    Bool,
    /// A whole number of seconds.
    Seconds,
    /// One IP address.
    Address,
    /// ISO 8601, or seconds since 1970.
    Instant,
    /// Twelve digits.
    Account,
    /// `o-…`.
    Organization,
    /// `o-…/r-…/ou-…/`.
    OrganizationPath,
    /// An ARN.
    Arn,
    /// `vpc-…`.
    Vpc,
    /// `vpce-…`.
    Endpoint,
    /// What `RoleSessionName` takes.
    SessionName,
    /// What `ExternalId` takes.
    ExternalId,
    /// What `SourceIdentity` takes.
    SourceIdentity,
    /// The key of a tag.
    TagKey,
    /// The value of a tag.
    TagValue,
    /// `NAME.amazonaws.com`.
    Service,
}

/// Kinds of callers, as a set.
pub(super) type Carriers = u8;
/// IAM users.
pub(super) const USER: Carriers = 1;
/// Sessions of roles.
pub(super) const ROLE: Carriers = 2;
/// Bearers of web identity tokens.
pub(super) const TOKEN: Carriers = 4;
/// Bearers of SAML assertions.
pub(super) const SAML: Carriers = 8;
/// AWS services.
pub(super) const SERVICE: Carriers = 16;
const SIGNED: Carriers = USER | ROLE;
const UNSIGNED: Carriers = TOKEN | SAML;
const ANY: Carriers = SIGNED | UNSIGNED | SERVICE;
const NOBODY: Carriers = 0;

/// A condition key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    /// Its name as AWS writes it; one that ends with `/` takes a name behind it.
    pub(super) name: &'static str,
    /// What its value looks like.
    pub(super) form: Form,
    /// Whether it takes several values.
    pub(super) several: bool,
    /// Whose calls can carry it (rules K2 to K10).
    pub(super) carriers: Carriers,
    /// What people call it, in lower case and without the prefix.
    also: &'static [&'static str],
}

const fn one(name: &'static str, form: Form, carriers: Carriers) -> Key {
    Key { name, form, several: false, carriers, also: &[] }
}

const fn many(name: &'static str, form: Form, carriers: Carriers) -> Key {
    Key { name, form, several: true, carriers, also: &[] }
}

const fn called(key: Key, also: &'static [&'static str]) -> Key {
    Key { also, ..key }
}

/// Every key that is known, in the order of rules K1 to K10.
pub(super) const KEYS: &[Key] = &[
    one("aws:SecureTransport", Form::Bool, ANY),
    called(one("aws:RequestedRegion", Form::Text, ANY), &["region"]),
    one("aws:UserAgent", Form::Text, ANY),
    one("aws:referer", Form::Text, ANY),
    called(one("aws:CurrentTime", Form::Instant, ANY), &["time", "date", "now"]),
    one("aws:EpochTime", Form::Instant, ANY),
    called(one("aws:SourceIp", Form::Address, ANY), &["ip", "ipaddress", "sourceipaddress"]),
    one("aws:VpcSourceIp", Form::Address, SIGNED | UNSIGNED),
    called(one("aws:SourceVpc", Form::Vpc, SIGNED | UNSIGNED), &["vpc", "vpcid"]),
    called(one("aws:SourceVpce", Form::Endpoint, SIGNED | UNSIGNED), &["vpce", "vpcendpoint"]),
    one("aws:SourceVpcArn", Form::Arn, SIGNED | UNSIGNED),
    one("aws:VpceAccount", Form::Account, SIGNED | UNSIGNED),
    one("aws:VpceOrgID", Form::Organization, SIGNED | UNSIGNED),
    many("aws:VpceOrgPaths", Form::OrganizationPath, SIGNED | UNSIGNED),
    one("aws:ViaAWSService", Form::Bool, ANY),
    many("aws:CalledVia", Form::Service, SIGNED),
    one("aws:CalledViaFirst", Form::Service, SIGNED),
    one("aws:CalledViaLast", Form::Service, SIGNED),
    one("aws:ResourceAccount", Form::Account, ANY),
    one("aws:ResourceOrgID", Form::Organization, ANY),
    many("aws:ResourceOrgPaths", Form::OrganizationPath, ANY),
    one("aws:ResourceTag/", Form::TagValue, ANY),
    one("iam:ResourceTag/", Form::TagValue, ANY),
    one("aws:PrincipalArn", Form::Arn, SIGNED | UNSIGNED),
    called(one("aws:PrincipalAccount", Form::Account, ANY), &["account", "accountid"]),
    called(
        one("aws:PrincipalOrgID", Form::Organization, SIGNED | UNSIGNED),
        &["orgid", "organizationid", "organization", "org"],
    ),
    called(
        many("aws:PrincipalOrgPaths", Form::OrganizationPath, SIGNED | UNSIGNED),
        &["orgpath", "orgpaths", "principalorgpath", "ou"],
    ),
    called(one("aws:PrincipalTag/", Form::TagValue, ANY), &["usertag/", "roletag/"]),
    one("aws:PrincipalType", Form::Text, ANY),
    one("aws:PrincipalIsAWSService", Form::Bool, ANY),
    one("aws:PrincipalServiceName", Form::Service, SERVICE),
    many("aws:PrincipalServiceNamesList", Form::Service, SERVICE),
    one("aws:userid", Form::Text, ANY),
    called(one("aws:username", Form::Text, USER), &["user"]),
    called(
        one("aws:MultiFactorAuthPresent", Form::Bool, ANY),
        &["mfa", "mfapresent", "multifactorauth", "multifactorauthentication"],
    ),
    called(one("aws:MultiFactorAuthAge", Form::Seconds, USER), &["mfaage"]),
    one("aws:TokenIssueTime", Form::Instant, SIGNED),
    one("aws:SourceIdentity", Form::SourceIdentity, ROLE),
    one("aws:FederatedProvider", Form::Text, ROLE | UNSIGNED),
    one("aws:AssumedRoot", Form::Bool, ANY),
    one("aws:ChatbotSourceArn", Form::Arn, ANY),
    one("aws:SourceAccount", Form::Account, SERVICE),
    one("aws:SourceArn", Form::Arn, SERVICE),
    one("aws:SourceOrgID", Form::Organization, SERVICE),
    many("aws:SourceOrgPaths", Form::OrganizationPath, SERVICE),
    called(
        one("aws:RequestTag/", Form::TagValue, ANY),
        &["tag/", "requesttags/", "sessiontag/", "sessiontags/"],
    ),
    called(many("aws:TagKeys", Form::TagKey, ANY), &["tags", "tagkey"]),
    called(many("sts:TransitiveTagKeys", Form::TagKey, ANY), &["transitivetags"]),
    one("sts:ExternalId", Form::ExternalId, SIGNED | SERVICE),
    called(one("sts:RoleSessionName", Form::SessionName, ANY), &["sessionname", "session"]),
    one("sts:SourceIdentity", Form::SourceIdentity, ANY),
    one("sts:RequestContext/", Form::Text, SIGNED),
    many("sts:RequestContextProviders", Form::Text, SIGNED),
    one("sts:RoleAuthorizedByIdp", Form::Text, UNSIGNED),
    one("sts:AWSServiceName", Form::Service, NOBODY),
    called(one("sts:DurationSeconds", Form::Seconds, NOBODY), &["duration"]),
    one("saml:aud", Form::Text, SAML),
    one("saml:iss", Form::Text, SAML),
    one("saml:doc", Form::Text, SAML),
    one("saml:sub", Form::Text, SAML | ROLE),
    one("saml:sub_type", Form::Text, SAML | ROLE),
    one("saml:namequalifier", Form::Text, SAML | ROLE),
    many("saml:cn", Form::Text, SAML),
    many("saml:commonName", Form::Text, SAML),
    many("saml:eduPersonAffiliation", Form::Text, SAML),
    many("saml:eduPersonAssurance", Form::Text, SAML),
    many("saml:eduPersonEntitlement", Form::Text, SAML),
    many("saml:eduPersonNickname", Form::Text, SAML),
    many("saml:eduPersonOrgDN", Form::Text, SAML),
    many("saml:eduPersonOrgUnitDN", Form::Text, SAML),
    many("saml:eduPersonPrimaryAffiliation", Form::Text, SAML),
    many("saml:eduPersonPrimaryOrgUnitDN", Form::Text, SAML),
    many("saml:eduPersonPrincipalName", Form::Text, SAML),
    many("saml:eduPersonScopedAffiliation", Form::Text, SAML),
    many("saml:eduPersonTargetedID", Form::Text, SAML),
    many("saml:eduOrgHomePageURI", Form::Text, SAML),
    many("saml:eduOrgIdentityAuthNPolicyURI", Form::Text, SAML),
    many("saml:eduOrgLegalName", Form::Text, SAML),
    many("saml:eduOrgSuperiorURI", Form::Text, SAML),
    many("saml:eduOrgWhitePagesURI", Form::Text, SAML),
    many("saml:givenName", Form::Text, SAML),
    many("saml:mail", Form::Text, SAML),
    many("saml:name", Form::Text, SAML),
    many("saml:organizationStatus", Form::Text, SAML),
    many("saml:primaryGroupSID", Form::Text, SAML),
    many("saml:surname", Form::Text, SAML),
    many("saml:uid", Form::Text, SAML),
    many("saml:x500UniqueIdentifier", Form::Text, SAML),
    one("aws:Ec2InstanceSourceVpc", Form::Vpc, ROLE),
    one("aws:Ec2InstanceSourcePrivateIPv4", Form::Address, ROLE),
    one("ec2:SourceInstanceARN", Form::Arn, ROLE),
    one("ec2:InstanceID", Form::Text, ROLE),
    one("ec2:RoleDelivery", Form::Text, ROLE),
    one("lambda:SourceFunctionArn", Form::Arn, ROLE),
    one("ssm:SourceInstanceARN", Form::Arn, ROLE),
    one("glue:RoleAssumedBy", Form::Text, ROLE),
    one("glue:CredentialIssuingService", Form::Text, ROLE),
];

/// What a text names as a condition key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// One of the table; its place, and the name as AWS writes it.
    Known(usize, String),
    /// A claim of the tokens of an issuer.
    Claim,
    /// One of a service that has no part in these calls.
    Foreign,
    /// One that lacks the name behind its slash.
    Nameless(&'static str),
    /// None that is known, but close to this one.
    Misspelt(String),
    /// None that is known.
    Unknown,
}

/// What `text` names.
pub(super) fn named(text: &str) -> Named {
    let lower = text.to_lowercase();
    for (place, key) in KEYS.iter().enumerate() {
        let name = key.name.to_lowercase();
        if !name.ends_with('/') {
            if name == lower {
                return Named::Known(place, key.name.to_owned());
            }
        } else if let Some(behind) = lower.strip_prefix(&name) {
            if behind.is_empty() {
                return Named::Nameless(key.name);
            }
            // A tag's key is shown as it was typed.
            let behind = text.get(name.len()..).unwrap_or(behind);
            return Named::Known(place, format!("{}{behind}", key.name));
        } else if lower == name.trim_end_matches('/') {
            return Named::Nameless(key.name);
        }
    }
    match lower.rsplit_once(':') {
        Some((issuer, claim)) if issuer.contains('.') && !claim.is_empty() => return Named::Claim,
        _ => {}
    }
    if let Some(meant) = meant(text) {
        return Named::Misspelt(meant);
    }
    if policy::Key::of(&lower) == policy::Key::Foreign { Named::Foreign } else { Named::Unknown }
}

/// The key of the table that `text` comes close to.
fn meant(text: &str) -> Option<String> {
    let (head, behind) = text.split_once('/').map_or((text, None), |(head, it)| (head, Some(it)));
    let head = head.to_lowercase();
    let (_, bare) = head.split_once(':').unwrap_or(("", &head));
    let bare = format!("{bare}{}", if behind.is_some() { "/" } else { "" });
    let full = format!("{head}{}", if behind.is_some() { "/" } else { "" });
    let shown = |key: &Key| match behind {
        Some(behind) if key.name.ends_with('/') => format!("{}{behind}", key.name),
        _ => key.name.to_owned(),
    };
    let same_name = |key: &&Key| {
        let name = key.name.to_lowercase();
        name.split_once(':').is_some_and(|(_, name)| name == bare)
            || key.also.contains(&bare.as_str())
    };
    if let Some(key) = KEYS.iter().find(same_name) {
        return Some(shown(key));
    }
    KEYS.iter()
        .filter(|key| key.name.ends_with('/') == behind.is_some())
        .map(|key| (distance(&full, &key.name.to_lowercase()), key))
        .filter(|(distance, _)| *distance <= (full.len() / 8).clamp(1, 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, key)| shown(key))
}

/// Kinds of callers in words.
pub(super) fn carriers_in_words(carriers: Carriers) -> String {
    let words: Vec<&str> = [
        (USER, "IAM users"),
        (ROLE, "role sessions"),
        (TOKEN, "bearers of web identity tokens"),
        (SAML, "bearers of SAML assertions"),
        (SERVICE, "AWS services"),
    ]
    .into_iter()
    .filter(|(kind, _)| carriers & kind != 0)
    .map(|(_, word)| word)
    .collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => words.concat(),
    }
}
