"""Layers are under /opt, whichever runner runs the function, and found where Lambda finds them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.lambda_lab import ROLE, Lab
from tests.fixtures.zip_functions import archive, archive_of

from mlfn_localstack.services.lambda_.execution.zips import unpack_archives
from mlfn_localstack.services.lambda_.model import layers_name

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("awslambdaric")
VERSION = f"python3.{sys.version_info.minor}"
ASK = """
import os, subprocess
def handler(event, context):
    import below, both, deep
    said = subprocess.run(["say"], capture_output=True, text=True).stdout
    return [below.NAME, both.NAME, deep.NAME, said, os.environ["LD_LIBRARY_PATH"].split(":")[2].endswith("/lib")]
"""
READ = "def handler(event, context):\n    return [open('/opt/note').read(), __import__('below').__file__]"
BELOW = {"python/below.py": "NAME = 'below'", "python/both.py": "NAME = 'below'", "note": "noted"}
ABOVE = {
    "python/both.py": "NAME = 'above'",
    f"python/lib/{VERSION}/site-packages/deep.py": "NAME = 'deep'",
    "bin/say": "#!/bin/sh\necho said",
}


async def layered(lab: Lab, code: str, *layers: dict[str, str], **params: Any) -> None:
    """A function of a zip archive with layers of these files."""
    arns = []
    for number, files in enumerate(layers):
        content = {"ZipFile": archive_of(files)}
        published = await lab.do("PublishLayerVersion", LayerName=f"layer-{number}", Content=content)
        arns.append(published["LayerVersionArn"])
    wanted: dict[str, Any] = {
        "Runtime": VERSION,
        "Handler": "app.handler",
        "Code": {"ZipFile": archive(code)},
        "Timeout": 30,
    }
    await lab.do("CreateFunction", Role=ROLE, Layers=arns, **(wanted | params))


async def called(lab: Lab, **params: Any) -> Any:
    """What a function answers, once its runtime has asked for the next event, too."""
    return (await lab.invoke(LogType="Tail", **params))[0]


def test_modules_programs_and_libraries_of_layers_are_found(under: Callable[..., Any]) -> None:
    async def scenario(lab: Lab) -> Any:
        await layered(lab, ASK, BELOW, ABOVE)
        return await called(lab)

    assert under(scenario) == ["below", "above", "deep", "said\n", True]


def test_a_root_of_its_own_has_them_at_opt(sealed: Callable[..., Any]) -> None:
    async def scenario(lab: Lab) -> Any:
        await layered(lab, READ, BELOW)
        return await called(lab)

    assert sealed(scenario) == ["noted", "/opt/python/below.py"]


def test_a_wrapper_may_be_in_a_layer(run: Callable[..., Any]) -> None:
    wrapper = '#!/bin/sh\nexport WRAPPED=yes\nexec "$@"'

    async def scenario(lab: Lab) -> Any:
        variables = {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"}}
        code = "import os\ndef handler(event, context):\n    return os.environ['WRAPPED']"
        await layered(lab, code, {"wrapper": wrapper}, Environment=variables)
        return await called(lab)

    assert run(scenario) == "yes"


def test_a_bootstrap_may_be_in_a_layer(run: Callable[..., Any]) -> None:
    async def scenario(lab: Lab) -> Any:
        await layered(lab, "", {"bootstrap": "#!/bin/sh\necho from the layer\nexit 7"}, Runtime="provided.al2023")
        payload, _ = await lab.invoke()
        return payload["errorMessage"], await lab.log_has("from the layer")

    assert "exit status 7" in run(scenario)[0]


def test_a_version_keeps_its_layers_when_they_are_deleted(run: Callable[..., Any], tmp_path: Path) -> None:
    async def scenario(lab: Lab) -> Any:
        await layered(lab, ASK, BELOW, ABOVE)
        await lab.do("PublishVersion")
        await lab.do("UpdateFunctionConfiguration", Layers=[])
        for number in range(2):
            await lab.do("DeleteLayerVersion", LayerName=f"layer-{number}", VersionNumber=1)
        return (await called(lab, Qualifier="1"))[0], (await called(lab))["errorType"]

    async def again(lab: Lab) -> Any:
        return (await called(lab, Qualifier="1"))[0]

    assert run(scenario) == ("below", "ModuleNotFoundError")
    assert run(again) == "below"
    assert len(list((tmp_path / "images").glob("opt-*"))) == 1


def test_each_order_of_layers_is_a_tree_of_its_own() -> None:
    assert layers_name(("a", "b")) != layers_name(("b", "a"))


def test_what_lies_on_top_takes_the_place_of_what_is_below(tmp_path: Path) -> None:
    archives = [
        {"a": "file", "b/c": "file", "same": "below"},
        {"a/b": "file in the place of a file", "b": "file in the place of a directory", "same": "above"},
    ]
    for number, files in enumerate(archives):
        (tmp_path / str(number)).write_bytes(archive_of(files))

    tree = unpack_archives([tmp_path / "0", tmp_path / "1"], tmp_path / "tree")

    found = {str(path.relative_to(tree)): path.read_text() for path in tree.rglob("*") if path.is_file()}
    assert found == {
        "a/b": "file in the place of a file",
        "b": "file in the place of a directory",
        "same": "above",
    }
