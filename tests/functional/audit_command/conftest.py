"""An audit table with calls of known content in the emulator, asked as an auditor without a project would."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.audit_calls import Calls
from tests.fixtures.emulator import LiveEmulator
from tests.fixtures.project import Outcome

from mlfn_cli.main import run

INDEXES = {"GSI1": "g1", "GSI2": "g2", "GSI3": "g3"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage's audit table, and the command that asks it."""

    name: str
    emulator: LiveEmulator
    folder: Path

    @property
    def table(self) -> str:
        return f"mlfn-audit-{self.name}"

    @property
    def environment(self) -> dict[str, str]:
        keys = self.emulator.credentials
        return {
            "AWS_ENDPOINT_URL": self.emulator.endpoint,
            "AWS_REGION": keys.region,
            "AWS_DEFAULT_REGION": keys.region,
            "AWS_ACCESS_KEY_ID": keys.access_key,
            "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        }

    def put(self, calls: Calls) -> None:
        table = self.emulator.client("dynamodb")
        for item in calls.items():
            table.put_item(TableName=self.table, Item=_for_boto3(item))
        for model in sorted({each["m"] for each in calls.records}):
            table.put_item(TableName=self.table, Item={"pk": {"S": "B#"}, "sk": {"S": model}})

    def mlfn(self, *arguments: str, stdin: bytes = b"") -> Outcome:
        out, err = StringIO(), StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name, value in self.environment.items():
                patch.setenv(name, value)
            patch.delenv("AWS_PROFILE", raising=False)
            patch.setattr("sys.stdin", TextIOWrapper(BytesIO(stdin)))
            code = run(["-C", str(self.folder), "--target", "aws", "--stage", self.name, *arguments])
        return Outcome(code=code, out=out.getvalue(), err=err.getvalue())

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        outcome = self.mlfn("audit", *arguments, "--json")
        assert outcome.code == 0, outcome.err
        rows: list[dict[str, Any]] = json.loads(outcome.out)
        return rows


def _for_boto3(item: dict[str, Any]) -> dict[str, Any]:
    return {name: {"B": b64decode(value["B"])} if "B" in value else value for name, value in item.items()}


@pytest.fixture(scope="module")
def stages(emulator: LiveEmulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Stage]]:
    """Make a stage with an empty audit table, as the base stack has it."""

    def make(name: str) -> Stage:
        folder = tmp_path_factory.mktemp(name)
        (folder / ".mlfn").mkdir()
        stage = Stage(name=name, emulator=emulator, folder=folder)
        emulator.client("dynamodb").create_table(
            TableName=stage.table,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk", *INDEXES.values())
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": index,
                    "KeySchema": [
                        {"AttributeName": key, "KeyType": "HASH"},
                        {"AttributeName": "sk", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
                for index, key in INDEXES.items()
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        made.append(stage)
        return stage

    made: list[Stage] = []
    yield make
    for stage in made:
        emulator.client("dynamodb").delete_table(TableName=stage.table)
