"""What pipelines of a deployed app ask people, and the answers, through its API."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn.errors import MlfnError, UsageError
from mlfn_cli.calling.calls import Answer, call_api, problem_text
from mlfn_cli.session import not_deployed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import boto3

    from mlfn_cli.session import Session
    from mlfn_engine.values import Target

POLL_S = 2.0
"""Between two questions to the API; a person takes longer."""
SHOWN_ID = 8
"""Characters of a run's id that tables show."""
_ID = re.compile(r"[0-9a-f]{16}")
_NEXT_STEP = {
    403: "Sign in as one of those whom the pipeline names in by=.",
    404: "See what is open: mlfn approvals",
    409: "An answer stands; see it with: mlfn audit show EXECUTION",
    410: "See what became of the run: mlfn audit show EXECUTION",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals:
    """The approvals of one deployed app, as one caller sees them."""

    app: str
    url: str
    target: Target
    session: boto3.Session

    def open(self) -> list[dict[str, Any]]:
        """What the caller may answer, oldest first."""
        found: list[dict[str, Any]] = self._ask(None, "")["approvals"]
        return found

    def following(self, pause: Callable[[float], None]) -> Iterator[list[dict[str, Any]]]:
        """What the caller may answer as it is asked, without end: what waits already first."""
        seen: frozenset[str] = frozenset()
        while True:
            found = self.open()
            if new := [each for each in found if each["id"] not in seen]:
                yield new
            seen = frozenset(each["id"] for each in found)
            pause(POLL_S)

    def one(self, name: str) -> dict[str, Any]:
        """A question in full, by its id or by its run."""
        return self._ask(None, f"/{self._id(name)}")

    def answer(self, name: str, said: str, comment: str) -> dict[str, Any]:
        """Answer a question.

        Raises:
            MlfnError: it is answered already, it is over, or the caller may not.
        """
        body = json.dumps({"answer": said, "comment": comment}).encode()
        return self._ask(body, f"/{self._id(name)}")

    def _id(self, name: str) -> str:
        run = name.rpartition(":")[2]
        found = meant(self.open(), run)
        if len(found) == 1 or (not found and _ID.fullmatch(name)):
            return found[0] if found else name
        if found:
            raise UsageError(f"The run {run} waits for {len(found)} answers.", hint=f"Name one: {', '.join(found)}.")
        raise UsageError(f"Nothing that you may answer is open for {name!r}.", hint="See what is open: mlfn approvals")

    def _ask(self, payload: bytes | None, path: str) -> dict[str, Any]:
        answer = call_api(f"{self.url}/approvals{path}", payload, self.target, self.session)
        if not answer.ok:
            raise self._refusal(answer, path)
        body: dict[str, Any] = json.loads(answer.body)
        return body

    def _refusal(self, answer: Answer, path: str) -> MlfnError:
        if not path and answer.status == 404:
            return UsageError(f"No pipeline of {self.app} asks for approvals.", hint="Write approval(…) in one.")
        text = problem_text(answer).partition(": ")[2] or problem_text(answer)
        return MlfnError(text, hint=_NEXT_STEP.get(answer.status, "Give the same answer again."))


def meant(questions: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    """The ids of the questions that a name means: a question's id, a run's, or how that begins, as tables show it."""
    shown = len(name) >= SHOWN_ID
    return [
        each["id"]
        for each in questions
        if name in (each["id"], each["execution"]) or (shown and each["execution"].startswith(name))
    ]


def approvals_of(session: Session) -> Approvals:
    """The approvals of the deployed app.

    Raises:
        TargetError: it is not deployed.
    """
    from mlfn_cli.app_name import app_name
    from mlfn_deployers import deployer_for
    from mlfn_deployers.aws.api.clients import Clients

    app, target = app_name(session), session.target()
    deployment = deployer_for(target).describe(app, session.stage)
    if deployment is None:
        raise not_deployed(app, session.stage, session.target_name)
    url = dict(deployment.outputs)["ApiUrl"]
    return Approvals(app=app, url=url, target=target, session=Clients(target).session)
