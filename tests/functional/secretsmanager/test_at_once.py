"""Secrets that several write at once, while the key is still being asked for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tests.fixtures.neighbours import Neighbours

from mlfn_localstack.services.secretsmanager import SecretsManager

if TYPE_CHECKING:
    from pathlib import Path

KEY = "arn:aws:kms:us-east-1:000000000000:key/k"


class Bench(Neighbours):
    """The service beside a KMS that takes its time."""

    name = "secretsmanager"

    def __init__(self, state_dir: Path) -> None:
        super().__init__(state_dir)
        self.service = SecretsManager(self.environment)

    async def call(self, *asked: Any, **more: Any) -> dict[str, Any]:
        """A data key, after a while."""
        await super().call(*asked, **more)
        await asyncio.sleep(0.01)
        return {"Plaintext": bytes(32), "CiphertextBlob": b"sealed", "KeyId": KEY}


def test_no_write_undoes_another(tmp_path: Path) -> None:
    async def scenario() -> dict[str, Any]:
        bench = Bench(tmp_path)
        await bench.do("CreateSecret", Name="s", SecretString="0", KmsKeyId=KEY, ClientRequestToken="0" * 32)
        await asyncio.gather(
            bench.do("PutSecretValue", SecretId="s", SecretString="1", ClientRequestToken="1" * 32),
            bench.do("PutSecretValue", SecretId="s", SecretString="2", ClientRequestToken="2" * 32),
            bench.do("TagResource", SecretId="s", Tags=[{"Key": "team", "Value": "a"}]),
        )
        described = await bench.do("DescribeSecret", SecretId="s")
        bench.environment.store.close()
        return described

    described = asyncio.run(scenario())

    assert described["VersionIdsToStages"] == {"1" * 32: ["AWSPREVIOUS"], "2" * 32: ["AWSCURRENT"]}
    assert described["Tags"] == [{"Key": "team", "Value": "a"}]


def test_a_reader_undoes_no_write(tmp_path: Path) -> None:
    async def scenario() -> dict[str, Any]:
        bench = Bench(tmp_path)
        await bench.do("CreateSecret", Name="s", SecretString="0", KmsKeyId=KEY, ClientRequestToken="0" * 32)
        reading = asyncio.create_task(bench.do("GetSecretValue", SecretId="s"))
        await asyncio.sleep(0)
        await bench.do("TagResource", SecretId="s", Tags=[{"Key": "team", "Value": "a"}])
        assert (await reading)["SecretString"] == "0"
        described = await bench.do("DescribeSecret", SecretId="s")
        bench.environment.store.close()
        return described

    described = asyncio.run(scenario())

    assert described["Tags"] == [{"Key": "team", "Value": "a"}]
    assert "LastAccessedDate" in described


def test_a_name_is_given_once(tmp_path: Path) -> None:
    async def scenario() -> set[str]:
        bench = Bench(tmp_path)
        asked: dict[str, Any] = {"Name": "s", "SecretString": "0", "KmsKeyId": KEY, "ClientRequestToken": "0" * 32}
        answers = await asyncio.gather(*(bench.do("CreateSecret", **asked) for _ in range(2)))
        bench.environment.store.close()
        return {each["ARN"] for each in answers}

    assert len(asyncio.run(scenario())) == 1
