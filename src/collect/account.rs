//! Reading one account, one call after the other.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_iam::Client;
use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::operation::get_open_id_connect_provider::GetOpenIDConnectProviderError;
use aws_sdk_iam::operation::list_roles::ListRolesOutput;
use jiff::Timestamp;

use super::convert::{document, group, required, role, timestamp, user};
use super::next_page;
use super::plan::{Entry, Ways};
use crate::arn::{AccountId, Partition};
use crate::aws::permissions::member_session;
use crate::aws::{Assume, Connection, Failure, FailureKind, Pace, failure};
use crate::org::reading::{
    AccountReading, Identities, ManagedPolicy, OidcProvider, PolicyText, SamlProvider,
};
use crate::org::{Fact, NotRead, NotReadKind};

/// The most that IAM gives in one page.
const PAGE: i32 = 1000;

/// Every page of a list call of IAM; `$each` takes one page. IAM may send fewer entries than
/// asked for, or none, with more to come: only `IsTruncated` tells.
macro_rules! pages {
    ($iam:expr, $call:expr, $request:ident, $each:expr) => {{
        let mut marker: Option<String> = None;
        loop {
            let page = $iam
                .call()
                .await
                .$request()
                .max_items(PAGE)
                .set_marker(marker.clone())
                .send()
                .await
                .map_err(|error| failure($call, &error))?;
            $each(&page)?;
            if !page.is_truncated() {
                break;
            }
            marker = next_page($call, page.marker(), marker.as_deref())?;
            if marker.is_none() {
                let message = "the answer says that there is more and not where";
                return Err(Failure::new($call, FailureKind::Malformed, message));
            }
        }
    }};
}

/// AWS's own managed policies, which are the same in every account, by ARN.
#[derive(Debug, Default)]
pub(super) struct AwsPolicies(Mutex<HashMap<String, PolicyText>>);

impl AwsPolicies {
    fn known(&self, arn: &str) -> Option<PolicyText> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(arn).cloned()
    }

    fn keep(&self, arn: &str, text: &PolicyText) {
        if crate::arn::split(arn).is_some_and(|[_, _, _, _, account, _]| account == "aws") {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(arn.to_owned(), PolicyText::clone(text));
        }
    }
}

/// The reading of an account of which nothing was read.
pub(super) fn unread(account: AccountId, partition: Partition, gap: &NotRead) -> AccountReading {
    AccountReading {
        account,
        partition,
        read_at: Some(Timestamp::now()),
        alias: None,
        identities: Fact::NotRead(gap.clone()),
        oidc_providers: Fact::NotRead(gap.clone()),
        saml_providers: Fact::NotRead(gap.clone()),
        not_read: Vec::new(),
    }
}

/// IAM of one account.
struct Iam {
    client: Client,
    pace: Arc<Pace>,
}

impl Iam {
    /// The client, when it is its turn.
    async fn call(&self) -> &Client {
        self.pace.turn().await;
        &self.client
    }
}

/// Clients that act in the account, by the way that leads into it; of a role the first that can
/// be assumed.
pub(super) async fn enter(
    connection: &Connection,
    ways: &Ways,
    partition: Partition,
    account: AccountId,
) -> Result<Connection, Failure> {
    let (names, external_id) = match ways.of(account) {
        Entry::IdentityCenter(center) => return connection.through(center, account).await,
        Entry::Profile(profile) => {
            let entered = connection.of_profile(profile).await?;
            // Whose they are is not in them.
            let found = entered.identity().await?.account;
            return if found == account { Ok(entered) } else { Err(elsewhere(profile, found)) };
        }
        Entry::Role { names, external_id } => (names, external_id),
    };
    let mut refused: Vec<Failure> = Vec::new();
    for name in names {
        let role_arn = format!("arn:{partition}:iam::{account}:role/{name}");
        let request = Assume {
            role_arn: role_arn.clone(),
            session_name: ways.session_name.clone(),
            external_id: external_id.clone(),
            session_policy: Some(member_session()),
        };
        match connection.assume(&request).await {
            Ok(assumed) if assumed.identity.account == account => return Ok(assumed.connection),
            Ok(assumed) => return Err(elsewhere(&role_arn, assumed.identity.account)),
            Err(failure) if failure.kind == FailureKind::Denied => refused.push(failure),
            Err(failure) => return Err(failure),
        }
    }
    let mut messages: Vec<&str> = refused.iter().map(|failure| failure.message.as_str()).collect();
    messages.dedup();
    let mut failure = Failure::new("sts:AssumeRole", FailureKind::Denied, messages.join("; "));
    if let Some(last) = refused.pop() {
        failure.code = last.code;
        failure.request_id = last.request_id;
    }
    Err(failure)
}

/// A way that led into another account than the one it was named for.
fn elsewhere(way: &str, account: AccountId) -> Failure {
    let message =
        format!("`{way}` led to account {account} instead; check it, and `AWS_ENDPOINT_URL`");
    Failure::new("sts:AssumeRole", FailureKind::Malformed, message)
}

/// Reads the account that `connection` acts in. The failure beside the reading is the one that
/// ended the asking, where one did.
pub(super) async fn read(
    connection: &Connection,
    account: AccountId,
    partition: Partition,
    aws_policies: &AwsPolicies,
) -> (AccountReading, Option<Failure>) {
    let iam = &Iam { client: connection.iam(), pace: connection.iam_pace() };
    let mut asking = Asking::default();
    let mut reading = unread(account, partition, &NotRead::new("", NotReadKind::NotCollected, ""));
    let mut identities = asking.fact(identities(iam)).await;
    if let Fact::Read(identities) = &mut identities {
        match asking.fact(role_details(iam)).await {
            Fact::Read(details) => add_details(identities, details),
            Fact::NotRead(gap) => reading.not_read.push(gap),
        }
        complete_policies(iam, identities, aws_policies, &mut asking).await;
    }
    reading.identities = identities;
    reading.oidc_providers = asking.fact(oidc_providers(iam)).await;
    reading.saml_providers = asking.fact(saml_providers(iam)).await;
    match asking.fact(alias(iam)).await {
        Fact::Read(alias) => reading.alias = alias,
        Fact::NotRead(gap) => reading.not_read.push(gap),
    }
    (reading, asking.ended)
}

/// One account's calls. After a failure that the next call would only meet again, and after
/// another minute of retries, nothing more is asked; the facts are then not read for its reason.
#[derive(Default)]
struct Asking {
    ended: Option<Failure>,
}

impl Asking {
    async fn fact<T>(&mut self, call: impl Future<Output = Result<T, Failure>>) -> Fact<T> {
        if let Some(failure) = &self.ended {
            return Fact::NotRead(failure.not_read());
        }
        match call.await {
            Ok(value) => Fact::Read(value),
            Err(failure) => {
                let gap = failure.not_read();
                let hopeless =
                    matches!(failure.kind, FailureKind::Unreachable | FailureKind::Throttled);
                if hopeless || failure.kind.spoils_all() {
                    self.ended = Some(failure);
                }
                Fact::NotRead(gap)
            }
        }
    }
}

async fn identities(iam: &Iam) -> Result<Identities, Failure> {
    const CALL: &str = "iam:GetAccountAuthorizationDetails";
    let mut found = Identities::default();
    pages!(
        iam,
        CALL,
        get_account_authorization_details,
        |page: &GetAccountAuthorizationDetailsOutput| {
            for detail in page.user_detail_list() {
                found.users.push(user(CALL, detail)?);
            }
            for detail in page.group_detail_list() {
                found.groups.push(group(CALL, detail)?);
            }
            for detail in page.role_detail_list() {
                found.roles.push(role(CALL, detail)?);
            }
            for policy in page.policies() {
                let default = policy.policy_version_list().iter().find(|v| v.is_default_version());
                // One without its document is asked for by itself, if anything refers to it.
                if let Some(text) = default.and_then(|version| version.document()) {
                    let arn = required(CALL, "Arn", policy.arn())?;
                    found
                        .managed_policies
                        .push(ManagedPolicy { arn, document: Fact::Read(document(text)) });
                }
            }
            Ok::<_, Failure>(())
        }
    );
    Ok(found)
}

/// What only ListRoles tells of a role, by its unique id.
type RoleDetails = BTreeMap<String, (Option<u32>, Option<String>)>;

async fn role_details(iam: &Iam) -> Result<RoleDetails, Failure> {
    const CALL: &str = "iam:ListRoles";
    let mut found = RoleDetails::new();
    pages!(iam, CALL, list_roles, |page: &ListRolesOutput| {
        for role in page.roles() {
            let seconds = role.max_session_duration().and_then(|s| u32::try_from(s).ok());
            let description = role.description().filter(|text| !text.is_empty());
            found.insert(role.role_id().to_owned(), (seconds, description.map(str::to_owned)));
        }
        Ok::<_, Failure>(())
    });
    Ok(found)
}

fn add_details(identities: &mut Identities, mut details: RoleDetails) {
    for role in &mut identities.roles {
        if let Some((seconds, description)) = details.remove(&role.unique_id) {
            role.max_session = seconds;
            role.description = description;
        }
    }
}

/// Fetches every managed policy that something refers to and whose document did not come along.
/// A policy that cannot be fetched is recorded as not read: a missing document is never empty.
async fn complete_policies(
    iam: &Iam,
    identities: &mut Identities,
    aws_policies: &AwsPolicies,
    asking: &mut Asking,
) {
    let users = identities.users.iter().flat_map(|user| user.attached.iter().chain(&user.boundary));
    let groups = identities.groups.iter().flat_map(|group| &group.attached);
    let roles = identities.roles.iter().flat_map(|role| role.attached.iter().chain(&role.boundary));
    let mut wanted: BTreeSet<String> = users.chain(groups).chain(roles).cloned().collect();
    for policy in &identities.managed_policies {
        wanted.remove(&policy.arn);
        if let Fact::Read(text) = &policy.document {
            aws_policies.keep(&policy.arn, text);
        }
    }
    for arn in wanted {
        let document = match aws_policies.known(&arn) {
            Some(text) => Fact::Read(text),
            None => asking.fact(managed_policy(iam, &arn)).await,
        };
        if let Fact::Read(text) = &document {
            aws_policies.keep(&arn, text);
        }
        identities.managed_policies.push(ManagedPolicy { arn, document });
    }
}

async fn managed_policy(iam: &Iam, arn: &str) -> Result<PolicyText, Failure> {
    const POLICY: &str = "iam:GetPolicy";
    const VERSION: &str = "iam:GetPolicyVersion";
    let answer = iam
        .call()
        .await
        .get_policy()
        .policy_arn(arn)
        .send()
        .await
        .map_err(|error| failure(POLICY, &error))?;
    let id = required(
        POLICY,
        "DefaultVersionId",
        answer.policy().and_then(|policy| policy.default_version_id()),
    )?;
    let answer = iam
        .call()
        .await
        .get_policy_version()
        .policy_arn(arn)
        .version_id(id)
        .send()
        .await
        .map_err(|error| failure(VERSION, &error))?;
    let text = required(VERSION, "Document", answer.policy_version().and_then(|v| v.document()))?;
    Ok(document(&text))
}

async fn oidc_providers(iam: &Iam) -> Result<Vec<OidcProvider>, Failure> {
    const LIST: &str = "iam:ListOpenIDConnectProviders";
    const GET: &str = "iam:GetOpenIDConnectProvider";
    let answer = iam
        .call()
        .await
        .list_open_id_connect_providers()
        .send()
        .await
        .map_err(|error| failure(LIST, &error))?;
    let mut found = Vec::new();
    for entry in answer.open_id_connect_provider_list() {
        let arn = required(LIST, "Arn", entry.arn())?;
        let provider = match iam
            .call()
            .await
            .get_open_id_connect_provider()
            .open_id_connect_provider_arn(&arn)
            .send()
            .await
        {
            Ok(provider) => provider,
            // Deleted since it was listed.
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetOpenIDConnectProviderError::is_no_such_entity_exception) =>
            {
                continue;
            }
            Err(error) => return Err(failure(GET, &error)),
        };
        let url = required(GET, "Url", provider.url())?;
        found.push(OidcProvider {
            arn,
            url: url.strip_prefix("https://").unwrap_or(&url).to_owned(),
            audiences: provider.client_id_list().to_vec(),
        });
    }
    Ok(found)
}

async fn saml_providers(iam: &Iam) -> Result<Vec<SamlProvider>, Failure> {
    const CALL: &str = "iam:ListSAMLProviders";
    let answer = iam
        .call()
        .await
        .list_saml_providers()
        .send()
        .await
        .map_err(|error| failure(CALL, &error))?;
    answer
        .saml_provider_list()
        .iter()
        .map(|entry| {
            Ok(SamlProvider {
                arn: required(CALL, "Arn", entry.arn())?,
                valid_until: entry.valid_until().and_then(timestamp),
            })
        })
        .collect()
}

async fn alias(iam: &Iam) -> Result<Option<String>, Failure> {
    const CALL: &str = "iam:ListAccountAliases";
    let answer = iam
        .call()
        .await
        .list_account_aliases()
        .send()
        .await
        .map_err(|error| failure(CALL, &error))?;
    Ok(answer.account_aliases().first().cloned())
}
