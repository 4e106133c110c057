"""`mlfn prune`: old versions and images go, and what a rollback needs stays."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from tests.fixtures.project import Project

from mlfn_deployers.aws.releases.sweeping import EMULATOR_S

pytestmark = pytest.mark.xdist_group("life-prune")
SETTINGS = '[project]\nname = "shop"\nversion = "1"\n[tool.mlfn]\napp = "shop"\n'
APP = 'from mlfn import model\n\n@model\ndef mood(text: str) -> str:\n    return "{word}"\n'


def numbers(project: Project) -> list[str]:
    (mood,) = project.ok("versions", "mood", "--json").json
    return [each["version"] for each in mood["versions"]]


def test_versions_and_images_that_nothing_reaches_go(project: Project) -> None:
    project.write("pyproject.toml", SETTINGS)
    project.start_emulator()
    for word in ("one", "two", "three", "four"):
        project.write("app.py", APP.format(word=word))
        project.ok("deploy")
    ecr = project.client("ecr")
    for number, manifest in enumerate(manifests(project)[:2]):  # what earlier releases of mlfn would have left
        ecr.put_image(repositoryName="mlfn-dev", imageTag=f"mlfn-platform-{number:012}", imageManifest=manifest)
    project.ok("promote", "mood@2")  # held below 4
    wait_until_settled(project)

    unchanged = project.ok("prune", "--json").json
    found = project.ok("prune", "--keep", "1", "--days", "0", "--json").json
    shown = project.mlfn("prune", "--keep", "1", "--days", "0")
    refused = project.client("lambda")
    with pytest.raises(Exception, match="ResourceConflictException"):
        refused.delete_function(FunctionName="shop-dev-mood", Qualifier="2")

    assert (unchanged["versions"], unchanged["images"], unchanged["deleted"]) == ([], [], False)
    assert [each["version"] for each in found["versions"]] == ["1", "3"]  # 2 answers; 4 is the stack's, and held
    assert "mlfn-platform-000000000000" in [each["tag"] for each in found["images"]]
    assert (shown.code, "version 1 of mood" in shown.out) == (2, True)
    assert numbers(project) == ["1", "2", "3", "4"]

    gone = project.ok("prune", "--keep", "1", "--days", "0", "--yes", "--json").json

    assert (gone["deleted"], [each["version"] for each in gone["versions"]]) == (True, ["1", "3"])
    assert numbers(project) == ["2", "4"]
    tags = [each.get("imageTag", "") for each in ecr.list_images(repositoryName="mlfn-dev")["imageIds"]]
    assert len([tag for tag in tags if tag.startswith("shop-mood-")]) == 2
    assert len([tag for tag in tags if tag.startswith("mlfn-platform-")]) == 2  # the one that runs, and the newest
    assert project.ok("invoke", "mood", '"a"').json == "two"
    project.ok("rollback", "mood")
    project.ok("promote", "mood@4")
    assert project.ok("invoke", "mood", '"a"').json == "four"
    project.write("app.py", APP.format(word="one"))
    project.ok("deploy")  # the very code whose version was pruned
    assert project.ok("invoke", "mood", '"a"').json == "one"


def wait_until_settled(project: Project) -> None:
    """Until no image is so new that a deploy which has not ended may be about to use it."""
    details = project.client("ecr").describe_images(repositoryName="mlfn-dev")["imageDetails"]
    newest = max(each["imagePushedAt"] for each in details)
    time.sleep(max(0.0, (newest + timedelta(seconds=EMULATOR_S) - datetime.now(UTC)).total_seconds()))


def manifests(project: Project) -> list[str]:
    """Of the model's images, in the order of their push."""
    ecr = project.client("ecr")
    details = ecr.describe_images(repositoryName="mlfn-dev")["imageDetails"]
    own = [each for each in details if each["imageTags"][0].startswith("shop-mood-")]
    ids = [{"imageDigest": each["imageDigest"]} for each in sorted(own, key=lambda each: each["imagePushedAt"])]
    found = {
        each["imageId"]["imageDigest"]: each["imageManifest"]
        for each in ecr.batch_get_image(repositoryName="mlfn-dev", imageIds=ids)["images"]
    }
    return [found[each["imageDigest"]] for each in ids]
