"""The audit table as its specification describes it, read by code that shares nothing with what writes it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from mlfn_audit.verifying.items import text_of
from mlfn_audit.verifying.reader import read

TABLE = "mlfn-audit-dev"
Record = dict[str, Any]
END_PHASES = frozenset({"completed", "error", "rejected", "abandoned"})


def create_table(dynamodb: Any, name: str = TABLE) -> None:
    """The table of docs/audit-record.md §4."""
    keys = ("pk", "sk", "g1", "g2", "g3")
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": f"GSI{number}",
                "KeySchema": [
                    {"AttributeName": f"g{number}", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
            for number in (1, 2, 3)
        ],
    )


def read_records(dynamodb: Any, table: str = TABLE) -> tuple[list[Record], list[str]]:
    """Every record of the table, and what is wrong with items that are none."""
    wrong: list[str] = []
    return [json.loads(text) for text in canonical_texts(dynamodb, wrong, table)], wrong


def canonical_texts(dynamodb: Any, wrong: list[str], table: str = TABLE) -> Iterator[str]:
    """Every record as the specification writes it; what is wrong with an item that is none goes to `wrong`."""
    for item in _items(dynamodb, table):
        if not item["pk"]["S"].startswith("A#"):
            continue
        try:
            text = text_of(item)
            read(text)
        except ValueError as error:
            wrong.append(f"{item['pk']['S']} {item['sk']['S']}: {error}")
        else:
            yield text


def _items(dynamodb: Any, table: str) -> Iterator[dict[str, Any]]:
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from page["Items"]


def broken_chains(records: Iterable[Record]) -> list[str]:
    """Writers whose records are not numbered from 0 without a gap, each holding the hash of the one before."""
    chains: dict[str, dict[int, Record]] = defaultdict(dict)
    for record in records:
        if "q" in record:
            chains[record["w"]][record["q"]] = record
    return [f"writer {writer}: {problem}" for writer, chain in chains.items() if (problem := _problem(chain))]


def _problem(chain: dict[int, Record]) -> str:
    if missing := sorted(set(range(max(chain) + 1)) - set(chain)):
        return f"lacks {missing} of {max(chain) + 1}"
    hashes = [None, *(chain[number]["h"] for number in range(len(chain) - 1))]
    unlinked = [number for number, own in enumerate(hashes) if chain[number].get("p") != own]
    return f"unlinked at {unlinked}" if unlinked else ""
