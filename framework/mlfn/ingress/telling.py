"""Tells people that something waits for their approval: a message to the SNS topic that the stage names.

It says which question and how to answer it, never what is asked about: mail is no place for that.
"""

from __future__ import annotations

from time import gmtime, strftime

from mlfn.runtime.aws import AwsClient, AwsError
from mlfn.runtime.http import ExchangeError
from mlfn.runtime.sigv4 import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from mlfn.runtime.manifest import Manifest
    from mlfn.runtime.recorder import Recorder

TOPIC = "MLFN_QUESTIONS_TOPIC"
UNTOLD = "QuestionUntold"
"""The metric that counts questions which the topic did not take: they wait all the same."""
_VERSION = "2010-03-31"
_BUDGET_S = 2.0
_LONGEST_SUBJECT = 100


class Telling:
    """Publishes questions, where the stage names a topic."""

    def __init__(self, environ: Mapping[str, str], recorder: Recorder) -> None:
        self._topic = environ.get(TOPIC, "")
        self._stage = environ.get("MLFN_STAGE", "")
        self._client = AwsClient("sns", environ)
        self._recorder = recorder

    def tell(self, question: Mapping[str, Any], by: list[str], manifest: Manifest, timeout_s: float) -> None:
        """Say that a question waits; one that cannot be told is counted, and waits all the same."""
        if not self._topic:
            return
        form = {
            "Action": "Publish",
            "Version": _VERSION,
            "TopicArn": self._topic,
            "Subject": f"{manifest.app} ({self._stage}): {manifest.name} asks for approval"[:_LONGEST_SUBJECT],
            "Message": _message(question, by, manifest, self._stage),
            **_attributes(id=question["id"], pipeline=manifest.name, execution=question["execution"]),
        }
        body = "&".join([f"{name}={quoted(value)}" for name, value in form.items()])
        try:
            self._client.query(body.encode(), timeout_s=min(_BUDGET_S, timeout_s))
        except (AwsError, ExchangeError) as error:
            self._recorder.count(UNTOLD, manifest.id, f"nobody was told of the question {question['id']}: {error}")


def _message(question: Mapping[str, Any], by: list[str], manifest: Manifest, stage: str) -> str:
    until = question["until"]
    lines = [
        f"The pipeline {manifest.name} of {manifest.app} (stage {stage}) asks for an approval.",
        "",
        f"question   {question['id']}",
        f"state      {question['state']}",
        f"execution  {question['execution'].rpartition(':')[2]}",
        f"asked      {question['asked']}",
        f"until      {strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(until)) if until else 'the end of the run'}",
        f"asks       {', '.join(by)}",
        "",
        f"mlfn approvals {question['id']} --stage {stage}",
        f"mlfn approve {question['id']} --stage {stage}    (or mlfn reject)",
    ]
    return "\n".join(lines)


def _attributes(**values: str) -> dict[str, str]:
    """Message attributes, by which subscriptions can be filtered."""
    form: dict[str, str] = {}
    for number, (name, value) in enumerate(values.items(), start=1):
        entry = f"MessageAttributes.entry.{number}"
        form |= {f"{entry}.Name": name, f"{entry}.Value.DataType": "String", f"{entry}.Value.StringValue": value}
    return form
