"""Items of a distributed map out of S3: a file, the files a manifest names, a listing of objects, or what is in them.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.asl.failure import ErrorName, StateError
from mlfn_localstack.services.stepfunctions.interpreter.item_formats import Inventory, addresses_in, items_in
from mlfn_localstack.services.stepfunctions.interpreter.s3_location import located

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn_localstack.services.stepfunctions.asl.flow_jsonata import JsonataFlow
    from mlfn_localstack.services.stepfunctions.asl.flow_jsonpath import JsonPathFlow
    from mlfn_localstack.services.stepfunctions.interpreter.loop import Stay


async def read_items(stay: Stay, flow: JsonPathFlow | JsonataFlow) -> list[Any]:
    """The items that the state's ItemReader finds.

    Raises:
        StateError: States.ItemReaderFailed.
    """
    declared = stay.state["ItemReader"]
    given = flow.template(declared.get("Arguments", declared.get("Parameters", {})), "ItemReader/Arguments")
    reader = _Reader(stay=stay, config=declared.get("ReaderConfig", {}))
    try:
        if declared["Resource"].endswith(":listObjectsV2"):
            items = await reader.listing(located(given, ("Bucket",), ErrorName.ITEM_READER))
        else:
            items = await reader.file(located(given, ("Bucket", "Key"), ErrorName.ITEM_READER))
    except ServiceError as error:
        raise StateError(ErrorName.ITEM_READER, error.message) from error
    limit = flow.number(reader.config, "MaxItems")
    if limit is not None and limit < 0:
        raise StateError(ErrorName.ITEM_READER, "field MaxItems must be positive")
    return items[: int(limit)] if limit else items


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

    async def listing(self, arguments: dict[str, Any]) -> list[Any]:
        """The objects under a prefix, or, flattened, what is in them."""
        listed = await self._list(arguments)
        if self.config.get("Transformation") != "LOAD_AND_FLATTEN":
            return listed
        return await self._loaded((arguments["Bucket"], found["Key"]) for found in listed if found["Size"])

    async def file(self, arguments: dict[str, Any]) -> list[Any]:
        """What is in a file, or in the files that it names."""
        body = await self._get(arguments)
        by_type = "S3_INVENTORY" if self.config.get("InputType") == "MANIFEST" else None
        match self.config.get("ManifestType", by_type):
            case "S3_INVENTORY":
                return await self._inventory(Inventory.from_manifest(body))
            case "ATHENA_DATA":
                return await self._loaded(addresses_in(body))
            case _:
                return items_in(body, self.config)

    async def _inventory(self, inventory: Inventory) -> list[Any]:
        items: list[Any] = []
        for key in inventory.keys:
            items += inventory.items_in(await self._get({"Bucket": inventory.bucket, "Key": key}))
        return items

    async def _loaded(self, addresses: Iterable[tuple[str, str]]) -> list[Any]:
        items: list[Any] = []
        for bucket, key in addresses:
            items += items_in(await self._get({"Bucket": bucket, "Key": key}), self.config)
        return items

    async def _list(self, arguments: dict[str, Any]) -> list[Any]:
        run, items = self.stay.run, list[Any]()
        token: dict[str, str] = {}
        while True:
            page = await run.world.call("s3", "ListObjectsV2", {**arguments, **token}, principal=run.role)
            items += map(_listed, page.get("Contents") or ())
            if not page.get("IsTruncated"):
                return items
            token = {"ContinuationToken": page["NextContinuationToken"]}

    async def _get(self, arguments: dict[str, Any]) -> bytes:
        run = self.stay.run
        answer = await run.world.call("s3", "GetObject", arguments, principal=run.role)
        body: bytes = answer["Body"]
        return body
