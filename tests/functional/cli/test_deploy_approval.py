"""Deploys that wait for somebody else: two users of the emulator's IAM, with the policies that docs/releases.md has."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.project import SHOP, Outcome, Project

pytestmark = pytest.mark.xdist_group("life-deploy-approval")
DOCS = Path(__file__).parents[3] / "docs" / "releases.md"
APPROVERS, DEPLOYERS = (
    found.replace("mlfn-audit-prod", "mlfn-audit-dev")
    for found in re.findall(r"```json\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
)
ANYTHING = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    project: Project
    id: str
    keys: dict[str, str]

    def mlfn(self, *arguments: str) -> Outcome:
        done = subprocess.run(
            self.project.command(*arguments),
            cwd=self.project.root,
            capture_output=True,
            text=True,
            env=self.project.environment() | self.keys,
            check=False,
        )
        return Outcome(code=done.returncode, out=done.stdout, err=done.stderr)

    def put(self, partition: str) -> None:
        import boto3  # noqa: PLC0415 - half a second that other tests need not pay

        keys = (self.keys["AWS_ACCESS_KEY_ID"], self.keys["AWS_SECRET_ACCESS_KEY"], self.keys.get("AWS_SESSION_TOKEN"))
        own: Any = boto3.session.Session(*keys)
        client = own.client("dynamodb", endpoint_url=self.keys["AWS_ENDPOINT_URL"], region_name=self.keys["AWS_REGION"])
        item = {"pk": {"S": partition}, "sk": {"S": "shop#forged#1"}, "j": {"S": "{}"}}
        client.put_item(TableName="mlfn-audit-dev", Item=item)


def user(project: Project, name: str, *policies: str) -> User:
    iam = project.client("iam")
    made = iam.create_user(UserName=name)["User"]
    for number, policy in enumerate(policies):
        iam.put_user_policy(UserName=name, PolicyName=f"p{number}", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    keys = {
        "AWS_ENDPOINT_URL": iam.meta.endpoint_url,
        "AWS_REGION": iam.meta.region_name,
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
    return User(project=project, id=made["UserId"], keys=keys)


def session(project: Project, role: str, name: str, policy: str) -> User:
    """Somebody who has taken on a role."""
    iam = project.client("iam")
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": statement})
    made = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)["Role"]
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=policy)
    taker = user(project, f"{name}-himself", ANYTHING)
    import boto3  # noqa: PLC0415 - half a second that other tests need not pay

    own: Any = boto3.session.Session(taker.keys["AWS_ACCESS_KEY_ID"], taker.keys["AWS_SECRET_ACCESS_KEY"])
    client = own.client("sts", endpoint_url=taker.keys["AWS_ENDPOINT_URL"], region_name=taker.keys["AWS_REGION"])
    taken = client.assume_role(RoleArn=made["Arn"], RoleSessionName=name)
    keys = {
        **taker.keys,
        "AWS_ACCESS_KEY_ID": taken["Credentials"]["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": taken["Credentials"]["SecretAccessKey"],
        "AWS_SESSION_TOKEN": taken["Credentials"]["SessionToken"],
    }
    return User(project=project, id=taken["AssumedRoleUser"]["AssumedRoleId"], keys=keys)


def test_a_deploy_waits_until_somebody_else_has_approved_exactly_this_plan(project: Project) -> None:
    for name, text in SHOP.items():
        project.write(name, text)
    project.write("pyproject.toml", f"{SHOP['pyproject.toml']}\n[tool.mlfn.stages.dev]\napproval = true\n")
    project.start_emulator()
    dana, ann = user(project, "dana", ANYTHING, DEPLOYERS), user(project, "ann", APPROVERS)

    asked = dana.mlfn("deploy")
    (plan,) = re.findall(r"Plan (\w{12}) of shop", asked.err)
    assert (asked.code, "waits for approval; nothing was deployed" in asked.err) == (1, True)
    assert dana.mlfn("deploy").err.count(plan) == 2  # the same plan, and no second request
    assert [each["digest"][:12] for each in project.ok("plans", "--json").json] == [plan]

    # neither who asked nor anybody in another's name can answer
    assert "user/dana asked for this plan, and cannot approve it." in dana.mlfn("approve-plan", plan).err
    for forger, partition in ((dana, f"Y#{ann.id}"), (dana, f"Y#{dana.id}"), (ann, f"Y#{dana.id}"), (ann, "P#shop")):
        with pytest.raises(Exception, match="AccessDenied"):
            forger.put(partition)

    assert "create stack shop-dev" in ann.mlfn("plans", plan).out
    shown = ann.mlfn("plans", plan, "--json").json
    assert {each["action"] for each in shown["shown"]["actions"]} >= {"ApplyStack", "PublishVersion"}
    assert "user/ann has approved plan" in ann.mlfn("approve-plan", plan, "-m", "looks fine").out

    # another source is another plan; the approved one still holds
    project.write("mood.py", SHOP["mood.py"].replace("calm", "loud"))
    (loud,) = re.findall(r"Plan (\w{12}) of shop", dana.mlfn("deploy").err)
    assert loud != plan
    project.write("mood.py", SHOP["mood.py"])
    deployed = dana.mlfn("deploy")
    assert deployed.code == 0, deployed.err

    (mood,) = project.ok("versions", "mood", "--json").json
    approved = mood["versions"][0]["put_to_work"]["approved"]
    assert (approved["by"].rpartition(":")[2], approved["comment"]) == ("user/ann", "looks fine")
    assert approved["plan"].startswith(plan)
    assert "user/ann" in project.ok("versions", "mood").out

    # what was asked for before the deploy is of another world now, whatever is said to it
    ann.mlfn("approve-plan", loud)
    project.write("mood.py", SHOP["mood.py"].replace("calm", "loud"))
    (again,) = re.findall(r"Plan (\w{12}) of shop", dana.mlfn("deploy").err)
    assert again != loud

    mo = session(project, "managers", "mo", APPROVERS)
    mo.mlfn("reject-plan", again, "-m", "not on Fridays")
    assert f"assumed-role/managers/mo rejected plan {again}: not on Fridays." in dana.mlfn("deploy").err
    with pytest.raises(Exception, match="AccessDenied"):
        mo.put(f"Y#{mo.id.partition(':')[0]}:ann")  # another session of the same role
    assert "--fast knows none" in dana.mlfn("deploy", "--fast").err
    assert project.ok("invoke", "mood", '"a"').json == "calm"


def test_what_goes_forward_waits_as_a_deploy_does_and_what_goes_back_does_not(project: Project) -> None:
    for name, text in SHOP.items():
        project.write(name, text)
    project.start_emulator()
    project.ok("deploy")
    project.write("mood.py", SHOP["mood.py"].replace("calm", "loud"))
    project.ok("deploy")
    project.write("pyproject.toml", f"{SHOP['pyproject.toml']}\n[tool.mlfn.stages.dev]\napproval = true\n")
    dana, ann = user(project, "dana", ANYTHING, DEPLOYERS), user(project, "ann", APPROVERS)

    assert dana.mlfn("rollback", "mood").code == 0  # an emergency: at once, and said to be one
    (mood,) = project.ok("versions", "mood", "--json").json
    assert mood["versions"][0]["put_to_work"]["reason"] == "emergency: went back without an approval"
    assert "rollback (emergency)" in project.ok("versions", "mood").out

    # version 2 is newer than what answers, whatever command puts it to work
    asked = dana.mlfn("promote", "mood@2")
    (plan,) = re.findall(r"Plan (\w{12}) of shop", asked.err)
    assert (asked.code, "waits for approval" in asked.err) == (1, True)
    assert plan in dana.mlfn("rollback", "mood", "--to", "2").err
    assert project.ok("invoke", "mood", '"a"').json == "calm"
    assert [each["digest"][:12] for each in project.ok("plans", "--json").json] == [plan]
    assert "mood: 1 → 2" in ann.mlfn("plans", plan).out
    assert "mood 1 → 2" in ann.mlfn("plans").out

    ann.mlfn("approve-plan", plan, "-m", "fixed upstream")
    assert dana.mlfn("promote", "mood@2").code == 0
    assert project.ok("invoke", "mood", '"a"').json == "loud"
    (mood,) = project.ok("versions", "mood", "--json").json
    assert mood["versions"][1]["put_to_work"]["approved"]["comment"] == "fixed upstream"

    # a deploy's request holds what it would cost a month, as whoever asked was told
    project.write("mood.py", SHOP["mood.py"].replace("memory_mb=128", "memory_mb=128, provisioned=1"))
    (dearer,) = re.findall(r"Plan (\w{12}) of shop", dana.mlfn("deploy").err)
    cost = ann.mlfn("plans", dearer, "--json").json["cost"]
    assert cost["difference"] == pytest.approx(0.125 * 730 * 3600 * 0.0000041667, rel=0.01)
    shown = ann.mlfn("plans", dearer).out
    assert re.search(r"cost a month: .* → .* \(\+\$1\.37\)", shown)
    assert "+$1.37" in shown.splitlines()[1]
