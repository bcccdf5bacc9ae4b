//! Short names for people: `prod-net/tf-member` instead of an ARN.

use std::collections::{BTreeMap, HashSet};

use crate::answer::{NodeKind, TreeNode};

/// The names of accounts and OUs by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Names {
    places: BTreeMap<String, String>,
    /// Names that more than one place has, which therefore say nothing.
    repeated: HashSet<String>,
}

impl Names {
    pub(crate) fn of(nodes: &[TreeNode]) -> Self {
        let mut names = Self::default();
        let mut seen = HashSet::new();
        let places =
            nodes.iter().filter(|node| matches!(node.kind, NodeKind::Account | NodeKind::Ou));
        for node in places {
            if !seen.insert(&node.name) {
                names.repeated.insert(node.name.clone());
            }
            names.places.insert(node.id.clone(), node.name.clone());
        }
        names
    }

    /// The name of an account or OU where it names only one, else its id.
    pub(crate) fn account<'a>(&'a self, id: &'a str) -> &'a str {
        match self.places.get(id) {
            Some(name) if !self.repeated.contains(name) && !name.is_empty() => name,
            _ => id,
        }
    }

    /// A principal's ARN as `account/name`; anything else as it is.
    pub(crate) fn short(&self, principal: &str) -> String {
        if let Some(id) = principal.strip_prefix("account:") {
            return format!("account:{}", self.account(id));
        }
        let mut parts = principal.splitn(6, ':');
        let (Some("arn"), Some(_), Some("iam" | "sts"), Some(_), Some(account), Some(resource)) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return principal.to_owned();
        };
        let account = self.account(account);
        let Some((kind, path)) = resource.split_once('/') else {
            return format!("{account}/{resource}");
        };
        let name = path.rsplit('/').next().unwrap_or(path);
        match kind {
            "role" => format!("{account}/{name}"),
            "user" => format!("user:{account}/{name}"),
            // Issuers are URLs: their paths are part of the name.
            "oidc-provider" | "saml-provider" => format!("{account}/{path}"),
            _ => format!("{account}/{kind}/{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_get_short_names() {
        let names = Names {
            places: [("333333333333".to_owned(), "prod-net".to_owned())].into(),
            repeated: HashSet::new(),
        };
        for (principal, short) in [
            ("arn:aws:iam::333333333333:role/a/b/tf-member", "prod-net/tf-member"),
            ("arn:aws:iam::333333333333:user/ann", "user:prod-net/ann"),
            ("arn:aws:iam::444444444444:role/x", "444444444444/x"),
            ("arn:aws:iam::444444444444:root", "444444444444/root"),
            ("account:333333333333", "account:prod-net"),
            ("tfc:acme/Net/net-prod:apply", "tfc:acme/Net/net-prod:apply"),
        ] {
            assert_eq!(names.short(principal), short);
        }
    }
}
