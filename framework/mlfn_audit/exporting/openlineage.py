"""OpenLineage run events, one a line: START and how it ended, for each call; its pipeline's run is its parent.

https://openlineage.io/spec/2-0-2/OpenLineage.json
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from mlfn.audit.record import AuditRecord, Phase
from mlfn_audit.exporting.record import json_line
from mlfn_audit.exporting.trail import Kind
from mlfn_audit.query import rows
from mlfn_audit.runs import is_own, machine_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlfn_audit.exporting.trail import Entry, Origin
    from mlfn_audit.query import CallRow

SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs"
FACETS = "https://openlineage.io/spec/facets"
PRODUCER = "urn:mlfn:audit"
OWN_FACET = "urn:mlfn:audit:facet:1"
"""Names the schema of our own facet: the record's fields as docs/audit-record.md §1 has them."""
NAMESPACE = UUID("6d6c666e-0000-5000-8000-617564697400")
"""Of the ids of runs: the same for every export."""
ENDS = {
    Phase.COMPLETED: "COMPLETE",
    Phase.ERROR: "FAIL",
    Phase.REJECTED: "FAIL",
    Phase.ABANDONED: "ABORT",
    Phase.NOTE: "OTHER",
}
_S3_DATA = re.compile(r"(?P<bucket>[^/]+)/(?P<key>.+)@(?P<version>[^@#]+)#[^#]*")
_FILE_DATA = re.compile(r"(?P<path>[^+].*)#(?P<digest>[0-9a-f]+)")


def lines(entries: Iterable[Entry], origin: Origin) -> Iterator[bytes]:
    """Two events for a call that has ended, one for another."""
    records = (AuditRecord.from_wire(entry.value) for entry in entries if entry.kind is Kind.RECORD)
    for row in rows(records):
        for event in _Call(row=row, namespace=origin.name).events():
            yield json_line(event)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    row: CallRow
    namespace: str

    def events(self) -> Iterator[dict[str, Any]]:
        record = self.row.record
        if record.phase is not Phase.NOTE:
            yield self._event("START", record.started_at)
        if record.phase in ENDS:
            yield self._event(ENDS[record.phase], record.ended_at or record.started_at)

    def _event(self, kind: str, time: str) -> dict[str, Any]:
        return {
            "eventType": kind,
            "eventTime": time,
            "run": {"runId": self._run(), "facets": self._run_facets()},
            "job": {
                "namespace": self.namespace,
                "name": self.row.record.model,
                "facets": {"jobType": self._job_type()},
            },
            "inputs": [each for each in map(_dataset, self.row.record.data or ()) if each],
            "outputs": [],
            "producer": PRODUCER,
            "schemaURL": f"{SPEC}/RunEvent",
        }

    def _run(self) -> str:
        record = self.row.record
        if record.execution and is_own(self.row):
            return _run_of(record.execution)
        return str(uuid5(NAMESPACE, f"{record.invocation}\n{record.attempt}"))

    def _run_facets(self) -> dict[str, Any]:
        record = self.row.record
        facets: dict[str, Any] = {"mlfn_audit": {**_facet(OWN_FACET), **record.to_wire()}}
        if record.execution and not is_own(self.row):
            job = {"namespace": self.namespace, "name": pipeline_of(record)}
            run = {"runId": _run_of(record.execution)}
            facets["parent"] = {
                **_facet(f"{FACETS}/1-2-0/ParentRunFacet.json#/$defs/ParentRunFacet"),
                "run": run,
                "job": job,
            }
        return facets

    def _job_type(self) -> dict[str, Any]:
        is_pipeline = self.row.record.execution is not None and is_own(self.row)
        return {
            **_facet(f"{FACETS}/2-0-4/JobTypeJobFacet.json#/$defs/JobTypeJobFacet"),
            "processingType": "BATCH",
            "integration": "MLFN",
            "jobType": "PIPELINE" if is_pipeline else "MODEL",
        }


def pipeline_of(record: AuditRecord) -> str:
    """The id of the pipeline that a step's execution is of: its state machine is named `<app>-<stage>-<pipeline>`."""
    app, machine = record.model.partition(".")[0], machine_of(record.execution or "")
    found = re.fullmatch(rf"{re.escape(app)}-[a-z0-9]+-(?P<pipeline>.+)", machine)
    return f"{app}.{found['pipeline']}" if found else machine


def _run_of(execution: str) -> str:
    return str(uuid5(NAMESPACE, execution))


def _dataset(text: str) -> dict[str, Any] | None:
    """What a model opened; None for a list that was cut to its digest."""
    if found := _S3_DATA.fullmatch(text):
        return _versioned(f"s3://{found['bucket']}", found["key"], found["version"])
    if found := _FILE_DATA.fullmatch(text):
        return _versioned("file", found["path"], found["digest"])
    return None


def _versioned(namespace: str, name: str, version: str) -> dict[str, Any]:
    facet = _facet(f"{FACETS}/1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet")
    return {"namespace": namespace, "name": name, "facets": {"version": {**facet, "datasetVersion": version}}}


def _facet(schema: str) -> dict[str, Any]:
    return {"_producer": PRODUCER, "_schemaURL": schema}
