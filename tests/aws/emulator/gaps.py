"""Where moto differs from AWS in what a crawl can see, and how each gap is closed.

Pages are kept far smaller than AWS's, which AWS allows itself too ("may return fewer"), so that
even a small organization is read in several pages.
"""

import functools
import json
import re

import moto.backends as backends
import moto.iam.models as iam_models
import moto.organizations.utils as organization_utils
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.iam.models import AWSManagedPolicy, IAMBackend, iam_backends
from moto.iam.responses import IamResponse
from moto.organizations.models import organizations_backends
from moto.organizations.responses import OrganizationsResponse
from moto.sts.models import sts_backends

IAM_PAGE = 50
ORGANIZATIONS_PAGE = 3
SERVICES = ("iam", "sts", "organizations")
REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}

partition = "aws"
"""The partition of everything that is loaded."""


def iam(account):
    return iam_backends[account][partition]


def organization_of(account):
    """The organization's backend that this account belongs to, or None."""
    own = organizations_backends[account][partition]
    management = organizations_backends.master_accounts.get(account)
    if own.org or not management:
        return own if own.org else None
    return organizations_backends[management[0]][management[1]]


def forget():
    for name in SERVICES:
        backends.get_backend(name).reset()
    # moto's own reset keeps it, and a member would then still belong to an organization that is gone.
    organizations_backends.master_accounts.clear()


def account_of(key):
    return iam_models.get_account_id_from(key) if key else None


def caller_arn(key, account):
    return sts_backends[account][partition].get_caller_identity(key, REGIONS[partition])[1] if key else "anonymous"


def is_suspended(account):
    organization = organization_of(account)
    accounts = organization.accounts if organization else []
    return any(a.id == account and a.status == "SUSPENDED" for a in accounts)


def key_is_valid(key, account):
    return key in iam(account).access_keys and not is_suspended(account)


def role_is_there(arn):
    """AWS answers AccessDenied for a role that is missing; moto hands out credentials for it."""
    parts = re.fullmatch(r"arn:aws[a-z-]*:iam::(\d{12}):role/.+", arn)
    if not parts or is_suspended(parts[1]):
        return False
    return any(role.arn == arn for role in iam(parts[1]).roles.values())


@functools.cache
def aws_managed_policies():
    return json.loads(iam_models.aws_managed_policies_data)


def need_managed_policy(backend, arn):
    """Puts one AWS managed policy into one account. moto knows none of them, or all 1,500 in every account."""
    if arn.startswith(f"arn:{partition}:iam::aws:policy/") and arn not in backend.managed_policies:
        name = arn.rsplit("/", 1)[-1]
        if name in aws_managed_policies():
            policy = AWSManagedPolicy.from_data(
                name, backend.account_id, backend.region_name, aws_managed_policies()[name]
            )
            backend.managed_policies[policy.arn] = policy
            backend.aws_managed_policies.append(policy)


def managed_policies_on_demand():
    def first_needing(method):
        @functools.wraps(method)
        def wrapped(self, policy_arn, *rest, **named):
            need_managed_policy(self, policy_arn)
            return method(self, policy_arn, *rest, **named)

        return wrapped

    for name in ("attach_role_policy", "attach_user_policy", "attach_group_policy", "get_policy", "get_policy_version"):
        setattr(IAMBackend, name, first_needing(getattr(IAMBackend, name)))


def account_details_in_pages():
    lists = {
        "UserDetailList": "users",
        "GroupDetailList": "groups",
        "RoleDetailList": "roles",
        "Policies": "managed_policies",
    }

    def get_account_authorization_details(self):
        details = self.backend.get_account_authorization_details(self._get_param("Filter", []))
        everything = [(name, item) for name, source in lists.items() for item in details[source]]
        start = int(self._get_param("Marker", 0))
        end = start + min(int(self._get_param("MaxItems", 100)), IAM_PAGE)
        answer = {name: [] for name in lists}
        for name, item in everything[start:end]:
            answer[name].append(item)
        answer["IsTruncated"] = end < len(everything)
        if answer["IsTruncated"]:
            answer["Marker"] = str(end)
        return ActionResult(answer)

    IamResponse.get_account_authorization_details = get_account_authorization_details
    # The serializer looks these names up; without them every policy of the answer would be nameless.
    iam_models.ManagedPolicy.policy_name = property(lambda self: self.name)
    iam_models.ManagedPolicy.policy_id = property(lambda self: self.id)
    list_roles = IAMBackend.list_roles
    IAMBackend.list_roles = lambda self, prefix, marker, size: list_roles(
        self, prefix, marker, min(int(size), IAM_PAGE)
    )


def organization_in_pages():
    def in_pages(method, key):
        def wrapped(self):
            asked = self.request_params
            start = int(asked.pop("NextToken", None) or 0)
            end = start + min(int(asked.pop("MaxResults", None) or 20), ORGANIZATIONS_PAGE)
            self.body = json.dumps({**asked, "MaxResults": 100_000})
            rows = json.loads(method(self))[key]
            more = {"NextToken": str(end)} if end < len(rows) else {}
            return json.dumps({key: rows[start:end], **more})

        return wrapped

    for name, key in {
        "list_accounts": "Accounts",
        "list_accounts_for_parent": "Accounts",
        "list_children": "Children",
        "list_organizational_units_for_parent": "OrganizationalUnits",
        "list_policies": "Policies",
        "list_policies_for_target": "Policies",
        "list_targets_for_policy": "Targets",
    }.items():
        setattr(OrganizationsResponse, name, in_pages(getattr(OrganizationsResponse, name), key))


def organization_for_whom_it_is():
    """The management account and delegated administrators read. Other members are refused; moto gives them empty lists."""

    def backend(self):
        caller, action = self.current_account, self._get_action()
        organization = organization_of(caller)
        own = organizations_backends[caller][self.partition]
        if organization in (None, own) or action == "DescribeOrganization":
            return own
        delegated = any(admin.account.id == caller for admin in organization.admins)
        if delegated and action.startswith(("List", "Describe")):
            return organization
        raise JsonRESTError("AccessDeniedException", "You don't have permissions to access this resource.")

    def describe_resource_policy(self):
        _ = self.organizations_backend
        raise JsonRESTError("ResourcePolicyNotFoundException", "No resource policy is set.")

    OrganizationsResponse.organizations_backend = property(backend)
    OrganizationsResponse.describe_resource_policy = describe_resource_policy


def close():
    organization_utils.PAGINATION_MODEL["list_accounts"]["unique_attribute"] = "Id"
    managed_policies_on_demand()
    account_details_in_pages()
    organization_in_pages()
    organization_for_whom_it_is()
