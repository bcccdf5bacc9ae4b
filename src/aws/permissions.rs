//! What a crawl has to be allowed, as policy documents: the reads of the table of
//! [`super::operations`] and the ways into the accounts, and nothing else.
//!
//! The parts that differ from place to place (principals, role ARNs, external ids) are values of
//! JSON and not text, so that a writer of templates can put its own references there.

use serde_json::{Value, json};

use super::operations::{Operation, Service, in_any_account, operations, reads_of};
use crate::arn::{Arn, Partition};

/// Stands where the trusted principal was not named.
pub const PLACEHOLDER: &str = "<ARN of the principal that runs rolewalk>";

/// How a crawl is set up, as far as its permissions depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// The partition of all accounts.
    pub partition: Partition,
    /// The read roles, with their path if they have one, tried in order.
    pub role_names: Vec<String>,
    /// The role that is assumed first.
    pub via: Option<Arn>,
    /// Who runs rolewalk: a role, a user or an account's root.
    pub trusted: Option<Arn>,
    /// The external id that the roles ask for.
    pub external_id: Option<String>,
}

impl Setup {
    /// Whom the first role on the way trusts.
    pub fn runner(&self) -> &str {
        self.trusted.as_ref().map_or(PLACEHOLDER, Arn::as_str)
    }

    /// Whom the read role trusts: the first hop, else whoever runs rolewalk.
    pub fn reader(&self) -> &str {
        self.via.as_ref().map_or_else(|| self.runner(), Arn::as_str)
    }

    /// The read roles of all accounts, as ARN patterns.
    pub fn read_roles(&self) -> Vec<String> {
        self.role_names.iter().map(|name| in_any_account(self.partition, name)).collect()
    }

    /// What whoever runs rolewalk has to be allowed: with a first hop only that, else the work.
    pub fn caller_policy(&self) -> Value {
        match &self.via {
            Some(via) => hop_policy(&json!(via.as_str())),
            None => reader_policy(&json!(self.read_roles())),
        }
    }

    /// What the first hop has to be allowed, where there is one.
    pub fn first_hop_policy(&self) -> Option<Value> {
        self.via.as_ref().map(|_| reader_policy(&json!(self.read_roles())))
    }

    /// The trust policy of the first hop, where there is one.
    pub fn first_hop_trust(&self) -> Option<Value> {
        self.via.as_ref().map(|_| self.trust(self.runner()))
    }

    /// The trust policy of the read role.
    pub fn member_trust(&self) -> Value {
        self.trust(self.reader())
    }

    fn trust(&self, principal: &str) -> Value {
        let mut statement = trust_statement(&json!(principal));
        if let (Some(id), Some(fields)) = (&self.external_id, statement.as_object_mut()) {
            fields.insert("Condition".to_owned(), external_id_condition(&json!(id)));
        }
        policy(&[statement])
    }
}

/// The permissions policy of the read role. Member accounts are asked about themselves only, so
/// it needs no action of Organizations.
pub fn member_policy() -> Value {
    policy(&[reads("ReadAccount", Service::Iam)])
}

/// AWS takes session policies of at most so many characters.
const LONGEST_SESSION_POLICY: usize = 2048;

/// The session policy of the read role, so that one that may do more does no more here.
pub fn member_session() -> String {
    member_policy().to_string()
}

/// The session policy of a first hop: what it reads, and assuming the roles of these names, which
/// may be none, in any account of the partition.
pub fn hop_session(partition: Partition, role_names: &[String]) -> String {
    let roles: Vec<String> =
        role_names.iter().map(|name| in_any_account(partition, name)).collect();
    if roles.is_empty() {
        let reads =
            [reads("ReadOrganization", Service::Organizations), reads("ReadAccount", Service::Iam)];
        return policy(&reads).to_string();
    }
    let exact = reader_policy(&json!(roles)).to_string();
    if exact.len() <= LONGEST_SESSION_POLICY {
        return exact;
    }
    // Which roles the hop may assume is then left to its own permissions.
    reader_policy(&json!([in_any_account(partition, "*")])).to_string()
}

/// The policy of whoever reads the organization, the account it is in, and enters the others by
/// these roles.
pub fn reader_policy(read_roles: &Value) -> Value {
    policy(&[
        reads("ReadOrganization", Service::Organizations),
        reads("ReadAccount", Service::Iam),
        allow("EnterAccounts", &json!("sts:AssumeRole"), read_roles),
    ])
}

/// The policy of whoever assumes this role and does nothing else.
pub fn hop_policy(role: &Value) -> Value {
    policy(&[allow("FirstHop", &json!("sts:AssumeRole"), role)])
}

/// The statement of a trust policy that lets this principal in.
pub fn trust_statement(principal: &Value) -> Value {
    json!({
        "Effect": "Allow",
        "Principal": { "AWS": principal },
        "Action": "sts:AssumeRole",
    })
}

/// The condition that this external id is passed.
pub fn external_id_condition(id: &Value) -> Value {
    json!({ "StringEquals": { "sts:ExternalId": id } })
}

/// A document of these statements.
pub fn policy(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// What needs a permission and what it is called for, in the order of the table.
pub fn needed() -> impl Iterator<Item = &'static Operation> {
    operations().filter(|operation| operation.permission.is_some())
}

/// Lists take no narrower resource than all, and what is read by name is not known beforehand.
fn reads(sid: &str, service: Service) -> Value {
    allow(sid, &json!(reads_of(service)), &json!("*"))
}

fn allow(sid: &str, actions: &Value, resources: &Value) -> Value {
    json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::policy::Document;

    fn setup(via: Option<&str>) -> Setup {
        Setup {
            partition: Partition::AwsCn,
            role_names: vec!["rolewalk-read".to_owned(), "audit/reader".to_owned()],
            via: via.map(|arn| arn.parse().unwrap()),
            trusted: Some("arn:aws-cn:iam::123456789012:role/ops/walker".parse().unwrap()),
            external_id: Some("acme-7".to_owned()),
        }
    }

    const VIA: &str = "arn:aws-cn:iam::210987654321:role/hop";

    /// All actions of a document, each once.
    fn actions(document: &Value) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for statement in document["Statement"].as_array().unwrap() {
            let listed = match &statement["Action"] {
                Value::Array(list) => list.clone(),
                one => vec![one.clone()],
            };
            for action in listed {
                let action = action.as_str().unwrap().to_owned();
                assert!(!action.contains('*'), "{action} is a pattern");
                assert!(found.insert(action.clone()), "{action} stands twice");
            }
        }
        found
    }

    fn table(choose: impl Fn(&Operation) -> bool) -> BTreeSet<String> {
        let needed = needed().filter(|operation| choose(operation));
        needed.filter_map(|operation| operation.permission).map(str::to_owned).collect()
    }

    #[test]
    fn each_document_has_its_part_of_the_table_and_no_more() {
        let everything = table(|_| true);
        let hop = BTreeSet::from(["sts:AssumeRole".to_owned()]);
        let direct = setup(None);
        assert_eq!(actions(&direct.caller_policy()), everything);
        assert_eq!(direct.first_hop_policy(), None);
        let through = setup(Some(VIA));
        assert_eq!(actions(&through.caller_policy()), hop);
        assert_eq!(actions(&through.first_hop_policy().unwrap()), everything);
        let of_iam = table(|operation| operation.service == Service::Iam && operation.reads());
        assert!(of_iam.len() > 5);
        assert_eq!(actions(&member_policy()), of_iam);
        for trust in [through.member_trust(), through.first_hop_trust().unwrap()] {
            assert_eq!(actions(&trust), hop);
        }
    }

    #[test]
    fn the_session_policies_leave_the_roles_what_they_need() {
        let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(actions(&parsed(&member_session())), actions(&member_policy()));
        let direct = setup(None);
        let hop = hop_session(direct.partition, &direct.role_names);
        assert_eq!(actions(&parsed(&hop)), actions(&direct.caller_policy()));
        assert!(hop.contains("arn:aws-cn:iam::*:role/audit/reader"), "{hop}");
        let reads = actions(&parsed(&hop_session(direct.partition, &[])));
        assert!(!reads.contains("sts:AssumeRole") && reads.len() > 10, "{reads:?}");
        let many: Vec<String> =
            (0..50).map(|at| format!("a/path/to/a/role/of/its/own-{at}")).collect();
        let wide = hop_session(direct.partition, &many);
        assert!(wide.contains("arn:aws-cn:iam::*:role/*"), "{wide}");
        for policy in [member_session(), hop, wide] {
            assert!(policy.len() <= LONGEST_SESSION_POLICY, "{policy}");
        }
    }

    #[test]
    fn roles_are_entered_by_name_in_any_account_of_the_partition() {
        let enter = setup(None).caller_policy()["Statement"][2].clone();
        assert_eq!(
            enter["Resource"],
            json!(["arn:aws-cn:iam::*:role/rolewalk-read", "arn:aws-cn:iam::*:role/audit/reader"])
        );
        assert_eq!(setup(Some(VIA)).caller_policy()["Statement"][0]["Resource"], VIA);
    }

    #[test]
    fn trust_names_the_one_before_and_asks_for_the_external_id() {
        let trusted = |trust: &Value| trust["Statement"][0]["Principal"]["AWS"].clone();
        let mut setup = setup(Some(VIA));
        assert_eq!(trusted(&setup.member_trust()), VIA);
        assert_eq!(
            trusted(&setup.first_hop_trust().unwrap()),
            "arn:aws-cn:iam::123456789012:role/ops/walker"
        );
        let condition = json!({ "StringEquals": { "sts:ExternalId": "acme-7" } });
        assert_eq!(setup.member_trust()["Statement"][0]["Condition"], condition);
        setup.external_id = None;
        assert_eq!(setup.member_trust()["Statement"][0].get("Condition"), None);
        (setup.via, setup.trusted) = (None, None);
        assert_eq!(trusted(&setup.member_trust()), PLACEHOLDER);
    }

    #[test]
    fn our_own_reader_of_policies_understands_every_document() {
        for setup in [setup(None), setup(Some(VIA))] {
            let documents = [
                Some(setup.caller_policy()),
                setup.first_hop_policy(),
                setup.first_hop_trust(),
                Some(member_policy()),
                Some(setup.member_trust()),
            ];
            for document in documents.into_iter().flatten() {
                let parsed = Document::parse(&document.to_string()).unwrap();
                for statement in &parsed.statements {
                    assert!(statement.problems.is_empty(), "{document:#}: {statement:?}");
                }
            }
        }
    }
}
