"""Pools through the AWS SDK: settings, schema, lists and tags."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poolhouse.userpools.pools.rules.schema import STANDARD
from tests.support.house import ACCOUNT, REGION, TestHouse
from tests.userpools.pools.asking import ROLE, a_pool, code, refusal

TIER = {"Name": "tier", "AttributeDataType": "String", "Mutable": True}
GHOST = f"{REGION}_abcdefghi"


def test_only_pools_of_the_signed_region_are_listed(house: TestHouse) -> None:
    here, there = house.client("cognito-idp"), house.client("cognito-idp", region="eu-west-1")
    mine = sorted(a_pool(house) for _ in range(3))
    other = there.create_user_pool(PoolName="there")["UserPool"]["Id"]
    assert other.startswith("eu-west-1_")
    pages = list(here.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(each["UserPools"]) for each in pages] == [2, 1]
    assert [pool["Id"] for each in pages for pool in each["UserPools"]] == mine
    shown = pages[0]["UserPools"][0]
    assert shown["Name"] == "a pool"
    assert shown["LambdaConfig"] == {}
    assert "Status" not in shown
    assert [pool["Id"] for pool in there.list_user_pools(MaxResults=60)["UserPools"]] == [other]


def test_the_size_of_a_page_is_checked(sqlite_house: TestHouse) -> None:
    client = sqlite_house.client("cognito-idp")
    for size in (0, 61):
        assert code(client.list_user_pools, MaxResults=size) == "InvalidParameterException"
    assert code(client.list_user_pools) == "InvalidParameterException"


def test_custom_attributes_are_added_and_never_changed(house: TestHouse) -> None:
    client, pool_id = house.client("cognito-idp"), a_pool(house, Schema=[TIER])
    later = {"Name": "later", "AttributeDataType": "Number", "Mutable": True}
    client.add_custom_attributes(UserPoolId=pool_id, CustomAttributes=[later])
    shown = client.describe_user_pool(UserPoolId=pool_id)["UserPool"]["SchemaAttributes"]
    assert [each["Name"] for each in shown[-2:]] == ["custom:tier", "custom:later"]
    assert shown[-1]["NumberAttributeConstraints"] == {}
    assert refusal(client.add_custom_attributes, UserPoolId=pool_id, CustomAttributes=[TIER]) == (
        "InvalidParameterException",
        "custom:tier: Existing attribute already has name custom:tier.",
    )
    many = [TIER | {"Name": f"a{n}"} for n in range(26)]
    asked = {"UserPoolId": pool_id, "CustomAttributes": many}
    assert code(client.add_custom_attributes, **asked) == "InvalidParameterException"
    client.add_custom_attributes(UserPoolId=pool_id, CustomAttributes=many[:25])
    more = [TIER | {"Name": f"b{n}"} for n in range(24)]
    asked = {"UserPoolId": pool_id, "CustomAttributes": more}
    assert code(client.add_custom_attributes, **asked) == "InvalidParameterException"
    client.add_custom_attributes(UserPoolId=pool_id, CustomAttributes=more[:23])
    shown = client.describe_user_pool(UserPoolId=pool_id)["UserPool"]["SchemaAttributes"]
    assert len(shown) == len(STANDARD) + 50


def test_tags(house: TestHouse) -> None:
    client, pool_id = house.client("cognito-idp"), a_pool(house, UserPoolTags={"team": "one"})
    arn = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{pool_id}"

    def tags() -> Any:
        return client.list_tags_for_resource(ResourceArn=arn)["Tags"]

    client.tag_resource(ResourceArn=arn, Tags={"stage": "test", "team": "two"})
    assert tags() == {"team": "two", "stage": "test"}
    assert client.describe_user_pool(UserPoolId=pool_id)["UserPool"]["UserPoolTags"] == tags()
    client.untag_resource(ResourceArn=arn, TagKeys=["stage", "unknown"])
    assert tags() == {"team": "two"}
    client.untag_resource(ResourceArn=arn, TagKeys=["team"])
    assert tags() == {}
    assert client.describe_user_pool(UserPoolId=pool_id)["UserPool"]["UserPoolTags"] == {}
    assert client.create_user_pool(PoolName="untagged")["UserPool"]["UserPoolTags"] == {}
    for wrong in ({"aws:x": "y"}, {str(n): "" for n in range(51)}):
        asked = {"ResourceArn": arn, "Tags": wrong}
        assert code(client.tag_resource, **asked) == "InvalidParameterException"
        asked = {"PoolName": "x", "UserPoolTags": wrong}
        assert code(client.create_user_pool, **asked) == "UserPoolTaggingException"
    ghost = arn.replace(pool_id, GHOST)
    assert code(client.list_tags_for_resource, ResourceArn=ghost) == "ResourceNotFoundException"
    elsewhere = arn.replace(f":{REGION}:", ":eu-west-1:")
    for call, more in (
        (client.tag_resource, {"Tags": {"a": "b"}}),
        (client.untag_resource, {"TagKeys": ["a"]}),
        (client.list_tags_for_resource, {}),
    ):
        assert code(call, ResourceArn=elsewhere, **more) == "InvalidParameterException"


WRONG: list[tuple[dict[str, Any], str]] = [
    (
        {"VerificationMessageTemplate": {"EmailMessage": "no placeholder"}},
        "Member must satisfy regular expression pattern",
    ),
    (
        {"VerificationMessageTemplate": {"EmailMessageByLink": "no link here"}},
        "Member must satisfy regular expression pattern",
    ),
    ({"SmsVerificationMessage": "no code"}, "regular expression pattern"),
    ({"MfaConfiguration": "MAYBE"}, "Member must satisfy enum value set"),
    ({"Policies": {"PasswordPolicy": {"MinimumLength": 5}}}, "greater than or equal to 6"),
    (
        {"AliasAttributes": ["email"], "UsernameAttributes": ["email"]},
        "Only one of the aliasAttributes or usernameAttributes can be set in a user pool.",
    ),
    (
        {"EmailConfiguration": {"EmailSendingAccount": "DEVELOPER"}},
        "SourceArn is required when EmailSendingAccount is DEVELOPER.",
    ),
    ({"Schema": [TIER | {"Required": True}]}, "Required custom attributes are not supported"),
]


def test_what_no_pool_can_be_is_refused_and_leaves_nothing(sqlite_house: TestHouse) -> None:
    client = sqlite_house.client("cognito-idp")
    for members, expected in WRONG:
        found, message = refusal(client.create_user_pool, PoolName="x", **members)
        assert found == "InvalidParameterException", members
        assert expected in message
    assert client.list_user_pools(MaxResults=1)["UserPools"] == []


def test_a_refused_update_changes_nothing(sqlite_house: TestHouse) -> None:
    client, pool_id = sqlite_house.client("cognito-idp"), a_pool(sqlite_house)
    before = client.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    asked: dict[str, Any] = {"UserPoolId": pool_id, "PoolName": "other"}
    wrong = {"EmailConfiguration": {"EmailSendingAccount": "DEVELOPER"}}
    assert code(client.update_user_pool, **asked, **wrong) == "InvalidParameterException"
    lite = {"UserPoolTier": "LITE", "DcrConfiguration": {}}
    assert code(client.update_user_pool, **asked, **lite) == "TierChangeNotAllowedException"
    assert client.describe_user_pool(UserPoolId=pool_id)["UserPool"] == before


def test_mfa_functions_and_roles_are_kept_and_shown(sqlite_house: TestHouse) -> None:
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:sign-up"
    sms = {"SnsCallerArn": ROLE, "ExternalId": "x", "SnsRegion": REGION}
    asked: dict[str, Any] = {
        "MfaConfiguration": "ON",
        "LambdaConfig": {"PreSignUp": function},
        "SmsConfiguration": sms,
        "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True},
        "UserPoolAddOns": {"AdvancedSecurityMode": "OFF"},
    }
    client, pool_id = sqlite_house.client("cognito-idp"), a_pool(sqlite_house, **asked)
    shown = client.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    assert {name: shown[name] for name in asked} == asked


limits = st.one_of(st.none(), st.integers(-1, 2100).map(str))
entries = st.fixed_dictionaries(
    {
        "Name": st.one_of(
            st.sampled_from(STANDARD).filter(lambda name: len(name) <= 20),
            st.text("abπ-:", min_size=1, max_size=5),
        ),
        "AttributeDataType": st.sampled_from(["String", "Number", "DateTime", "Boolean"]),
        "Mutable": st.booleans(),
        "Required": st.booleans(),
        "DeveloperOnlyAttribute": st.booleans(),
        "StringAttributeConstraints": st.fixed_dictionaries(
            {"MinLength": limits, "MaxLength": limits}
        ),
        "NumberAttributeConstraints": st.fixed_dictionaries(
            {"MinValue": limits, "MaxValue": limits}
        ),
    }
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(schema=st.lists(entries, min_size=1, max_size=4))
def test_any_accepted_schema_is_described_as_it_was_made(
    sqlite_house: TestHouse, schema: list[dict[str, Any]]
) -> None:
    """What is not accepted is refused with 400, whatever was sent."""
    client = sqlite_house.client("cognito-idp")
    try:
        made = client.create_user_pool(PoolName="x", Schema=schema)["UserPool"]
    except client.exceptions.InvalidParameterException:
        return
    shown = client.describe_user_pool(UserPoolId=made["Id"])["UserPool"]["SchemaAttributes"]
    assert shown == made["SchemaAttributes"]
    assert [each["Name"] for each in shown[: len(STANDARD)]] == STANDARD
    assert len(shown) == len(STANDARD) + sum(e["Name"] not in STANDARD for e in schema)
