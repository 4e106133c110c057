"""The end of a deploy minds what others did while it ran."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from mlfn_deployers.aws.releases import traffic
from mlfn_deployers.aws.releases.handover import Handover
from mlfn_engine.reporting import SilentReporter


@dataclass
class Lambda:
    """The aliases of one function."""

    aliases: dict[str, dict[str, Any]] = field(default_factory=dict)

    def get_alias(self, **asked: str) -> dict[str, Any]:
        return self.aliases[asked["Name"]]

    def update_alias(self, **changed: Any) -> None:
        self.aliases[changed["Name"]] = {name: changed[name] for name in ("FunctionVersion", "Description")} | {
            "RevisionId": "r"
        }

    def get_function_configuration(self, **asked: str) -> dict[str, Any]:
        return {"CodeSha256": f"of version {asked['Qualifier']}"}

    def point(self, version: str, held_below: str | None = None) -> None:
        note = f"held below version {held_below}" if held_below else ""
        for name in traffic.ALIASES:
            self.update_alias(Name=name, FunctionVersion=version, Description=note)


class Log:
    """The release log."""

    def __init__(self) -> None:
        self.moves: list[tuple[str | None, str]] = []

    def log(self, _app: str, _stage: str, _kind: Any, moves: Any, _basis: Any) -> None:
        self.moves += [(move.source, move.to) for move in moves]


def hand_over(functions: Lambda, before: traffic.Answering | None, newest: str) -> list[tuple[str | None, str]]:
    """What a deploy logs that ends now, and found `before` when it began."""
    function = SimpleNamespace(name="shop-dev-mood", key="mood", logical_id="Mood", source=None)
    graph = SimpleNamespace(app="shop", stage="dev", root=Path(), functions=(function,))
    log: Any = Log()
    client: Any = functions
    release: Any = SimpleNamespace(graph=graph, approved=None)
    handover = Handover(functions=client, log=log, reporter=SilentReporter(), percent=None)
    handover.hand_over(release, {"MoodLambdaVersion": newest}, {"mood": before})
    moves: list[tuple[str | None, str]] = log.moves
    return moves


def test_a_rollback_while_another_model_is_deployed_stands() -> None:
    functions = Lambda()
    functions.point("2")
    before = traffic.Answering(version="2", held_below=None)
    functions.point("1", held_below="2")

    assert hand_over(functions, before, "2") == []
    assert functions.aliases["live"]["FunctionVersion"] == "1"


def test_what_is_newer_than_a_rollback_meanwhile_takes_over_from_where_it_went() -> None:
    functions = Lambda()
    functions.point("2")
    before = traffic.Answering(version="2", held_below=None)
    functions.point("1", held_below="2")

    assert hand_over(functions, before, "3") == [("1", "3")]
    assert functions.aliases["live"]["FunctionVersion"] == "3"


def test_a_function_that_was_not_there_before_is_told_as_new() -> None:
    functions = Lambda()
    functions.point("1")

    assert hand_over(functions, None, "1") == [(None, "1")]
