"""Images of repositories: which are listed, which there are already, and which tags may move."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

FILTERS = [{"filterType": "WILDCARD", "filter": "latest*"}]
OCI = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture
def ecr(emulator: LiveEmulator) -> Any:
    """ECR."""
    return emulator.client("ecr")


def manifests(emulator: LiveEmulator, ecr: Any, repository: str) -> tuple[str, str]:
    """Two manifests over one blob that is in the repository."""
    blob = b"{}"
    digest = f"sha256:{hashlib.sha256(blob).hexdigest()}"
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    assert b64decode(token).startswith(b"AWS:")
    url = f"{emulator.endpoint}/v2/{repository}/blobs/uploads/?digest={digest}"
    headers = {"Authorization": f"Basic {token}", "Content-Type": "application/octet-stream"}
    request = urllib.request.Request(url, data=blob, headers=headers, method="POST")  # noqa: S310 - the emulator
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - the emulator
        assert answer.status == 201
    described = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": len(blob)}
    first, second = (
        json.dumps({"schemaVersion": 2, "mediaType": OCI, "config": described, "layers": [], "annotations": {"n": n}})
        for n in ("1", "2")
    )
    return first, second


@pytest.mark.parametrize(
    ("mode", "fixed", "moves"),
    [("IMMUTABLE_WITH_EXCLUSION", "1.0", "latest-dev"), ("MUTABLE_WITH_EXCLUSION", "latest-dev", "1.0")],
)
def test_filters_name_the_tags_that_do_otherwise(
    emulator: LiveEmulator, ecr: Any, name: str, mode: str, fixed: str, moves: str
) -> None:
    made = ecr.create_repository(
        repositoryName=name, imageTagMutability=mode, imageTagMutabilityExclusionFilters=FILTERS
    )["repository"]
    first, second = manifests(emulator, ecr, name)

    for tag in (fixed, moves):
        ecr.put_image(repositoryName=name, imageManifest=first, imageTag=tag)
    ecr.put_image(repositoryName=name, imageManifest=second, imageTag=moves)
    with pytest.raises(ClientError, match="ImageTagAlreadyExistsException"):
        ecr.put_image(repositoryName=name, imageManifest=second, imageTag=fixed)

    assert (made["imageTagMutability"], made["imageTagMutabilityExclusionFilters"]) == (mode, FILTERS)
    changed = ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="MUTABLE")
    assert "imageTagMutabilityExclusionFilters" not in changed
    ecr.put_image(repositoryName=name, imageManifest=second, imageTag=fixed)


def test_a_mode_with_exclusions_needs_filters_and_others_take_none(ecr: Any, name: str) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        ecr.create_repository(repositoryName=name, imageTagMutability="IMMUTABLE_WITH_EXCLUSION")
    with pytest.raises(ClientError, match="InvalidParameterException"):
        ecr.create_repository(repositoryName=name, imageTagMutabilityExclusionFilters=FILTERS)


def test_an_image_is_put_once_under_a_tag(emulator: LiveEmulator, ecr: Any, name: str) -> None:
    ecr.create_repository(repositoryName=name)
    manifest, _ = manifests(emulator, ecr, name)
    digest = ecr.put_image(repositoryName=name, imageManifest=manifest, imageTag="1")["image"]["imageId"]["imageDigest"]
    ecr.put_image(repositoryName=name, imageManifest=manifest, imageTag="2")

    with pytest.raises(ClientError) as caught:
        ecr.put_image(repositoryName=name, imageManifest=manifest, imageTag="2")

    error = caught.value.response["Error"]
    assert error["Code"] == "ImageAlreadyExistsException"
    assert f"'{digest}' and tag '2' already exists in the repository with name '{name}'" in error["Message"]


def test_filters_hold_for_lists_and_descriptions(emulator: LiveEmulator, ecr: Any, name: str) -> None:
    ecr.create_repository(repositoryName=name)
    first, second = manifests(emulator, ecr, name)
    ecr.put_image(repositoryName=name, imageManifest=first, imageTag="1")
    ecr.put_image(repositoryName=name, imageManifest=second)

    def counts(**wanted: str) -> tuple[int, int]:
        listed = ecr.list_images(repositoryName=name, filter=wanted)["imageIds"]
        described = ecr.describe_images(repositoryName=name, filter=wanted)["imageDetails"]
        return len(listed), len(described)

    assert (counts(tagStatus="ANY"), counts(tagStatus="TAGGED"), counts(tagStatus="UNTAGGED")) == (
        (2, 2),
        (1, 1),
        (1, 1),
    )
    assert (counts(imageStatus="ACTIVE"), counts(imageStatus="ARCHIVED")) == ((2, 2), (0, 0))


def test_nothing_is_in_registries_of_other_accounts(ecr: Any, name: str) -> None:
    ecr.create_repository(repositoryName=name)

    with pytest.raises(ClientError, match=r"RepositoryNotFoundException.*in the registry with id '111111111111'"):
        ecr.list_images(repositoryName=name, registryId="111111111111")
