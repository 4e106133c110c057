"""Groups: their users have their policies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.refusals import refusal

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

LISTS = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}]}
)
PLAIN = {"Path", "GroupName", "GroupId", "Arn", "CreateDate"}


@pytest.fixture(scope="module")
def iam(emulator: LiveEmulator) -> Any:
    """A client, and the user `grouped`."""
    client = emulator.client("iam")
    client.create_user(UserName="grouped")
    return client


def names(found: list[dict[str, Any]]) -> list[str]:
    """The groups that were found."""
    return [group["GroupName"] for group in found]


def test_a_group_is_made_shown_and_renamed(iam: Any) -> None:
    made = iam.create_group(GroupName="readers", Path="/team/")["Group"]
    shown = iam.get_group(GroupName="readers")
    iam.update_group(GroupName="readers", NewGroupName="writers", NewPath="/")
    renamed = iam.get_group(GroupName="writers")["Group"]

    assert set(made) == PLAIN
    assert made["Arn"].endswith(":group/team/readers")
    assert (shown["Group"], shown["Users"], shown["IsTruncated"]) == (made, [], False)
    assert (renamed["GroupId"], renamed["Arn"].endswith(":group/writers")) == (made["GroupId"], True)
    assert refusal(iam.get_group, GroupName="readers") == (
        "NoSuchEntity",
        "The group with name readers cannot be found.",
    )


def test_a_groups_name_is_its_own(iam: Any) -> None:
    iam.create_group(GroupName="taken")
    iam.create_group(GroupName="other")
    message = "Group with name taken already exists."

    assert refusal(iam.create_group, GroupName="taken") == ("EntityAlreadyExists", message)
    assert refusal(iam.update_group, GroupName="other", NewGroupName="taken") == ("EntityAlreadyExists", message)


def test_a_user_is_in_groups_until_it_is_taken_out(iam: Any) -> None:
    for name in ("first", "second"):
        iam.create_group(GroupName=name)
        iam.add_user_to_group(GroupName=name, UserName="grouped")
        iam.add_user_to_group(GroupName=name, UserName="grouped")
    iam.update_group(GroupName="second", NewGroupName="third")
    within = names(iam.list_groups_for_user(UserName="grouped")["Groups"])
    members = [user["UserName"] for user in iam.get_group(GroupName="third")["Users"]]

    for name in ("first", "third"):
        iam.remove_user_from_group(GroupName=name, UserName="grouped")
        iam.remove_user_from_group(GroupName=name, UserName="grouped")

    assert (within, members) == (["first", "third"], ["grouped"])
    assert iam.list_groups_for_user(UserName="grouped")["Groups"] == []


@pytest.mark.parametrize(
    ("operation", "group", "user", "message"),
    [
        ("add_user_to_group", "there", "nobody", "The user with name nobody cannot be found."),
        ("add_user_to_group", "nowhere", "grouped", "The group with name nowhere cannot be found."),
        ("remove_user_from_group", "nowhere", "nobody", "The user with name nobody cannot be found."),
        ("remove_user_from_group", "nowhere", "grouped", "The group with name nowhere cannot be found."),
    ],
)
def test_groups_and_users_have_to_be_there(iam: Any, operation: str, group: str, user: str, message: str) -> None:
    if group == "there" and "there" not in names(iam.list_groups()["Groups"]):
        iam.create_group(GroupName="there")

    assert refusal(getattr(iam, operation), GroupName=group, UserName=user) == ("NoSuchEntity", message)


def test_policies_are_put_into_groups_and_attached_to_them(iam: Any) -> None:
    iam.create_group(GroupName="policed")
    managed = iam.create_policy(PolicyName="of-groups", PolicyDocument=LISTS)["Policy"]["Arn"]
    missing = refusal(iam.get_group_policy, GroupName="policed", PolicyName="own")
    unattached = refusal(iam.detach_group_policy, GroupName="policed", PolicyArn=managed)

    iam.put_group_policy(GroupName="policed", PolicyName="own", PolicyDocument=LISTS)
    iam.attach_group_policy(GroupName="policed", PolicyArn=managed)

    assert missing == ("NoSuchEntity", "The group policy with name own cannot be found.")
    assert unattached == ("NoSuchEntity", f"Policy {managed} was not found.")
    assert iam.get_group_policy(GroupName="policed", PolicyName="own")["PolicyDocument"] == json.loads(LISTS)
    assert iam.list_group_policies(GroupName="policed")["PolicyNames"] == ["own"]
    attached = iam.list_attached_group_policies(GroupName="policed")["AttachedPolicies"]
    assert attached == [{"PolicyName": "of-groups", "PolicyArn": managed}]
    assert iam.get_policy(PolicyArn=managed)["Policy"]["AttachmentCount"] == 1
    assert names(iam.list_entities_for_policy(PolicyArn=managed)["PolicyGroups"]) == ["policed"]


def test_users_may_what_their_groups_may(iam: Any, emulator: LiveEmulator) -> None:
    iam.create_user(UserName="member")
    key = iam.create_access_key(UserName="member")["AccessKey"]
    member = emulator.client("iam", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    iam.create_group(GroupName="listers")
    iam.put_group_policy(GroupName="listers", PolicyName="p", PolicyDocument=LISTS)
    before = refusal(member.list_users)[0]

    iam.add_user_to_group(GroupName="listers", UserName="member")
    listed = member.list_users()["Users"]
    iam.remove_user_from_group(GroupName="listers", UserName="member")

    assert (before, refusal(member.list_users)[0]) == ("AccessDenied", "AccessDenied")
    assert all(set(user) == {"Path", "UserName", "UserId", "Arn", "CreateDate"} for user in listed)


def test_groups_go_once_nobody_and_nothing_is_in_them(iam: Any) -> None:
    iam.create_user(UserName="leaving")
    iam.create_group(GroupName="leaving")
    iam.add_user_to_group(GroupName="leaving", UserName="leaving")
    iam.put_group_policy(GroupName="leaving", PolicyName="p", PolicyDocument=LISTS)
    occupied = ("DeleteConflict", "Cannot delete entity, must remove users from group first.")

    assert refusal(iam.delete_group, GroupName="leaving") == occupied
    assert refusal(iam.delete_user, UserName="leaving") == occupied
    iam.remove_user_from_group(GroupName="leaving", UserName="leaving")
    assert refusal(iam.delete_group, GroupName="leaving")[1] == "Cannot delete entity, must delete policies first."
    iam.delete_group_policy(GroupName="leaving", PolicyName="p")
    iam.delete_group(GroupName="leaving")
    assert "leaving" not in names(iam.list_groups()["Groups"])
