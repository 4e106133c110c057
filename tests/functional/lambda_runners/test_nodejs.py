"""Node.js functions in zip archives, on this machine's node."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.lambda_lab import ROLE, Lab, Run
from tests.fixtures.zip_functions import archive_of

if TYPE_CHECKING:
    from pathlib import Path

CONTEXT = """
exports.handler = async (event, context) => [
  event.name, context.functionName, context.getRemainingTimeInMillis() > 0, process.env.AWS_EXECUTION_ENV,
];
"""
PACKAGE = {"given/index.js": "exports.name = 'given';"}
LAYER = {"nodejs/node_modules/layered/index.js": "exports.name = 'layered';"}


@pytest.fixture(autouse=True)
def _node() -> None:
    if shutil.which("node") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("apt-get install nodejs")


async def created(lab: Lab, files: dict[str, str], **params: Any) -> None:
    """A function of these files."""
    wanted: dict[str, Any] = {"Runtime": "nodejs22.x", "Handler": "index.handler", "Timeout": 30, "MemorySize": 256}
    await lab.do("CreateFunction", Role=ROLE, Code={"ZipFile": archive_of(files)}, **(wanted | params))


def answer(run: Run, files: dict[str, str] | str, event: Any = None, **params: Any) -> Any:
    """What a function answers, or `index.js` alone."""

    async def scenario(lab: Lab) -> Any:
        await created(lab, {"index.js": files} if isinstance(files, str) else files, **params)
        return (await lab.invoke(event))[0]

    return run(scenario)


def test_a_function_gets_event_and_context_under_every_runner(under: Callable[..., Any]) -> None:
    async def scenario(lab: Lab) -> Any:
        await created(lab, {"index.js": CONTEXT})
        return [(await lab.invoke({"name": name}))[0] for name in ("one", "two")]

    told = ["f", True, "AWS_Lambda_nodejs22.x"]
    assert under(scenario) == [["one", *told], ["two", *told]]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("index.js", "const names = ['given', 'layered'].map((one) => require(one).name);"),
        ("index.mjs", "import { name } from 'given'; import other from 'layered'; const names = [name, other.name];"),
    ],
    ids=["require", "import"],
)
def test_packages_of_the_runtime_and_of_layers_are_found(
    under: Callable[..., Any], tmp_path: Path, name: str, code: str
) -> None:
    packages = tmp_path / "packages"
    for file, text in PACKAGE.items():
        (packages / file).parent.mkdir(parents=True)
        (packages / file).write_text(text)
    text = f"{code}\n{'export const' if name.endswith('.mjs') else 'exports.'} handler = async () => names;"

    async def scenario(lab: Lab) -> Any:
        layer = await lab.do("PublishLayerVersion", LayerName="layer", Content={"ZipFile": archive_of(LAYER)})
        await created(lab, {name: text}, Layers=[layer["LayerVersionArn"]])
        return (await lab.invoke())[0]

    assert under(scenario, node_modules=str(packages)) == ["given", "layered"]


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("exports.handler = (event, context, callback) => setTimeout(() => callback(null, 'called'), 1);", "called"),
        ("exports.handler = (event, context) => context.succeed('succeeded');", "succeeded"),
        ("exports.handler = (event, context) => { setTimeout(() => context.done(null, 'done'), 1); };", "done"),
        ("exports.handler = () => 'returned';", None),
        ("exports.handler = () => {};", None),
        ("exports.handler = () => new Promise(() => {});", None),
    ],
    ids=["callback", "succeed", "done", "returned", "nothing", "never"],
)
def test_a_handler_answers_in_any_of_the_ways(run: Run, code: str, result: Any) -> None:
    assert answer(run, code) == result


@pytest.mark.parametrize(
    ("files", "kind", "message"),
    [
        ("exports.handler = async () => { throw new TypeError('wrong'); };", "TypeError", "wrong"),
        ("exports.handler = (event, context, callback) => callback(new Error('told'));", "Error", "told"),
        ("exports.handler = async () => Promise.reject('text');", "string", "text"),
        ("exports.other = 1;", "Runtime.HandlerNotFound", "index.handler is undefined or not exported"),
        ({"other.js": ""}, "Runtime.ImportModuleError", "Error: Cannot find module 'index'"),
        (
            "exports.handler = () => new Promise(() => setTimeout(() => { throw new Error('late'); }));",
            "Runtime.UnhandledException",
            "Error: late",
        ),
    ],
    ids=["thrown", "called back", "no error", "no handler", "no module", "late"],
)
def test_what_goes_wrong_is_told(run: Run, files: dict[str, str] | str, kind: str, message: str) -> None:
    failure = answer(run, files)

    assert (failure["errorType"], failure["errorMessage"]) == (kind, message)


def test_a_handler_may_lie_deeper(run: Run) -> None:
    files = {"src/app.cjs": "exports.api = { go: async (event) => event * 2 };"}

    assert answer(run, files, 21, Handler="src/app.api.go") == 42


def test_lines_of_the_console_tell_time_request_and_level_and_stay_together(run: Run) -> None:
    async def scenario(lab: Lab) -> list[str]:
        await created(lab, {"index.js": "exports.handler = async () => console.warn('first', { a: 1 }, 'x\\ny');"})
        await lab.invoke()
        await lab.log_has("first")
        return [event for events in lab.logs.values() for event in events if "first" in event]

    (event,) = run(scenario)
    _, request_id, level, text = event.split("\t")
    assert (len(request_id), level, text) == (36, "WARN", "first { a: 1 } x\ny\n")
