"""The deployer's AWS calls against moto, which was made by others than our emulator."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

import mlfn_templates
from mlfn_deployers.aws import removal
from mlfn_deployers.aws.ailments import Patient
from mlfn_deployers.aws.api.clients import Clients
from mlfn_deployers.aws.packages.archives import push_archive, remove_archives
from mlfn_deployers.aws.packages.images import remove_images
from mlfn_deployers.aws.releases import traffic
from mlfn_deployers.aws.releases.release_log import append, newest
from mlfn_deployers.aws.releases.versions import AwsReleases
from mlfn_deployers.aws.stacks.change_sets import StackChange, Stacks
from mlfn_engine.images.values import ImageArtifact
from mlfn_engine.releases.history import Move, Shift, ShiftKind
from mlfn_engine.reporting import SilentReporter
from mlfn_engine.values import PackageType, Target, Template

NOT_ON_MOTO = {
    "the app's stack": "its CloudFormation has no aliases, no HTTP APIs and no subscription filters",
    "pushing images": "its ECR has no registry behind GetAuthorizationToken",
    "calling what was deployed": "it runs functions in Docker only",
    "a versioned bucket": "its CloudFormation leaves VersioningConfiguration out",
    "outputs of a stack": "a stack that a change set made has none",
    "the doctor's quotas": "its Lambda has no GetAccountSettings",
    "drift": "its CloudFormation has no DetectStackDrift",
    "continuing a rollback": "its CloudFormation never fails half-way: no stack is ever in UPDATE_ROLLBACK_FAILED",
}
"""What is not run against moto, and why; the emulator and MiniStack are there for it."""
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS..S3..BucketPolicy:UserWarning")
QUIET = SilentReporter()
BUCKET = "mlfn-data-dev-123456789012-eu-central-1"


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        yield Clients(TARGET)


TARGET = Target(
    name="aws",
    deployer="aws",
    region="eu-central-1",
    account_id=None,
    profile=None,
    endpoint_url=None,
    access_key="testing",
    secret_key="testing",
)


@pytest.fixture
def stacks(clients: Clients) -> Stacks:
    return Stacks(clients.cloudformation, clients.s3, poll_s=0.01)


def base_change() -> StackChange:
    return StackChange(template=mlfn_templates.render_base("dev"), parameters={}, tags={"mlfn:stage": "dev"})


def queue_template(**properties: object) -> Template:
    body = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": properties}}}
    body |= {"Outputs": {"Queue": {"Value": {"Ref": "Queue"}}}}
    return Template(format="cloudformation", name="shop-dev", body=json.dumps(body), parameters=())


def test_the_base_stack_is_made_of_a_table_a_repository_a_bucket_and_a_key(clients: Clients, stacks: Stacks) -> None:
    stacks.apply(base_change(), QUIET)

    table = clients.dynamodb.describe_table(TableName="mlfn-audit-dev")["Table"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["GSI1", "GSI2", "GSI3"]
    assert table["DeletionProtectionEnabled"] is True
    assert [each["Name"] for each in clients.s3.list_buckets()["Buckets"]] == [BUCKET]
    assert clients.ecr.describe_repositories()["repositories"][0]["repositoryName"] == "mlfn-dev"
    assert clients.kms.list_keys()["Keys"]


def test_a_stack_that_is_not_there_is_none(stacks: Stacks) -> None:
    assert stacks.describe("mlfn-base-dev") is None
    assert stacks.outputs("mlfn-base-dev") == {}
    assert stacks.template("mlfn-base-dev") is None
    assert stacks.delete("mlfn-base-dev", QUIET) is False


def test_a_change_set_updates_what_is_there(clients: Clients, stacks: Stacks) -> None:
    first = StackChange(template=queue_template(QueueName="orders"), parameters={}, tags={})
    stacks.apply(first, QUIET)

    second = StackChange(template=queue_template(QueueName="orders-2"), parameters={}, tags={"mlfn:app": "shop"})
    stacks.apply(second, QUIET)

    assert json.loads(stacks.template("shop-dev") or "{}")["Resources"]["Queue"]["Properties"] == {
        "QueueName": "orders-2"
    }
    assert removal.apps_of(clients.cloudformation, "dev") == []


def test_a_stack_is_deleted_by_its_name(stacks: Stacks) -> None:
    stacks.apply(StackChange(template=queue_template(QueueName="orders"), parameters={}, tags={}), QUIET)

    assert stacks.delete("shop-dev", QUIET) is True
    assert stacks.describe("shop-dev") is None


def lambda_function(clients: Clients, name: str) -> None:
    role = clients.iam.create_role(RoleName=f"{name}-role", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): return event")
    clients.functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": packed.getvalue()},
        Publish=True,
    )
    for alias in traffic.ALIASES:
        clients.functions.create_alias(FunctionName=name, Name=alias, FunctionVersion="1")


def test_aliases_tell_which_version_answers_and_move_together(clients: Clients) -> None:
    lambda_function(clients, "shop-dev-price")
    second = io.BytesIO()
    with zipfile.ZipFile(second, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): return 2")
    clients.functions.update_function_code(FunctionName="shop-dev-price", ZipFile=second.getvalue(), Publish=True)
    before = traffic.current(clients.functions, "shop-dev-price")

    traffic.move(clients.functions, "shop-dev-price", "2", held_below=None)

    assert before and before.version == "1"
    pointed = {traffic.pointed(clients.functions, "shop-dev-price", alias) for alias in traffic.ALIASES}
    assert pointed == {"2"}


def test_a_function_that_is_not_there_has_no_traffic(clients: Clients) -> None:
    assert traffic.current(clients.functions, "shop-dev-price") is None
    assert traffic.pointed(clients.functions, "shop-dev-price", "live") is None


def shift(at: str) -> Shift:
    moves = (Move(function="price", source="1", to="2"),)
    return Shift(at=at, kind=ShiftKind.DEPLOY, by="jane", revision=None, moves=moves, reason=None)


def test_the_release_log_is_appended_to_and_read_newest_first(clients: Clients, stacks: Stacks) -> None:
    stacks.apply(base_change(), QUIET)

    for at in ("2026-01-01T00:00:00.000000Z", "2026-01-02T00:00:00.000000Z"):
        append(clients.dynamodb, "mlfn-audit-dev", "shop", shift(at))

    assert [each.at[:10] for each in newest(clients.dynamodb, "mlfn-audit-dev", "shop")] == ["2026-01-02", "2026-01-01"]


def test_there_is_no_release_log_before_there_is_a_table(clients: Clients) -> None:
    assert newest(clients.dynamodb, "mlfn-audit-dev", "shop") == ()


def test_archives_are_uploaded_once_and_removed_with_all_their_versions(
    clients: Clients, stacks: Stacks, tmp_path: Path
) -> None:
    stacks.apply(base_change(), QUIET)
    package = tmp_path / "package.zip"
    package.write_bytes(b"what an archive holds")
    archive = artifact(package, PackageType.ZIP)

    named = push_archive(clients.s3, BUCKET, "shop", archive, QUIET)

    assert push_archive(clients.s3, BUCKET, "shop", archive, QUIET) == named
    assert remove_archives(clients.s3, BUCKET, "shop") == 1
    assert "Contents" not in clients.s3.list_objects_v2(Bucket=BUCKET)


def artifact(location: Path, package: PackageType) -> ImageArtifact:
    return ImageArtifact(
        function="price",
        plan_digest="0" * 64,
        version="0" * 12,
        digest=f"sha256:{hashlib.sha256(location.read_bytes()).hexdigest()}",
        size_bytes=location.stat().st_size,
        location=location,
        package=package,
    )


def test_a_repository_without_images_has_none_to_remove(clients: Clients, stacks: Stacks) -> None:
    stacks.apply(base_change(), QUIET)

    assert remove_images(clients.ecr, "mlfn-dev", "shop") == 0


def test_the_doctor_tells_whether_there_is_anything_to_look_at(clients: Clients, stacks: Stacks) -> None:
    patient = Patient(target=TARGET, clients=clients, reporter=QUIET, app="shop", stage="dev")
    assert not patient.is_deployed()

    stacks.apply(StackChange(template=queue_template(QueueName="orders"), parameters={}, tags={}), QUIET)

    assert patient.is_deployed()


def test_versions_tell_their_number_and_which_of_them_answers(clients: Clients) -> None:
    lambda_function(clients, "shop-dev-price")
    clients.functions.tag_resource(
        Resource=clients.functions.get_function(FunctionName="shop-dev-price")["Configuration"]["FunctionArn"],
        Tags={"mlfn:app": "shop", "mlfn:stage": "dev"},
    )

    (found,) = AwsReleases(TARGET, QUIET, clients).versions("shop", "dev")

    assert (found.function, found.answering) == ("price", "1")
    assert [version.number for version in found.versions] == [1]


@pytest.mark.parametrize("what", NOT_ON_MOTO)
def test_the_rest_is_shown_elsewhere(what: str) -> None:
    pytest.skip(f"{what}: {NOT_ON_MOTO[what]}")
