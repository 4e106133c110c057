"""`--target localstack` against MiniStack, an emulator of other people's, with `AUTH=true`: it enforces IAM."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.localstack.ministack import Keys, MiniStack, ministack
from tests.fixtures.command_line import Outcome, variables

from mlfn import CallError, Client

PROJECT = '[project]\nname = "shop"\nversion = "1"\n\n[tool.mlfn]\nmodules = ["app"]\n'
MODELS = """
from mlfn import model, pipeline

@model(memory_mb=128, timeout_s=10)
def price(text: str) -> str:
    if not text:
        raise ValueError("nothing to price")
    return "{word} " + text

@pipeline
def quote(text: str) -> str:
    return price(text)

@pipeline(mode="async", timeout_s=60)
def quote_later(texts: list[str]) -> list[str]:
    return [price(text) for text in texts]
"""
BATCH = """
@pipeline(mode="batch")
def quote_all(text: str) -> str:
    return price(text)
"""
DEPLOYER = "arn:aws:sts::000000000000:assumed-role/deployer/deploy"
MAY_CALL = {
    "Effect": "Allow",
    "Action": "execute-api:Invoke",
    "Resource": "arn:aws:execute-api:*:*:*/POST/pipelines/quote",
}

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("ministack")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A project, and the MiniStack that it is deployed to."""

    at: MiniStack
    folder: Path
    admin: Keys

    def says(self, word: str) -> None:
        (self.folder / "app.py").write_text(MODELS.format(word=word))

    def mlfn(self, *arguments: str, keys: Keys | None = None) -> Outcome:
        return self.at.mlfn(self.folder, keys or self.admin, *arguments)

    def done(self, *arguments: str, keys: Keys | None = None) -> str:
        """What a command that has to succeed prints."""
        outcome = self.mlfn(*arguments, keys=keys)
        assert outcome.code == 0, outcome.err
        return outcome.out

    def call(self, name: str, payload: object, *options: str) -> Any:
        return json.loads(self.done("invoke", name, json.dumps(payload), *options))

    @contextmanager
    def client(self, keys: Keys, url: str) -> Iterator[Client]:
        """The app as a program of somebody else calls it."""
        with variables(self.at.variables(keys)), Client("shop", api_url=url, prove=False) as client:
            yield client

    def records(self, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.done("audit", name, "--json"))
        return found


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder, state = tmp_path_factory.mktemp("project") / "shop", tmp_path_factory.mktemp("ministack")
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / ".mlfn").mkdir()
    with ministack(state) as at:
        yield Shop(at=at, folder=folder, admin=at.administrator())


def test_an_app_is_deployed_called_recorded_sealed_changed_and_rolled_back(shop: Shop) -> None:
    shop.says("first")
    told = shop.mlfn("deploy").err
    assert "without leading keys: Functions get dynamodb:PutItem on the whole audit table there" in told
    assert shop.call("price", "?") == "first ?"
    assert shop.call("price", "!", "--direct") == "first !"
    assert shop.call("quote", "tea") == "first tea"
    assert json.loads(shop.done("run", "quote_later", '["a", "b"]', "--json"))["output"] == ["first a", "first b"]
    assert "ValueError: nothing to price" in shop.mlfn("invoke", "quote", '""').err

    assert "Nothing to do" in shop.done("deploy")
    shop.says("second")
    shop.done("deploy")
    assert shop.call("quote", "tea") == "second tea"
    shop.done("rollback")
    assert shop.call("quote", "tea") == "first tea"


def test_every_call_has_left_its_record_and_the_trail_verifies(shop: Shop) -> None:
    prices, quotes, later = (shop.records(name) for name in ("price", "quote", "quote_later"))
    assert Counter((each["path"], each["status"]) for each in prices) == {
        ("http_iam", "ok"): 1,
        ("direct", "ok"): 1,
        ("sfn", "ok"): 5,
        ("sfn", "error"): 1,
    }
    assert Counter(each["status"] for each in quotes) == {"ok": 3, "error": 1}
    assert len(later) == 1
    assert {(each["caller"], each["assurance"]) for each in quotes} == {(DEPLOYER, 0)}

    shop.done("audit", "seal", "--setup")
    shop.done("audit", "seal")
    assert json.loads(shop.done("audit", "verify", "--json"))["checked"] == len([*prices, *quotes, *later])


def test_who_has_no_permission_is_denied(shop: Shop) -> None:
    caller, nobody = shop.at.user("caller", MAY_CALL), shop.at.user("nobody")
    url = json.loads(shop.done("status", "--json"))["outputs"]["ApiUrl"]

    with shop.client(caller, url) as client:
        assert client.run("quote", "tea") == "first tea"
        with pytest.raises(CallError, match="not authorized to perform: lambda:InvokeFunction"):
            client.call("price", "?")
    with (
        shop.client(nobody, url) as client,
        pytest.raises(CallError, match="not authorized to perform: execute-api:Invoke"),
    ):
        client.run("quote", "tea")
    refused = shop.mlfn("deploy", keys=caller)
    assert (refused.code, "user/caller is not authorized to perform" in refused.err) == (1, True)


def test_what_it_lacks_is_told_before_anything_is_changed(shop: Shop) -> None:
    with (shop.folder / "app.py").open("a") as app:
        app.write(BATCH)

    refused = shop.mlfn("deploy")

    assert (refused.code, "A batch could not find the file of its lines" in refused.err) == (1, True)


def test_nothing_of_it_is_left_but_its_records(shop: Shop) -> None:
    shop.done("destroy", "--yes")

    assert shop.at.stacks() == ["mlfn-base-dev", "mlfn-seal-dev"]
    assert shop.records("quote")
