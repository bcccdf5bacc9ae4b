//! Names and numbers: of accounts, products, teams and whatever outside is trusted.

use std::ops::Range;

use jiff::Timestamp;

use super::{Place, Plan, Random};

/// The organization of AWS.
pub(crate) const ORGANIZATION: &str = "o-a1b2c3d4e5";
/// The root of its tree.
pub(crate) const ROOT: &str = "r-ab12";
/// The organization of HCP Terraform and of GitHub.
pub(crate) const COMPANY: &str = "acme";
/// The project whose workspaces manage every account.
pub(crate) const PLATFORM: &str = "platform";
/// The Region of everything that has one.
pub(crate) const REGION: &str = "eu-west-1";

/// A product's accounts.
pub(crate) const ENVIRONMENTS: [&str; 4] = ["dev", "test", "staging", "prod"];

/// Companies that look into accounts from their own, with that account.
pub(crate) const VENDORS: [(&str, &str); 6] = [
    ("datadog-integration", "064147000011"),
    ("wiz-scanner", "097215000012"),
    ("snyk-container", "018340000013"),
    ("cloudability", "016530000014"),
    ("lacework-audit", "043412000015"),
    ("spacelift-runner", "032479000016"),
];

const PRODUCTS: [&str; 40] = [
    "orders",
    "billing",
    "search",
    "catalog",
    "ledger",
    "pricing",
    "shipping",
    "returns",
    "loyalty",
    "identity",
    "payments",
    "checkout",
    "inventory",
    "fraud",
    "support",
    "content",
    "media",
    "mobile",
    "partner",
    "market",
    "weather",
    "routing",
    "fleet",
    "claims",
    "policy",
    "quotes",
    "risk",
    "treasury",
    "reports",
    "insight",
    "archive",
    "mailing",
    "events",
    "booking",
    "travel",
    "energy",
    "metering",
    "devices",
    "studio",
    "portal",
];

const BRANCHES: [&str; 11] =
    ["core", "eu", "us", "apac", "labs", "data", "edge", "next", "b2b", "retail", "ops"];

const COMPONENTS: [&str; 16] = [
    "api", "worker", "web", "batch", "feed", "index", "admin", "export", "import", "notify",
    "auth", "gateway", "stream", "sync", "rollup", "cron",
];

const TEAMS: [&str; 20] = [
    "falcon", "otter", "lynx", "heron", "badger", "orca", "ibex", "kestrel", "marten", "osprey",
    "puffin", "raven", "stoat", "tern", "viper", "wren", "bison", "crane", "dingo", "egret",
];

/// The name of a product; no name is the beginning of another one's followed by a component.
pub(crate) fn product(index: u32) -> String {
    let index = index as usize;
    let word = PRODUCTS[index % PRODUCTS.len()];
    let Some(round) = (index / PRODUCTS.len()).checked_sub(1) else { return word.to_owned() };
    let branch = BRANCHES[round % BRANCHES.len()];
    match round / BRANCHES.len() {
        0 => format!("{word}-{branch}"),
        more => format!("{word}-{branch}{more}"),
    }
}

/// A component of a product with its number: `api-07`.
pub(crate) fn component(index: u32) -> String {
    let index = index as usize;
    format!("{}-{:02}", COMPONENTS[index % COMPONENTS.len()], index / COMPONENTS.len())
}

/// How many teams there are: more in larger organizations, but far fewer than roles.
pub(crate) fn teams(plan: &Plan) -> u32 {
    let root = plan.all_roles().isqrt();
    5 + u32::try_from(root / 5).unwrap_or(u32::MAX)
}

/// The name of a team.
pub(crate) fn team(index: u32) -> String {
    let index = index as usize;
    match index / TEAMS.len() {
        0 => TEAMS[index].to_owned(),
        round => format!("{}-{round}", TEAMS[index % TEAMS.len()]),
    }
}

/// The id of an account, as different from its neighbours' as ids are.
pub(crate) fn account_id(plan: &Plan, index: u32) -> String {
    const SMALLEST: u128 = 100_000_000_000;
    const COUNT: u128 = 900_000_000_000;
    // Has no factor in common with the count, so no two indexes give the same id.
    const STEP: u128 = 556_283_914_117;
    let start = u128::from(Random::of(&[plan.seed, 17]).next());
    (SMALLEST + (start + u128::from(index) * STEP) % COUNT).to_string()
}

/// A unique id of AWS.
pub(crate) fn unique_id(kind: &str, random: &mut Random) -> String {
    format!("{kind}{}", random.text(17, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
}

/// Digits and small letters up to `f`.
pub(crate) fn hex(length: usize, random: &mut Random) -> String {
    random.text(length, b"0123456789abcdef")
}

/// The SAML provider that Identity Center made in an account.
pub(crate) fn saml_provider(plan: &Plan, place: &Place) -> String {
    let hash = hex(16, &mut place.random(plan, 2));
    format!("arn:aws:iam::{}:saml-provider/AWSSSO_{hash}_DO_NOT_DELETE", place.id)
}

/// The id of an account's cluster.
pub(crate) fn cluster(plan: &Plan, place: &Place) -> String {
    place.random(plan, 3).text(32, b"0123456789ABCDEF")
}

/// Some second of a span of seconds since 1970.
pub(crate) fn instant(random: &mut Random, span: Range<u32>) -> Option<Timestamp> {
    let length = span.end.saturating_sub(span.start) as usize;
    let offset = u32::try_from(random.below(length)).unwrap_or(0);
    Timestamp::from_second(i64::from(span.start + offset)).ok()
}
