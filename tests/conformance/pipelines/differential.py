"""Generated pipelines end the same way in process and as state machines."""

from __future__ import annotations

import asyncio
import json
import linecache
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import jsonata.jsonata  # noqa: F401 - raises the recursion limit, which hypothesis must not see happen in an example
from statelint.linter import Linter
from tests.conformance.pipelines import vocabulary
from tests.conformance.pipelines.machines import Interpreter, Program, ended, in_process

from mlfn import Retry, Timeout, limit, parallel, pipeline, step, wait
from mlfn_engine.access import Access
from mlfn_engine.declarations.signatures import read_signature
from mlfn_engine.declarations.specs import PipelineFacts
from mlfn_engine.pipelines import Callee, compile_pipeline, travelling
from mlfn_engine.values import PipelineMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_engine.pipelines.compiler import Compiled

_WORDS = {
    "Any": Any,
    "Retry": Retry,
    "Timeout": Timeout,
    "limit": limit,
    "parallel": parallel,
    "step": step,
    "wait": wait,
}
_MODELS = tuple(
    Callee(name=each.__name__, handler=each, signature=read_signature(each), timeout_s=10) for each in vocabulary.MODELS
)
_FACTS = PipelineFacts(mode=PipelineMode.SYNC, timeout_s=29, access=Access(), audit_shards=1, description="")


def compiled(source: str) -> tuple[Callable[..., Any], Program]:
    """A generated pipeline as a function, and as a machine's definition."""
    path = str(Path(__file__).with_name("generated.py"))  # no such file: the source is in the line cache
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    namespace = {**vars(vocabulary), **_WORDS}
    exec(compile(source, path, "exec"), namespace)  # noqa: S102 - the source under test
    inner, generated = pipeline(namespace["inner"]), pipeline(namespace["generated"])
    signature = read_signature(inner)
    callee = Callee(name="inner", handler=inner, signature=signature, timeout_s=29, is_pipeline=True)
    with mock.patch.object(travelling, "SHORT", 0):  # here, the shortest values are kept elsewhere
        made = _made(generated, callee)
    assert not made.problems, f"{source}\n" + "\n".join(map(str, made.problems))
    handlers = {each.__name__: each for each in vocabulary.MODELS}
    return generated, Program(definition=made.definition, handlers=handlers, taken=made.taken)


def _made(generated: Callable[..., Any], callee: Callee) -> Compiled:
    return compile_pipeline(generated, read_signature(generated), (*_MODELS, callee), Path(__file__).parent, _FACTS)


class Differential:
    """Compares the two ways of running, and counts what was seen."""

    def __init__(self, directory: Path) -> None:
        self.seen: Counter[str] = Counter()
        self.definitions: list[str] = []
        self._runner = asyncio.Runner()
        self._interpreter = Interpreter(directory=directory)

    def close(self) -> None:
        """Stop the interpreter."""
        self._runner.run(self._interpreter.close())
        self._runner.close()

    def check(self, source: str, inputs: list[dict[str, Any]]) -> None:
        """Assert that a pipeline ends the same way for each input, with the same calls."""
        generated, program = compiled(source)
        findings = Linter.validate(program.definition)
        assert findings == [], f"{source}\n{findings}"
        self.definitions.append(program.definition)
        machine = self._runner.run(self._interpreter.create(program, "EXPRESS"))
        self.seen["pipelines"] += 1
        values = self._interpreter.models.values
        for number, data in enumerate(inputs):
            values.room = None if number else 0  # with the first, whatever may be kept elsewhere is
            given = values.travelling(data, program.taken.room, program.taken.inline)
            self._compare(source, generated, (machine, data, given))

    def _compare(self, source: str, generated: Callable[..., Any], run: tuple[str, dict[str, Any], Any]) -> None:
        machine, data, given = run
        vocabulary.forget()
        expected, calls = in_process(generated, data), sorted(vocabulary.CALLS)
        vocabulary.forget()
        execution = self._runner.run(self._interpreter.run_express(machine, {"input": given}))
        found = ended(execution)
        assert found == expected, f"{source}\n{json.dumps(data)}\nmachine: {found}\nprocess: {expected}"
        if not any("fussy" in each for each in calls):  # others may have been called before its error came, or not
            assert sorted(vocabulary.CALLS) == calls, f"{source}\n{json.dumps(data)}"
            self.seen["runs with the same calls"] += 1
        self.seen["runs"] += 1
        self.seen["values kept elsewhere"] += len(self._interpreter.models.values.kept)
        self._interpreter.models.values.kept.clear()
        self.seen[f"ended {found[0]}"] += 1
