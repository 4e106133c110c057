"""The year of records that bench/ loads past the API: the same each time, and found as if it had been put."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from mlfn_audit.query import query_records
from mlfn_audit.question import CallsOfCaller, CallsOfModel, Period
from mlfn_audit.table import AuditTable
from mlfn_localstack.process import start, stop

RECORDS = 400


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(Path(__file__).parents[3] / "bench")
    return importlib.import_module


def test_a_loaded_year_is_asked_like_any_other(bench: Any, tmp_path: Path) -> None:
    loading, audit = bench("trail.loading"), bench("audit_queries")
    year = bench("trail.records").Year(RECORDS)
    loading.load(tmp_path, year)

    start(tmp_path, port=0)
    table = AuditTable(client=loading.client_of(tmp_path), name=loading.TABLE)
    whole: Period = audit.WHOLE
    found = [each for model in audit.MODELS for each in query_records(table, CallsOfModel(model=model, period=whole))]
    sparse = list(query_records(table, CallsOfCaller(caller=audit.SPARSE, period=whole)))
    stop(tmp_path)

    assert len(found) == RECORDS
    assert all(record.is_intact() for record in found)
    assert sorted(each.id for each in sparse) == sorted(each.id for each in found if each.caller == audit.SPARSE)


def test_the_year_is_the_same_each_time(bench: Any) -> None:
    records = bench("trail.records")

    first, second = (
        [item for part in records.Year(RECORDS).partitions[-20:] for item in records.records(part)] for _ in range(2)
    )

    assert first == second
    assert first[0]["h"] == {"B": "rntUY9hrxALSvAY0PzqxQDwBuf6NyXWxo0ZFAcI7u88="}
