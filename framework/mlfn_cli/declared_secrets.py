"""The secrets that an app declares, by the names its code has for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn.errors import TargetError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_cli.session import Session
    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_engine.secret_use import SecretUse, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredSecret:
    """A secret in one stage, and the models that read it under one name."""

    name: str
    store: Store
    id: str
    field: str
    key: str
    max_age_s: int
    """Of its models, the longest that one may go on with an old value."""
    models: tuple[str, ...]


def declared_secrets(session: Session) -> tuple[DeclaredSecret, ...]:
    """Every secret of the app, by name."""
    from mlfn_cli.deploying.compose import resolved

    found: dict[tuple[str, Store, str, str], list[tuple[str, SecretUse]]] = {}
    for model in resolved(session).models:
        for use in model.secrets:
            found.setdefault((use.name, use.store, use.id_in(session.stage), use.field), []).append((model.name, use))
    return tuple(
        DeclaredSecret(
            name=name,
            store=store,
            id=secret_id,
            field=field,
            key=max(use.key for _, use in uses),
            max_age_s=max(use.max_age_s for _, use in uses),
            models=tuple(sorted(model for model, _ in uses)),
        )
        for (name, store, secret_id, field), uses in sorted(found.items())
    )


def found_secret(declared: Sequence[DeclaredSecret], given: str) -> DeclaredSecret:
    """One of them by its name in the code, or by what its store calls it.

    Raises:
        UsageError: there is none, or the name means several.
    """
    found = [each for each in declared if given in (each.name, each.id)]
    places = {(each.store, each.id, each.field) for each in found}
    if len(places) == 1:
        return found[0]
    if found:
        ids = ", ".join(sorted({each.id for each in found}))
        raise UsageError(
            f"{given!r} means several secrets: {ids}.", hint="Give the one that you mean as it stands here."
        )
    known = ", ".join(dict.fromkeys(each.name for each in declared)) or "none"
    raise UsageError(
        f"The app declares no secret {given!r}.",
        hint=f'It declares: {known}. Write @model(secrets={{"NAME": Secret(…)}}).',
    )


def key_for(session: Session, declared: DeclaredSecret, clients: Clients) -> str | None:
    """The key that a new secret is encrypted with: its own, else the stage's; None: AWS's.

    Raises:
        TargetError: the stage's key is not made yet.
    """
    if declared.key or session.settings().kms_key is None:
        return declared.key or None
    from mlfn_deployers.aws.api.pace import poll_s
    from mlfn_deployers.aws.stacks.change_sets import Stacks

    stacks = Stacks(clients.cloudformation, clients.s3, poll_s=poll_s(session.target()))
    outputs = stacks.outputs(f"mlfn-base-{session.stage}")
    if "StageKey" not in outputs:
        raise TargetError(
            f"Stage {session.stage!r} has no key yet.", hint="The first mlfn deploy makes it; deploy first."
        )
    return outputs["StageKey"]
