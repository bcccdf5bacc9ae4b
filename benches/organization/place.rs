//! What an account is for, and which others it has to do with.

use super::names::{self, ENVIRONMENTS};
use super::{Plan, Random};

/// The accounts that come before those of products.
const SHARED: [&str; 4] = ["management", "platform-hub", "security", "log-archive"];

/// An account and what it is for.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Its number, from 0.
    pub(crate) index: u32,
    /// Its twelve digits.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// The product's number; `None` for what all products share.
    pub(crate) number: Option<u32>,
    /// The product's name, or the account's own.
    pub(crate) product: String,
    /// `dev`, `test`, `staging`, `prod`; `shared` for what all products share.
    pub(crate) environment: &'static str,
}

impl Place {
    /// The account with this number.
    pub(crate) fn of(plan: &Plan, index: u32) -> Self {
        let id = names::account_id(plan, index);
        if let Some(name) = SHARED.get(index as usize) {
            let name = (*name).to_owned();
            let product = name.clone();
            return Self { index, id, name, number: None, product, environment: "shared" };
        }
        let number = (index - 4) / 4;
        let environment = ENVIRONMENTS[(index % 4) as usize];
        let product = names::product(number);
        let name = format!("{product}-{environment}");
        Self { index, id, name, number: Some(number), product, environment }
    }

    /// Chance of this account alone, and of one purpose.
    pub(crate) fn random(&self, plan: &Plan, purpose: u64) -> Random {
        Random::of(&[plan.seed, u64::from(self.index), purpose])
    }

    /// Whether it is the management account.
    pub(crate) fn is_management(&self) -> bool {
        self.index == 0
    }

    /// Whether it is the hub.
    pub(crate) fn is_hub(&self, plan: &Plan) -> bool {
        self.index == hub(plan)
    }

    /// Whether it has a provider of HCP Terraform for itself.
    pub(crate) fn has_own_terraform(&self, plan: &Plan) -> bool {
        self.number.is_some_and(|number| has_own_terraform(plan, number))
    }

    /// Whether a cluster runs there.
    pub(crate) fn has_cluster(&self) -> bool {
        self.number.is_some_and(|number| number % 4 == 1)
    }

    /// The environment from which this one is deployed; itself for the first.
    pub(crate) fn before(&self) -> u32 {
        if self.number.is_none() || self.index.is_multiple_of(4) {
            self.index
        } else {
            self.index - 1
        }
    }

    /// The environment that is deployed from this one; itself for the last.
    pub(crate) fn after(&self, plan: &Plan) -> u32 {
        let last = self.index % 4 == 3 || self.index + 1 >= plan.accounts;
        if self.number.is_none() || last { self.index } else { self.index + 1 }
    }
}

/// The number of the hub: the second account where there is one.
pub(crate) fn hub(plan: &Plan) -> u32 {
    1.min(plan.accounts.saturating_sub(1))
}

/// How many products there are.
pub(crate) fn products(plan: &Plan) -> u32 {
    plan.accounts.saturating_sub(4).div_ceil(4)
}

/// How many products have a role in the hub: as many as a third of its roles can serve.
pub(crate) fn hub_products(plan: &Plan) -> u32 {
    products(plan).min(plan.roles / 3)
}

/// Whether the accounts of a product have a provider of HCP Terraform for themselves.
pub(crate) fn has_own_terraform(plan: &Plan, product: u32) -> bool {
    product.is_multiple_of(3) || product >= hub_products(plan)
}
