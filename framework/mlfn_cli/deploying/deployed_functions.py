"""The deployed functions of an app that a command is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn.errors import UsageError
from mlfn_cli.session import not_deployed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_cli.session import Session
    from mlfn_engine.releases.history import FunctionVersions


def chosen(
    functions: Sequence[FunctionVersions], model: str | None, app: str, session: Session
) -> tuple[FunctionVersions, ...]:
    """The functions that were asked for.

    Raises:
        TargetError: nothing of the app is deployed.
        UsageError: the model is none of them.
    """
    if not functions:
        raise not_deployed(app, session.stage, session.target_name)
    found = tuple(each for each in functions if model in {None, each.function})
    if not found:
        known = ", ".join(each.function for each in functions)
        raise UsageError(f"There is no deployed model {model!r}.", hint=f"Deployed: {known}.")
    return found
