"""Who may touch whose data: an identity its own, a developer what policies say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.iam.people import allow, assume, deny, permit, refused, role, trust, user
from tests.support.house import ACCOUNT, REGION, ROOT_KEY, ROOT_SECRET, TestHouse
from tests.sync.devices import Device, Pool, developer, device, pool, replace

COGNITO = "cognito-identity.amazonaws.com"
FOREIGN = "These credentials are not valid for accessing this resource"
SYNC = f"arn:aws:cognito-sync:{REGION}:{ACCOUNT}:identitypool/"

EVERY_ASK: dict[str, Callable[[Device], Any]] = {
    "ListDatasets": lambda d: d.sync.list_datasets(**d.where),
    "DescribeIdentityUsage": lambda d: d.sync.describe_identity_usage(**d.where),
    "ListRecords": lambda d: d.list("prefs"),
    "DescribeDataset": lambda d: d.describe("prefs"),
    "DeleteDataset": lambda d: d.delete("prefs"),
    "UpdateRecords": lambda d: d.write("prefs", token="any"),
}  # fmt: skip
every_ask = pytest.mark.parametrize("ask", EVERY_ASK.values(), ids=EVERY_ASK)


@pytest.fixture
def fed(sqlite_house: TestHouse) -> Pool:
    return pool(sqlite_house)


def federated(house: TestHouse, name: str, of: Pool, *statements: Any) -> None:
    """A role that the pool's identities get, and what it permits."""
    condition = {"StringEquals": {f"{COGNITO}:aud": of.id}}
    trusted = trust({"Federated": COGNITO}, "sts:AssumeRoleWithWebIdentity", **condition)
    role(house, name, trusted, *statements)


def resource(of: Pool, *rest: str) -> str:
    return "/".join([SYNC + of.id, *rest])


# identities ----------------------------------------------------------------------------


@every_ask
def test_an_identity_reaches_no_other_identity(fed: Pool, ask: Callable[[Device], Any]) -> None:
    """IDP-03, IDP-12: neither another's id, nor one that is not there, nor another pool's."""
    mine, theirs = device(fed), device(fed)
    theirs.write("prefs", replace("secret", "theirs"))
    other_pool = pool(fed.house)
    for pool_id, identity_id in [
        (fed.id, theirs.identity_id),
        (fed.id, f"{REGION}:00000000-0000-4000-8000-000000000000"),
        (other_pool.id, mine.identity_id),
        (other_pool.id, other_pool.guest()),
    ]:
        with refused("NotAuthorizedException", FOREIGN, status=403):
            ask(Device(mine.sync, pool_id, identity_id))
    assert theirs.values("prefs") == [("secret", "theirs", 1)]


@every_ask
def test_a_policy_that_permits_everything_does_not_open_other_identities(
    fed: Pool, ask: Callable[[Device], Any]
) -> None:
    """IDP-03, IDP-12"""
    federated(fed.house, "guest", fed, allow("*"))
    mine, theirs = device(fed), device(fed)
    theirs.write("prefs", replace("secret", "theirs"))
    with refused("NotAuthorizedException", FOREIGN, status=403):
        ask(Device(mine.sync, fed.id, theirs.identity_id))


def test_no_identity_asks_about_pools(fed: Pool) -> None:
    federated(fed.house, "guest", fed, allow("*"))
    mine = device(fed)
    with refused("NotAuthorizedException", FOREIGN, status=403):
        mine.sync.describe_identity_pool_usage(IdentityPoolId=fed.id)
    with refused("NotAuthorizedException", FOREIGN, status=403):
        mine.sync.list_identity_pool_usage()


@every_ask
def test_a_known_role_permits_what_its_policies_say_and_no_more(
    fed: Pool, ask: Callable[[Device], Any]
) -> None:
    federated(fed.house, "guest", fed)
    words = "assumed-role/guest/CognitoIdentityCredentials is not authorized to perform: cognito-"
    with refused("AccessDeniedException", words, status=403):
        ask(device(fed))


def test_a_role_may_open_to_everyone_just_their_own_data(fed: Pool) -> None:
    """The policy of the developer guide, with variables."""
    own = f"{SYNC}${{{COGNITO}:aud}}/identity/${{{COGNITO}:sub}}/*"
    federated(fed.house, "guest", fed, allow("cognito-sync:*", own))
    mine = device(fed)
    mine.write("prefs", replace("a", "1"))
    assert mine.names() == ["prefs"] and mine.values("prefs") == [("a", "1", 1)]
    with refused("AccessDeniedException", f"{resource(fed, 'identity', mine.identity_id)} "):
        mine.sync.describe_identity_usage(**mine.where)


def test_a_role_may_close_a_dataset(fed: Pool) -> None:
    locked = resource(fed, "identity", "*", "dataset", "locked")
    federated(fed.house, "guest", fed, allow("cognito-sync:*"), deny("*", locked))
    mine = device(fed)
    mine.write("prefs", replace("a", "1"))
    with refused("AccessDeniedException", "with an explicit deny in an identity-based policy"):
        mine.list("locked")


@pytest.mark.parametrize("ask", [EVERY_ASK[name] for name in ("ListDatasets", "ListRecords")])
def test_a_role_that_iam_has_not_opens_an_identitys_own_data_and_nothing_else(
    fed: Pool, ask: Callable[[Device], Any]
) -> None:
    mine = device(fed)
    ask(mine)
    keys = fed.keys(mine.identity_id)
    with refused("AccessDeniedException"):
        fed.house.client("cognito-identity", **keys).list_identity_pools(MaxResults=1)
    with refused("NotAuthorizedException"):
        ask(Device(mine.sync, fed.id, fed.guest()))


@every_ask
def test_a_role_that_is_gone_closes_even_that(fed: Pool, ask: Callable[[Device], Any]) -> None:
    """IDP-09"""
    federated(fed.house, "guest", fed, allow("*"))
    mine = device(fed)
    fed.house.client("iam").delete_role_policy(RoleName="guest", PolicyName="inline")
    fed.house.client("iam").delete_role(RoleName="guest")
    with refused("AccessDeniedException", status=403):
        ask(mine)


@every_ask
def test_credentials_of_an_identity_that_was_merged_away_are_over(
    fed: Pool, ask: Callable[[Device], Any]
) -> None:
    """IDP-04"""
    old = device(fed, *fed.user("old"))
    fed.user("new")
    old.write("prefs", replace("a", "1"))
    fed.merge("old", "new")
    with refused("NotAuthorizedException", FOREIGN, status=403):
        ask(old)


def test_a_role_assumed_with_an_identitys_credentials_is_its_own_caller(fed: Pool) -> None:
    """No longer the identity's credentials: policies alone decide."""
    identity_id, logins = fed.user("ann")
    house = fed.house
    federated(house, "user", fed, allow("sts:AssumeRole"))
    back_end = role(
        house,
        "back-end",
        trust({"AWS": f"arn:aws:iam::{ACCOUNT}:role/user"}),
        allow("cognito-sync:ListDatasets", resource(fed, "*")),
    )
    keys = assume(house, fed.keys(identity_id, logins), back_end)
    assert developer(fed, fed.guest(), **keys).names() == []
    with refused("AccessDeniedException"):
        developer(fed, identity_id, **keys).list("prefs")


# developers ----------------------------------------------------------------------------


def test_a_developer_may_what_policies_say_by_pool_identity_and_dataset(fed: Pool) -> None:
    """ADM-01: decided on the very ids that are acted on."""
    house, other = fed.house, pool(fed.house)
    one, two, far = fed.guest(), fed.guest(), other.guest()
    keys = user(
        house,
        "dev",
        allow("cognito-sync:*", resource(fed, "identity", one, "dataset", "prefs")),
        allow("cognito-sync:DescribeIdentityUsage", resource(fed, "identity", two)),
        allow("cognito-sync:DescribeIdentityPoolUsage", resource(fed)),
        allow("cognito-sync:ListDatasets", resource(fed, "identity", two, "*")),
    )
    dev = {name: developer(fed, name, **keys) for name in (one, two)}
    dev[one].write("prefs", replace("a", "1"))
    dev[one].delete("prefs")
    dev[two].sync.describe_identity_usage(**dev[two].where)
    dev[two].sync.describe_identity_pool_usage(IdentityPoolId=fed.id)
    assert dev[two].names() == []
    denied: list[Callable[[], Any]] = [
        lambda: dev[one].list("other"),
        lambda: dev[one].names(),
        lambda: dev[two].list("prefs"),
        lambda: dev[one].sync.describe_identity_usage(**dev[one].where),
        lambda: dev[one].sync.describe_identity_pool_usage(IdentityPoolId=other.id),
        lambda: dev[one].sync.list_identity_pool_usage(),
        lambda: Device(dev[one].sync, other.id, one).list("prefs"),
        lambda: Device(dev[one].sync, other.id, far).list("prefs"),
    ]
    for ask in denied:
        with refused("AccessDeniedException", "user/dev is not authorized", status=403):
            ask()
    permit(house, "dev", allow("cognito-sync:ListIdentityPoolUsage", SYNC + "*"))
    assert dev[one].sync.list_identity_pool_usage()["Count"] == 2


@every_ask
def test_an_identity_of_another_pool_is_not_found_in_this_one(
    fed: Pool, ask: Callable[[Device], Any]
) -> None:
    """ADM-01: the pool in the path that permission is decided on is the pool acted in."""
    other = pool(fed.house)
    theirs = device(other)
    theirs.write("prefs", replace("a", "1"))
    keys = user(fed.house, "dev", allow("cognito-sync:*", resource(fed, "*")))
    for who in (developer(fed, theirs.identity_id, **keys), developer(fed, theirs.identity_id)):
        with refused("ResourceNotFoundException", "Identity '", status=404):
            ask(who)
    assert theirs.values("prefs") == [("a", "1", 1)]


def test_a_presigned_request_reads_nothing(fed: Pool) -> None:
    """SIG-06"""
    mine = device(fed)
    url = f"http://127.0.0.1:8000/identitypools/{fed.id}/identities/{mine.identity_id}/datasets"
    request = AWSRequest("GET", url.replace(f"{REGION}:", f"{REGION}%3A"))
    signer = SigV4QueryAuth(Credentials(ROOT_KEY, ROOT_SECRET), "cognito-sync", REGION)
    signer.add_auth(request)
    status, headers, _ = fed.house.request("GET", request.prepare().url)
    assert (status, headers["x-amzn-errortype"]) == (403, "AccessDeniedException")


def test_nothing_is_answered_without_a_signature(fed: Pool) -> None:
    mine = device(fed)
    nobody = Device(fed.house.unsigned("cognito-sync"), fed.id, mine.identity_id)
    for ask in EVERY_ASK.values():
        with refused("MissingAuthenticationTokenException", status=403):
            ask(nobody)
