"""Writes a described organization straight into moto's memory.

The description is one JSON object; keys without a star may be left out:

    documents         {name: policy document}; wherever a document is wanted below, the string "@name" stands for it
    partition         "aws" unless given; ARNs are written as they stand
    management*       an account
    units             ["Workloads", "Workloads/Prod", ...] parents first
    accounts          [account]
    control_policies  [{name*, kind* ("SERVICE_CONTROL_POLICY" | "RESOURCE_CONTROL_POLICY"), document*,
                        attach: ["root" | "unit:PATH" | "account:ID"]}]; with their type enabled, FullAWSAccess is everywhere
    delegated         {account id: [service principal]}
    outside           [account] that belong to no organization

An account:

    id*, name*, email, unit ("" is the root), tags {}, alias
    suspended         true closes it: no key of it is valid, no role of it can be assumed
    access_role       false removes OrganizationAccountAccessRole, which otherwise has AdministratorAccess as in AWS
    key_user          the user that AKIA<id>TEST belongs to; without it GetCallerIdentity shows `user/moto`
    oidc              [{url*, audiences*, thumbprints}]
    saml              [{name*, metadata}]
    policies          [{name*, document*, path}]
    groups            [{name*, path, inline {}, attached [ARN]}]
    users             [{name*, path, tags {}, groups [], boundary (ARN), inline {}, attached [ARN]}]
    roles             [{name*, trust*, path, description, tags {}, boundary (ARN), max_session (s), last_used (ISO time),
                        instance_profile (bool), inline {name: document}, attached [ARN], count}]
                      With a count the role is made that many times; {n} in its name is 001, 002, ...

${account} is the id of the account that is being written, ${organization} that of the organization. A document may also be
a string of another kind: it is stored as it is, so that broken ones can be planted.
"""

import datetime
import json

import gaps
from moto.iam.models import AccessKey
from moto.organizations.models import FakeDelegatedAdministrator, organizations_backends
import moto.organizations.utils as organization_utils

ADMINISTRATOR = "arn:{}:iam::aws:policy/AdministratorAccess"


def load(description):
    """Writes it all and returns the ids that the server chose: organization, root, units, control policies."""
    gaps.partition = description.get("partition", "aws")
    accounts = [description["management"], *description.get("accounts", [])]
    ids = [account["id"] for account in accounts]
    if len(set(ids)) < len(ids) or any(len(i) != 12 or not i.isdigit() for i in ids):
        raise ValueError(f"account ids must be twelve digits and differ: {ids}")
    written = Organization(description["management"])
    written.add_units(description.get("units", []))
    for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
        written.backend.enable_policy_type(RootId=written.root, PolicyType=kind)
    for account in accounts[1:]:
        written.add_account(account)
    for account in accounts:
        Account(account, description.get("documents", {}), written.id).write()
    for account in description.get("outside", []):
        Account(account, description.get("documents", {}), written.id).write()
    for policy in description.get("control_policies", []):
        written.add_control_policy(policy, description.get("documents", {}))
    for account, services in description.get("delegated", {}).items():
        written.delegate(account, services)
    for account in accounts[1:]:
        if account.get("suspended"):
            written.backend.close_account(AccountId=account["id"])
    return {"organization": written.id, "root": written.root, "units": written.units, "control_policies": written.policies}


def pairs(tags):
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


def text_of(document, documents, account, organization):
    if isinstance(document, str) and document.startswith("@"):
        document = documents[document[1:]]
    text = document if isinstance(document, str) else json.dumps(document)
    return text.replace("${account}", account).replace("${organization}", organization)


class Organization:
    def __init__(self, management):
        self.backend = organizations_backends[management["id"]][gaps.partition]
        self.backend.create_organization(region=gaps.REGIONS[gaps.partition], FeatureSet="ALL")
        self.id = self.backend.org.id
        self.root = self.backend.ou[0].id
        self.units, self.policies = {}, {}
        own = self.backend.accounts[0]
        own.name = management["name"]
        own.email = management.get("email", f"{own.name}@example.com")
        own.tags = dict(management.get("tags", {}))
        self.backend.org.master_account_email = own.email

    def add_units(self, paths):
        for path in paths:
            parent, _, name = path.rpartition("/")
            unit = self.backend.create_organizational_unit(Name=name, ParentId=self.units[parent] if parent else self.root)
            self.units[path] = unit["OrganizationalUnit"]["Id"]

    def add_account(self, account):
        random_id = organization_utils.make_random_account_id
        organization_utils.make_random_account_id = lambda: account["id"]
        try:
            self.backend.create_account(
                AccountName=account["name"],
                Email=account.get("email", f"{account['name']}@example.com"),
                Tags=pairs(account.get("tags")),
            )
        finally:
            organization_utils.make_random_account_id = random_id
        if account.get("unit"):
            self.backend.move_account(
                AccountId=account["id"], SourceParentId=self.root, DestinationParentId=self.units[account["unit"]]
            )

    def add_control_policy(self, policy, documents):
        summary = self.backend.create_policy(
            Name=policy["name"],
            Description=policy.get("description", ""),
            Type=policy["kind"],
            Content=text_of(policy["document"], documents, "", self.id),
        )["Policy"]["PolicySummary"]
        self.policies[policy["name"]] = summary["Id"]
        for target in policy.get("attach", []):
            place, _, name = target.partition(":")
            where = {"root": self.root, "unit": self.units.get(name), "account": name}[place]
            self.backend.attach_policy(PolicyId=summary["Id"], TargetId=where)

    def delegate(self, account, services):
        admin = FakeDelegatedAdministrator(self.backend.get_account_by_id(account))
        # moto's own registration knows six services only.
        for service in services:
            admin.services[service] = {"ServicePrincipal": service, "DelegationEnabledDate": 0}
        self.backend.admins.append(admin)


class Account:
    def __init__(self, facts, documents, organization):
        self.facts, self.id, self.iam = facts, facts["id"], gaps.iam(facts["id"])
        self.text = lambda document: text_of(document, documents, self.id, organization)

    def write(self):
        iam, facts = self.iam, self.facts
        access_role = any(role.name == "OrganizationAccountAccessRole" for role in iam.roles.values())
        if access_role and facts.get("access_role") is False:
            iam.delete_role("OrganizationAccountAccessRole")
        elif access_role:
            iam.attach_role_policy(ADMINISTRATOR.format(gaps.partition), "OrganizationAccountAccessRole")
        if facts.get("alias"):
            iam.create_account_alias(facts["alias"])
        for provider in facts.get("oidc", []):
            iam.create_open_id_connect_provider(
                provider["url"], provider.get("thumbprints", []), provider["audiences"], []
            )
        for provider in facts.get("saml", []):
            iam.create_saml_provider(provider["name"], provider.get("metadata", "<EntityDescriptor/>"))
        for policy in facts.get("policies", []):
            iam.create_policy("", policy.get("path", "/"), self.text(policy["document"]), policy["name"], [])
        for group in facts.get("groups", []):
            self.write_group(group)
        for user in facts.get("users", []):
            self.write_user(user)
        for role in facts.get("roles", []):
            for number in range(1, role.get("count", 1) + 1):
                self.write_role({**role, "name": role["name"].replace("{n}", f"{number:03}")})
        self.write_key()

    def attach(self, attach, holder, facts):
        for arn in facts.get("attached", []):
            attach(self.text(arn), holder)

    def boundary(self, facts):
        arn = self.text(facts["boundary"]) if "boundary" in facts else None
        if arn:
            gaps.need_managed_policy(self.iam, arn)
        return arn

    def write_group(self, facts):
        group = self.iam.create_group(facts["name"], facts.get("path", "/"))
        group.id = "AGPA" + group.id[:16].upper()
        for name, document in facts.get("inline", {}).items():
            group.policies[name] = self.text(document)
        self.attach(self.iam.attach_group_policy, facts["name"], facts)

    def write_user(self, facts):
        user = self.iam.create_user(gaps.REGIONS[gaps.partition], facts["name"], facts.get("path", "/"), pairs(facts.get("tags")))
        user.id = "AIDA" + user.id[:16].upper()
        boundary = self.boundary(facts)
        if boundary:
            user.permissions_boundary = {
                "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
                "PermissionsBoundaryArn": boundary,
            }
        for name, document in facts.get("inline", {}).items():
            user.policies[name] = self.text(document)
        for group in facts.get("groups", []):
            self.iam.add_user_to_group(group, facts["name"])
        self.attach(self.iam.attach_user_policy, facts["name"], facts)

    def write_role(self, facts):
        role = self.iam.create_role(
            facts["name"],
            self.text(facts["trust"]),
            facts.get("path", "/"),
            self.boundary(facts),
            facts.get("description", ""),
            pairs(facts.get("tags")),
            facts.get("max_session", 3600),
        )
        if "last_used" in facts:
            role.last_used = datetime.datetime.fromisoformat(facts["last_used"])
        for name, document in facts.get("inline", {}).items():
            role.policies[name] = self.text(document)
        self.attach(self.iam.attach_role_policy, facts["name"], facts)
        if facts.get("instance_profile"):
            self.iam.create_instance_profile(facts["name"], "/", [facts["name"]])

    def write_key(self):
        key = AccessKey(user_name=self.facts.get("key_user"), prefix="AKIA", account_id=self.id)
        key.access_key_id, key.secret_access_key = f"AKIA{self.id}TEST", "emulator-only"
        self.iam.access_keys[key.access_key_id] = key
        if key.user_name:
            self.iam.get_user(key.user_name).access_keys.append(key)
