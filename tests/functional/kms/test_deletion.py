"""Keys whose waiting period is over, over a store and without a server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from mlfn_localstack.emulator import Emulator
from mlfn_localstack.service import Result, ServiceError
from mlfn_localstack.store import Store

ROOT = "arn:aws:iam::000000000000:root"


class NoClients:
    """There are no signed requests here."""

    def authenticate(self, request: Any, service: str) -> Any:
        raise ServiceError("MissingAuthenticationToken", "unsigned", status=403)


@pytest.fixture
def emulator(tmp_path: Path) -> Emulator:
    return Emulator(store=Store(), authenticator=NoClients(), state_dir=tmp_path)


def test_a_key_that_is_due_is_gone_with_its_aliases(emulator: Emulator) -> None:
    async def call(operation: str, **params: Any) -> Result:
        return await emulator.call("kms", operation, params, principal=ROOT)

    async def scenario() -> None:
        key = (await call("CreateKey"))["KeyMetadata"]["KeyId"]
        await call("CreateAlias", AliasName="alias/a", TargetKeyId=key)
        blob = (await call("Encrypt", KeyId=key, Plaintext=b"x"))["CiphertextBlob"]
        await call("ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=7)
        documents = emulator.environment.store.documents("kms-key")
        document = documents.get(key)
        assert document is not None
        documents.put(key, document | {"Metadata": document["Metadata"] | {"DeletionDate": 1.0}})

        with pytest.raises(ServiceError, match="NotFoundException"):
            await call("DescribeKey", KeyId=key)
        assert (await call("ListAliases"))["Aliases"] == []
        with pytest.raises(ServiceError, match="InvalidCiphertextException"):
            await call("Decrypt", CiphertextBlob=blob)

    asyncio.run(scenario())
