"""A batch pipeline over the lines of a file: uploaded, run in the cloud, found again, its results fetched."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn.blobs import Blob
from mlfn.client.blobs import at_url, downloaded, put, uploaded
from mlfn.errors import MlfnError, UsageError
from mlfn.ingress.executions import Outcome
from mlfn.ingress.outcomes import Failure
from mlfn_cli.calling.calls import problem_text
from mlfn_cli.calling.references import resolved_output
from mlfn_cli.output import messages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlfn.client.blobs import Ask
    from mlfn_cli.calling.batches import Batch
    from mlfn_cli.calling.callee import Callee
    from mlfn_cli.calling.calls import Answer
    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_engine.values import Target

Lines = list[tuple[int, bytes]]
PAUSE_S = 0.5
"""Between two questions how the run is."""
LARGEST_LINE = 200_000
"""Bytes of a line, its blobs aside: what a state takes, with room for what goes along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRun:
    """One run over the waiting lines of a file."""

    callee: Callee
    clients: Clients
    target: Target
    work: Batch
    at_once: int

    def endings(self, waiting: Lines) -> list[bool]:
        """Run, or find the run that goes on, and write what became of each line; whether that is an output.

        Raises:
            MlfnError: the run itself failed.
        """
        note = self._note
        if not note.exists():
            if not waiting:
                return []
            note.write_text(json.dumps(self._uploaded(waiting)), encoding="utf-8")
        begun = json.loads(note.read_text(encoding="utf-8"))
        told = self._followed(self._started(begun), len(begun["numbers"]))
        if told["status"] != "SUCCEEDED":
            note.unlink()
            raise MlfnError(
                f"The run {told['execution']} ended with {told.get('error', told['status'])}: {told.get('detail', '')}",
                hint="Run again, and its lines are called again.",
            )
        results = list(self._results(told["results"], begun["numbers"]))
        self.work.add(results)
        note.unlink()
        return ["output" in result for result in results]

    @property
    def _note(self) -> Path:
        """The file that tells of a run that goes on."""
        results = self.work.results
        return results.with_name(f"{results.name}.run")

    @property
    def _ask(self) -> Ask:
        return self.callee.blobs(self.clients, self.target)

    def _uploaded(self, waiting: Lines) -> dict[str, Any]:
        """How to start the run, its lines being in the app's bucket."""
        content = b"".join(self._line(number, text) + b"\n" for number, text in waiting)
        blob = Blob.from_bytes(content, "application/jsonl")
        lines = {"content_type": blob.content_type, "size": blob.size, "digest": blob.digest}
        lines["at"] = put(self.callee.name, lines, content, self._ask)
        body = {"lines": lines, "at_once": self.at_once}
        return {"key": uuid.uuid4().hex, "body": body, "numbers": [number for number, _ in waiting]}

    def _line(self, number: int, text: bytes) -> bytes:
        sent = json.dumps(json.loads(uploaded(self.callee.name, text, self._ask)), ensure_ascii=False).encode()
        if len(sent) > LARGEST_LINE:
            raise UsageError(
                f"Line {number} of {self.work.source} has {len(sent):,} bytes; a batch takes {LARGEST_LINE:,} a line.",
                hint="Put what is large in it into blobs.",
            )
        return sent

    def _started(self, begun: dict[str, Any]) -> str:
        """The execution; the same one for the same note."""
        body = json.dumps(begun["body"]).encode()
        answer = self.callee.through_api(self.clients, self.target, body, None, key=begun["key"])
        if not answer.ok:
            self._note.unlink()
        return str(self._told(answer)["execution"])

    def _followed(self, execution: str, total: int) -> dict[str, Any]:
        """How the run ended; until then, its lines are counted on a terminal."""
        from rich.progress import Progress

        out = messages()
        with Progress(console=out, disable=not out.is_terminal, transient=True) as bar:
            task = bar.add_task("running", total=total)
            while True:
                told = self._told(self.callee.through_api(self.clients, self.target, None, execution))
                lines = told.get("lines", {})
                done = sum(lines.get(name, 0) for name in ("succeeded", "failed", "timedOut", "aborted"))
                bar.update(task, completed=done)
                if told["status"] != "RUNNING":
                    return told
                time.sleep(PAUSE_S)

    def _told(self, answer: Answer) -> dict[str, Any]:
        if not answer.ok:
            raise MlfnError(
                f"{self.callee.name} answered {problem_text(answer)}", hint="See what it takes: mlfn openapi"
            )
        told: dict[str, Any] = json.loads(answer.body)
        return told

    def _results(self, files: list[dict[str, Any]], numbers: list[int]) -> Iterator[dict[str, Any]]:
        """What became of each line, by its number."""
        for file in files:
            for entry in json.loads(at_url(self.callee.name, file["url"])):
                number = numbers[json.loads(entry["Input"])["line"]]
                yield {"line": number, **self._ending(entry)}

    def _ending(self, entry: dict[str, Any]) -> dict[str, Any]:
        if entry["Status"] == "SUCCEEDED":
            whole = resolved_output(self.callee.name, entry["Output"].encode(), self._ask)
            return {"output": json.loads(downloaded(self.callee.name, whole, self._ask))}
        ended = {"status": entry["Status"], "error": entry.get("Error"), "cause": entry.get("Cause")}
        failure = Failure(Outcome(ended))
        return {"error": failure.error_type, "detail": failure.detail}
