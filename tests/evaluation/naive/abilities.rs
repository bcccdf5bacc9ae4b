//! What a role can do, by definition: every action of a short list on every resource of a short
//! list in every situation of a short list, through every layer, from the JSON as it stands.

use std::collections::BTreeMap;

use serde_json::Value;

use super::text::{list, pattern};
use super::{World, statements, text};

/// A situation in which a request is sent: the condition keys that differ.
type Situation = BTreeMap<&'static str, &'static str>;

/// The mightiest mark of a role, told from requests alone.
pub(crate) fn mark(world: &World, account: usize, role: usize) -> &'static str {
    let ask = Ask { world, account, role, situations: situations(world) };
    let own = world.role_arn(account, role);
    let id = world.id(account);
    let of = |sort: &str| -> Vec<String> {
        let own = (sort == "role").then(|| own.clone());
        NAMES.iter().map(|name| format!("arn:aws:iam::{id}:{sort}/{name}")).chain(own).collect()
    };
    let (roles, users) = (of("role"), of("user"));
    let gives = |arn: &String, sort: &str| {
        ask.may(&format!("iam:Attach{sort}Policy"), arn)
            || ask.may(&format!("iam:Put{sort}Policy"), arn)
    };
    let assumes = |arn: &String| ask.through("sts:AssumeRole", arn, false, false, true);
    let anything = |boundary: bool| {
        ask.through("zz:Zz", &format!("arn:aws:zz:zz:{id}:zz"), false, boundary, false)
    };
    let makes_role =
        roles.iter().any(|it| ask.may("iam:CreateRole", it) && gives(it, "Role") && assumes(it));
    let makes_user = users.iter().any(|it| {
        let credentials = ["iam:CreateAccessKey", "iam:CreateLoginProfile"];
        ask.may("iam:CreateUser", it)
            && gives(it, "User")
            && credentials.iter().any(|action| ask.may(action, it))
    });
    let any_trust = ask.may("iam:UpdateAssumeRolePolicy", &roles[0]) && assumes(&roles[0]);
    let lifts = ["iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"]
        .iter()
        .any(|action| ask.may(action, &own));
    let writes_itself = gives(&own, "Role") && (anything(true) || (lifts && anything(false)));
    if makes_role || makes_user || any_trust || writes_itself {
        return "admin";
    }
    let table: toml::Table = toml::from_str(include_str!("../../../assets/actions.toml")).unwrap();
    let changes = ["iam", "credentials"].iter().flat_map(|part| table[*part].as_table().unwrap());
    let changes = changes.flat_map(|(sort, names)| {
        let names = names.as_array().unwrap().iter();
        names.map(move |name| (sort, format!("iam:{}", name.as_str().unwrap())))
    });
    for (sort, action) in changes {
        if of(sort).iter().any(|arn| ask.may(&action, arn)) {
            return "iam";
        }
    }
    let some = |actions: &[String]| {
        let resources = RESOURCES.iter().map(|it| it.replace("ACCOUNT", &id)).chain(of("role"));
        let resources: Vec<String> = resources.chain(of("user")).collect();
        actions.iter().any(|action| resources.iter().any(|it| ask.may(action, it)))
    };
    let mut writes = made_up(&["", "Put", "Create", "Attach"]);
    let named = "s3:PutObject ec2:RunInstances";
    writes.extend(named.split(' ').map(str::to_owned));
    let mut reads = made_up(&["Get", "List", "Describe"]);
    reads.push("s3:GetObject".to_owned());
    let makes = roles.iter().any(|it| ask.may("iam:CreateRole", it))
        || users.iter().any(|it| ask.may("iam:CreateUser", it));
    if makes || some(&writes) {
        return if roles.iter().any(|it| ask.may("iam:PassRole", it)) { "pass" } else { "write" };
    }
    if some(&reads) { "read" } else { "none" }
}

/// The tag `team` that a session was given, where its role's trust policy lets it be.
const SESSIONS: &[&str] = &["untagged", "a", "zz"];

/// Names of roles and users; no policy speaks of the first.
const NAMES: &[&str] = &["zz", "app-zz", "app-zzb", "zzb", "R"];

const SERVICES: &[&str] = &["s3", "ec2", "zz", "iam", "sts"];
const ENDS: &[&str] = &["Zz", "ZzRoleZz", "ZzUserZz", "ZzRoleZzUserZz", "ZzObject"];

/// Names of actions that no table knows, of every form that the patterns tell apart.
fn made_up(verbs: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (service, verb) in SERVICES.iter().flat_map(|it| verbs.iter().map(move |verb| (it, verb))) {
        found.extend(ENDS.iter().map(|end| format!("{service}:{verb}{end}")));
    }
    found
}

const RESOURCES: &[&str] = &[
    "arn:aws:s3:::zz",
    "arn:aws:s3:::ours/zz",
    "arn:aws:ec2:zz:ACCOUNT:zz",
    "arn:aws:ec2:zz:ACCOUNT:instance/zz",
    "arn:aws:zz:zz:ACCOUNT:zz",
];

struct Ask<'w> {
    world: &'w World,
    account: usize,
    role: usize,
    situations: Vec<Situation>,
}

/// Every situation that the policies tell apart.
fn situations(world: &World) -> Vec<Situation> {
    let speaks_of = |key: &str| world.documents.keys().any(|text| text.contains(key));
    let some = |key: &str, values: &'static [&'static str]| {
        if speaks_of(key) { values } else { &values[..1] }
    };
    let mut found = Vec::new();
    // One Region is named by no policy.
    for region in some("RequestedRegion", &["eu", "us", "us-east-1", "ap"]) {
        for tag in some("RequestTag", &["a", "zz"]) {
            for session in some("PrincipalTag", SESSIONS) {
                let keys = [("aws:requestedregion", *region), ("aws:requesttag/t", *tag)];
                found.push(keys.into_iter().chain([("session", *session)]).collect());
            }
        }
    }
    found
}

impl Ask<'_> {
    fn may(&self, action: &str, resource: &str) -> bool {
        self.through(action, resource, true, true, true)
    }

    /// Whether the request succeeds in some situation. `granted`: an identity-based policy has to
    /// allow it; `boundary`: the boundary has to; `levels`: so has each level.
    fn through(
        &self,
        action: &str,
        resource: &str,
        granted: bool,
        boundary: bool,
        levels: bool,
    ) -> bool {
        // Nothing is allowed that no statement speaks of.
        let own = &self.world.role(self.account, self.role).inline;
        let spoken_of = own.iter().flat_map(|it| statements(&self.world.documents[&*it.document]));
        if granted && !spoken_of.into_iter().any(|it| it["Effect"] == "Allow" && covers(it, action))
        {
            return false;
        }
        // IAM has one Region.
        let iam = action.starts_with("iam:");
        self.situations.iter().any(|situation| {
            let mut situation = situation.clone();
            if iam {
                situation.insert("aws:requestedregion", "us-east-1");
            }
            let world = self.world;
            let row = world.role(self.account, self.role);
            let says = |text: &str| self.says(text, action, resource, &situation);
            let identity: Vec<_> = row.inline.iter().map(|it| says(&it.document)).collect();
            if identity.iter().any(|it| it.1) || granted && !identity.iter().any(|it| it.0) {
                return false;
            }
            let identities = world.readings.accounts[self.account].identities.read().unwrap();
            // What the boundary denies counts where it need not allow, unless it is gone.
            let asked = boundary || levels;
            if let Some(arn) = row.boundary.as_ref().filter(|_| asked) {
                let policy = identities.managed_policies.iter().find(|it| it.arn == *arn).unwrap();
                let (allows, denies) = says(policy.document.read().unwrap());
                if denies || boundary && !allows {
                    return false;
                }
            }
            if !levels || world.is_management(self.account) {
                return true;
            }
            let policies = world.organization().scps.read().unwrap();
            world.line(self.account).unwrap().iter().all(|place| {
                let here = policies.iter().filter(|it| it.targets.read().unwrap().contains(place));
                let said: Vec<_> = here.map(|it| says(it.document.read().unwrap())).collect();
                said.iter().any(|it| it.0) && !said.iter().any(|it| it.1)
            })
        })
    }

    fn says(
        &self,
        text: &str,
        action: &str,
        resource: &str,
        situation: &Situation,
    ) -> (bool, bool) {
        let (mut allows, mut denies) = (false, false);
        for statement in statements(&self.world.documents[text]) {
            if self.matches(statement, action, resource, situation) {
                if statement["Effect"] == "Deny" {
                    denies = true;
                } else {
                    allows = true;
                }
            }
        }
        (allows, denies)
    }

    fn matches(
        &self,
        statement: &Value,
        action: &str,
        resource: &str,
        situation: &Situation,
    ) -> bool {
        if !covers(statement, action) {
            return false;
        }
        let on = |value: &String| {
            value == "*" || text::arn_fits(&pattern(value), resource).unwrap_or(false)
        };
        if !element(statement, "Resource", &on) {
            return false;
        }
        let conditions = statement.get("Condition").and_then(Value::as_object);
        conditions.into_iter().flatten().all(|(operator, keys)| {
            keys.as_object().unwrap().iter().all(|(key, values)| {
                let value = self.value(&key.to_lowercase(), situation);
                let fits = list(values).iter().any(|wanted| {
                    value.as_ref().is_some_and(|value| match operator.as_str() {
                        "StringEquals" | "StringNotEquals" | "Bool" => value == wanted,
                        _ => text::arn_fits(&pattern(wanted), value).unwrap(),
                    })
                });
                fits != operator.contains("Not")
            })
        })
    }

    fn value(&self, key: &str, situation: &Situation) -> Option<String> {
        match key {
            "aws:principalarn" => Some(self.world.role_arn(self.account, self.role)),
            "aws:principalaccount" => Some(self.world.id(self.account)),
            "aws:principaltag/team" => {
                let role = self.world.role(self.account, self.role);
                let own = || role.tags.get("team").cloned();
                let tagged = role.trust.contains("sts:TagSession");
                let given = situation["session"];
                if tagged && given != "untagged" { Some(given.to_owned()) } else { own() }
            }
            key => situation.get(key).map(|value| (*value).to_owned()),
        }
    }
}

fn covers(statement: &Value, action: &str) -> bool {
    let action = action.to_lowercase();
    element(statement, "Action", &|value| text::fits(&pattern(&value.to_lowercase()), &action))
}

fn element(statement: &Value, name: &str, fits: &dyn Fn(&String) -> bool) -> bool {
    match statement.get(name) {
        Some(values) => list(values).iter().any(fits),
        None => !list(&statement[format!("Not{name}")]).iter().any(fits),
    }
}
