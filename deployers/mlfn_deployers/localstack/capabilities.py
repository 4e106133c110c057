"""What an endpoint can do and what it lacks: a table (capabilities.toml), held against the endpoint's health."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlfn.errors import DeployError
from mlfn_engine.values import PipelineMode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn_deployers.localstack.endpoint import Endpoint
    from mlfn_engine.values import AppGraph


class Need(StrEnum):
    """Who cannot do without a capability."""

    ALWAYS = "always"
    PIPELINES = "pipelines"
    BATCHES = "batches"
    APPROVALS = "approvals"
    CANARY = "canary"
    NEVER = "never"


IMAGES = "function images"
PLATFORM = "platform functions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """Something that a deploy may need of an endpoint."""

    name: str
    what: str
    needed: Need
    without: str
    services: tuple[str, ...] = ()
    """The endpoint's health has to name one of them; none: it cannot be asked."""
    lacking: tuple[str, ...] = ()
    """Servers, or servers and editions, that are known not to have it."""
    tells_auth: bool = False
    """The endpoint's health says it in so many words."""
    unchecked: tuple[str, ...] = ()
    """Condition keys of IAM that the endpoint has no values for: templates are applied without them there."""
    unversioned: str = ""
    """The type of resource that is left out there: what names a version names what it is a version of."""
    variables: tuple[tuple[str, str], ...] = ()
    """What functions are told of it, by their environment."""

    @property
    def changes_templates(self) -> bool:
        """Without it templates are applied otherwise than to AWS."""
        return bool(self.unchecked or self.unversioned or self.variables)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A capability, and whether an endpoint has it."""

    capability: Capability
    has: bool
    because: str
    """How that is known."""


@cache
def capabilities() -> tuple[Capability, ...]:
    """The table."""
    text = files("mlfn_deployers.localstack").joinpath("capabilities.toml").read_text(encoding="utf-8")
    return tuple(
        Capability(
            name=row["name"],
            what=row["what"],
            needed=Need(row["needed"]),
            without=row["without"],
            services=tuple(row[key] for key in ("service", "also") if key in row),
            lacking=tuple(row.get("lacking", ())),
            tells_auth=row.get("tells") == "auth",
            unchecked=tuple(row.get("unchecked", ())),
            unversioned=row.get("unversioned", ""),
            variables=tuple(row.get("variables", {}).items()),
        )
        for row in tomllib.loads(text)["capability"]
    )


def judge(endpoint: Endpoint) -> tuple[Judged, ...]:
    """Every capability, with what is known of it at an endpoint."""
    return tuple(_judged(capability, endpoint) for capability in capabilities())


def lacks(judged: Iterable[Judged], name: str) -> bool:
    """Whether the endpoint lacks the capability of that name."""
    return any(each.capability.name == name and not each.has for each in judged)


def refuse_lacking(endpoint: Endpoint, graph: AppGraph, *, canary: bool = False) -> None:
    """Stop before anything is made if the endpoint lacks what the app cannot do without.

    Raises:
        DeployError: it does; all that is lacking is told at once.
    """
    needs = {Need.ALWAYS}
    pipelines = [machine.pipeline for machine in graph.state_machines]
    needs |= {Need.PIPELINES} if pipelines else set()
    needs |= {Need.BATCHES} if any(each.mode is PipelineMode.BATCH for each in pipelines) else set()
    needs |= {Need.APPROVALS} if any(each.approvers for each in pipelines) else set()
    needs |= {Need.CANARY} if canary else set()
    missing = [each.capability for each in judge(endpoint) if not each.has and each.capability.needed in needs]
    if missing:
        told = "; ".join(f"{each.what}: {each.without}" for each in missing)
        raise DeployError(
            f"{endpoint.title} at {endpoint.url} lacks what {graph.app} needs. {told}",
            hint="Nothing has been made. Deploy with --target local or aws; mlfn plan shows the whole table.",
        )


def _judged(capability: Capability, endpoint: Endpoint) -> Judged:
    known = {endpoint.server, f"{endpoint.server}/{endpoint.edition}"}
    if capability.tells_auth and endpoint.checks_signatures is not None:
        return Judged(capability=capability, has=endpoint.checks_signatures, because="its health says so")
    if endpoint.checks_signatures:
        known |= {f"{endpoint.server}+auth", f"{endpoint.server}+auth/{urlsplit(endpoint.url).scheme}"}
    if known & set(capability.lacking):
        return Judged(capability=capability, has=False, because=f"known of {endpoint.title}")
    if capability.services:
        has = bool(endpoint.services & set(capability.services))
        return Judged(
            capability=capability, has=has, because=f"its health {'names' if has else 'lacks'} {capability.services[0]}"
        )
    return Judged(capability=capability, has=True, because="nothing else is known")
