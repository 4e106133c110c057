"""What the front door does for pipelines that ask people: takes questions from them, and answers from people."""

from __future__ import annotations

from mlfn.ingress.answering import Answering
from mlfn.ingress.asking import Asking
from mlfn.ingress.questions import Questions
from mlfn.ingress.telling import Telling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlfn.ingress.executions import Executions
    from mlfn.runtime.manifest import Manifest
    from mlfn.runtime.recorder import Recorder


class Approvals:
    """Both sides of the questions of an app."""

    __slots__ = ("answer", "ask")

    def __init__(
        self,
        recorder: Recorder,
        manifest: Manifest,
        environ: Mapping[str, str],
        executions: Executions,
        pipeline_of: Callable[[str], Manifest | None],
    ) -> None:
        questions = Questions(environ)
        self.ask = Asking(recorder, questions, pipeline_of, manifest, Telling(environ, recorder)).ask
        self.answer = Answering(recorder, questions, executions, pipeline_of).handle
