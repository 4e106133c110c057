"""Parameters that several write at once, while the key is still being asked for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tests.fixtures.neighbours import Neighbours

from mlfn_localstack.services.ssm import Ssm

if TYPE_CHECKING:
    from pathlib import Path


class Bench(Neighbours):
    """The service beside a KMS that takes its time."""

    name = "ssm"

    def __init__(self, state_dir: Path) -> None:
        super().__init__(state_dir)
        self.service = Ssm(self.environment)

    async def call(self, *asked: Any, **more: Any) -> dict[str, Any]:
        """The text itself, after a while."""
        await super().call(*asked, **more)
        await asyncio.sleep(0.01)
        return {"CiphertextBlob": asked[2]["Plaintext"]}


def test_every_write_makes_a_version_of_its_own(tmp_path: Path) -> None:
    async def scenario() -> tuple[list[int], dict[str, Any]]:
        bench = Bench(tmp_path)
        secure: dict[str, Any] = {"Name": "p", "Type": "SecureString", "KeyId": "alias/k"}
        await bench.do("PutParameter", **secure, Value="0")
        puts = [bench.do("PutParameter", **secure, Value=str(number), Overwrite=True) for number in range(1, 4)]
        tag: dict[str, Any] = {"ResourceType": "Parameter", "ResourceId": "p", "Tags": [{"Key": "team", "Value": "a"}]}
        *answers, _ = await asyncio.gather(*puts, bench.do("AddTagsToResource", **tag))
        tags = await bench.do("ListTagsForResource", ResourceType="Parameter", ResourceId="p")
        bench.environment.store.close()
        return [each["Version"] for each in answers], tags

    versions, tags = asyncio.run(scenario())

    assert versions == [2, 3, 4]
    assert tags == {"TagList": [{"Key": "team", "Value": "a"}]}
