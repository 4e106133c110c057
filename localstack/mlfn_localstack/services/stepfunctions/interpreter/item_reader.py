"""Items of a distributed map out of S3: a file, the files a manifest names, a listing of objects, or what is in them.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.asl.failure import ErrorName, StateError
from mlfn_localstack.services.stepfunctions.interpreter.item_formats import Inventory, addresses_in, items_in
from mlfn_localstack.services.stepfunctions.interpreter.s3_location import located

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlfn_localstack.http import FileSlice
    from mlfn_localstack.services.stepfunctions.asl.flow_jsonata import JsonataFlow
    from mlfn_localstack.services.stepfunctions.asl.flow_jsonpath import JsonPathFlow
    from mlfn_localstack.services.stepfunctions.interpreter.stay import Stay

_LARGE_BYTES = 1 << 20


async def read_items(stay: Stay, flow: JsonPathFlow | JsonataFlow) -> list[Any]:
    """The items that the state's ItemReader finds.

    Raises:
        StateError: States.ItemReaderFailed.
    """
    declared = stay.state["ItemReader"]
    given = flow.template(declared.get("Arguments", declared.get("Parameters", {})), "ItemReader/Arguments")
    config = declared.get("ReaderConfig", {})
    limit = flow.number(config, "MaxItems")
    reader = _Reader(stay=stay, config=config, limit=int(limit) if limit and limit > 0 else None)
    try:
        if declared["Resource"].endswith(":listObjectsV2"):
            items = await reader.listing(located(given, ("Bucket",), ErrorName.ITEM_READER))
        else:
            items = await reader.file(located(given, ("Bucket", "Key"), ErrorName.ITEM_READER))
    except ServiceError as error:
        raise StateError(ErrorName.ITEM_READER, error.message) from error
    if limit is not None and limit < 0:
        raise StateError(ErrorName.ITEM_READER, "field MaxItems must be positive")
    return items[: reader.limit]


def _listed(found: dict[str, Any]) -> dict[str, Any]:
    """An object, with AWS's names for what it tells of it."""
    modified = found["LastModified"]
    return {
        "Etag": found["ETag"],
        "Key": found["Key"],
        "LastModified": int(modified.timestamp() if isinstance(modified, datetime) else modified),
        "Size": found["Size"],
        "StorageClass": found.get("StorageClass", "STANDARD"),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """The reader of one stay in a Map."""

    stay: Stay
    config: dict[str, Any]
    limit: int | None
    """How many items are wanted, if not all."""

    async def listing(self, arguments: dict[str, Any]) -> list[Any]:
        """The objects under a prefix, or, flattened, what is in them."""
        listed = await self._list(arguments)
        if self.config.get("Transformation") != "LOAD_AND_FLATTEN":
            return listed
        return await self._loaded((arguments["Bucket"], found["Key"]) for found in listed if found["Size"])

    async def file(self, arguments: dict[str, Any]) -> list[Any]:
        """What is in a file, or in the files that it names."""
        by_type = "S3_INVENTORY" if self.config.get("InputType") == "MANIFEST" else None
        match self.config.get("ManifestType", by_type):
            case "S3_INVENTORY":
                return await self._inventory(Inventory.from_manifest(await self._whole(arguments)))
            case "ATHENA_DATA":
                return await self._loaded(addresses_in(await self._whole(arguments)))
            case _:
                return await self._read(arguments, self._items)

    async def _inventory(self, inventory: Inventory) -> list[Any]:
        reading = partial(inventory.items_in, limit=self.limit)
        return await self._read_all(((inventory.bucket, key) for key in inventory.keys), reading)

    async def _loaded(self, addresses: Iterable[tuple[str, str]]) -> list[Any]:
        return await self._read_all(addresses, self._items)

    def _items(self, file: BinaryIO) -> list[Any]:
        return items_in(file, self.config, self.limit)

    async def _list(self, arguments: dict[str, Any]) -> list[Any]:
        run, items = self.stay.run, list[Any]()
        token: dict[str, str] = {}
        while True:
            page = await run.world.call("s3", "ListObjectsV2", {**arguments, **token}, principal=run.role)
            items += map(_listed, page.get("Contents") or ())
            if not page.get("IsTruncated"):
                return items
            token = {"ContinuationToken": page["NextContinuationToken"]}

    async def _read_all(
        self, addresses: Iterable[tuple[str, str]], reading: Callable[[BinaryIO], list[Any]]
    ) -> list[Any]:
        """What `reading` finds in files, as long as more is wanted."""
        items: list[Any] = []
        for bucket, key in addresses:
            items += await self._read({"Bucket": bucket, "Key": key}, reading)
            if self.limit is not None and len(items) >= self.limit:
                break
        return items

    async def _whole(self, arguments: dict[str, Any]) -> bytes:
        """The content of a file that names others."""
        body = await self._get(arguments)
        return body if isinstance(body, bytes) else body.read()

    async def _read(self, arguments: dict[str, Any], reading: Callable[[BinaryIO], list[Any]]) -> list[Any]:
        """What `reading` finds in a file, beside everything else if that takes a while."""
        body = await self._get(arguments)
        if isinstance(body, bytes):
            return reading(io.BytesIO(body))
        with body.open() as file:
            return await asyncio.to_thread(reading, file) if body.length > _LARGE_BYTES else reading(file)

    async def _get(self, arguments: dict[str, Any]) -> bytes | FileSlice:
        run = self.stay.run
        answer = await run.world.call("s3", "GetObject", arguments, principal=run.role)
        body: bytes | FileSlice = answer["Body"]
        return body
