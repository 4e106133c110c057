"""kubectl: whatever a cluster is asked goes through it, with its own credentials and contexts."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer
from typing import IO, TYPE_CHECKING, Any

from mlfn.errors import DeployError, TargetError

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICES = "services.serving.knative.dev"
REVISIONS = "revisions.serving.knative.dev"
TIMEOUT_S = 120
_LOG_LINE = re.compile(r"[EWI]\d{4} ")
"""Of its library, before what it says itself."""
_UNKNOWN_TYPE = "doesn't have a resource type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubectl:
    """The program, and which cluster and namespace it is for."""

    program: str
    context: str | None
    namespace: str | None

    def read(self, *arguments: str) -> Any:
        """What a command answers in JSON.

        Raises:
            TargetError: the cluster does not answer, or has no Knative.
        """
        return json.loads(self.run(*arguments, "--output", "json"))

    def run(self, *arguments: str, stdin: str = "") -> str:
        """What a command prints.

        Raises:
            TargetError: kubectl cannot, and says why.
        """
        try:
            done = subprocess.run(
                self._command(arguments), input=stdin, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise TargetError(
                f"kubectl {arguments[0]} has not answered for {TIMEOUT_S} s.", hint="Check that the cluster is there."
            ) from error
        if done.returncode:
            raise _refused(arguments[0], done.stderr)
        return done.stdout

    @contextmanager
    def watch(self, *arguments: str, timeout_s: float) -> Iterator[Iterator[Any]]:
        """The objects that a watching command prints, one after the other, for so long at most."""
        command = self._command((*arguments, "--watch", "--output", "json"))
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            timer = Timer(timeout_s, process.kill)
            timer.start()
            try:
                yield documents(process.stdout) if process.stdout else iter(())
            finally:
                timer.cancel()
                process.kill()

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        where = [*(["--context", self.context] if self.context else ())]
        where += ["--namespace", self.namespace] if self.namespace else []
        return [self.program, *where, *arguments]


def find_kubectl(context: str | None, namespace: str | None) -> Kubectl:
    """The kubectl on the PATH.

    Raises:
        TargetError: there is none.
    """
    program = shutil.which("kubectl")
    if program is None:
        raise TargetError(
            "kubectl is not on the PATH, and services are applied with it.",
            hint="Install kubectl; or write them with mlfn render --target knative -o services.yaml, and run "
            "kubectl apply --server-side -f services.yaml where there is one.",
        )
    return Kubectl(program=program, context=context, namespace=namespace)


def documents(stream: IO[str]) -> Iterator[Any]:
    """The JSON documents of a stream, as they arrive; nothing but white space is between them."""
    decoder, text = json.JSONDecoder(), ""
    for line in stream:
        text += line
        try:
            document, end = decoder.raw_decode(text.lstrip())
        except ValueError:
            continue  # it goes on
        text = text.lstrip()[end:]
        yield document


def _refused(verb: str, stderr: str) -> TargetError:
    said = [line for line in stderr.splitlines() if not _LOG_LINE.match(line)]
    told = " ".join(" ".join(said).split()) or "it does not say why"
    if _UNKNOWN_TYPE in told:
        return TargetError(
            "The cluster has no Knative Serving.",
            hint="Install it (https://knative.dev/docs/install/), or choose another cluster: context in "
            "[tool.mlfn.knative], else kubectl config use-context.",
        )
    return DeployError(
        f"kubectl {verb} failed: {told.removeprefix('error: ').rstrip('.')}.",
        hint="Check with kubectl config current-context and kubectl auth whoami that this is your cluster.",
    )
