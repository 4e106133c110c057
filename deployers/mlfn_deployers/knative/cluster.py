"""An app's services in a cluster: what is there, applying, waiting, removing, traffic."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn.errors import DeployError
from mlfn_deployers.knative.kubectl import REVISIONS, SERVICES
from mlfn_engine.containers.changes import RunningService

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlfn_deployers.knative.kubectl import Kubectl
    from mlfn_engine.reporting import Reporter

MANAGER = "mlfn"
READY_S = 600.0
"""As long as Knative itself goes on trying (`progress-deadline`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """The services of one app in one stage."""

    kubectl: Kubectl
    app: str
    stage: str

    def services(self) -> tuple[RunningService, ...]:
        """What is there.

        Raises:
            TargetError: the cluster does not answer, or has no Knative.
        """
        found = self.kubectl.read("get", SERVICES, *self._selected())
        return tuple(running(each) for each in found.get("items", []))

    def apply(self, manifests: Iterable[str], reporter: Reporter) -> None:
        """Make these services what they should be; the cluster goes on by itself from there."""
        for line in self.kubectl.run(
            "apply",
            "--server-side",
            f"--field-manager={MANAGER}",
            "--force-conflicts",  # a rollback gave traffic to a revision
            "--filename=-",
            stdin="---\n".join(manifests),
        ).splitlines():
            subject, _, message = line.rpartition(" ")
            reporter.report(subject.rpartition("/")[2], message)

    def wait(self, revisions: Mapping[str, str], reporter: Reporter, timeout_s: float = READY_S) -> None:
        """Return once these services (name -> revision) answer with these revisions.

        Raises:
            DeployError: one cannot; what answered before still does.
        """
        waiting = dict(revisions)
        with self.kubectl.watch("get", SERVICES, *self._selected(), timeout_s=timeout_s) as seen:
            for each in _services(seen):
                name = each["metadata"]["name"]
                if waiting.get(name) != _revision(each) or not _is_observed(each):
                    continue
                ready = condition(each)
                reporter.report(name, "ready" if _is_ready(each) else _told(ready) or "starting")
                if ready.get("status") == "False":
                    raise _not_ready(name, ready)
                if _is_ready(each):
                    del waiting[name]
                if not waiting:
                    return
        raise DeployError(
            f"{', '.join(sorted(waiting))} did not become ready within {timeout_s:.0f} s.",
            hint=f"See why: kubectl describe ksvc {min(waiting)}. What answered before still does.",
        )

    def remove(self, names: Iterable[str], reporter: Reporter) -> tuple[str, ...]:
        """Remove services, their revisions with them."""
        listed = tuple(sorted(names))
        if listed:
            self.kubectl.run("delete", SERVICES, *listed, "--ignore-not-found", "--wait")
        for name in listed:
            reporter.report(name, "removed")
        return listed

    def revisions(self, name: str) -> tuple[str, ...]:
        """The revisions of a service that can answer, the newest first."""
        found = self.kubectl.read("get", REVISIONS, "--selector", f"serving.knative.dev/service={name}")
        usable = [each for each in found.get("items", []) if condition(each).get("status") != "False"]
        usable.sort(key=lambda each: str(each["metadata"]["creationTimestamp"]), reverse=True)
        return tuple(str(each["metadata"]["name"]) for each in usable)

    def point(self, name: str, revision: str | None) -> None:
        """Give a service's traffic to a revision; None: to the newest, and to newer ones as they come."""
        chosen: dict[str, Any] = {"revisionName": revision} if revision else {"latestRevision": True}
        patch = {"spec": {"traffic": [{**chosen, "percent": 100}]}}
        self.kubectl.run("patch", SERVICES, name, "--type=merge", f"--patch={json.dumps(patch)}")

    def _selected(self) -> tuple[str, str]:
        return "--selector", f"mlfn-app={self.app},mlfn-stage={self.stage}"


def running(service: Mapping[str, Any]) -> RunningService:
    """A service as the cluster tells it."""
    annotations: Mapping[str, str] = service["metadata"].get("annotations", {})
    status = service.get("status", {})
    traffic = status.get("traffic", [])
    return RunningService(
        name=service["metadata"]["name"],
        model=annotations.get("dev.mlfn.model", service["metadata"]["name"]),
        version=annotations.get("dev.mlfn.version", ""),
        revision=_revision(service),
        interface=annotations.get("dev.mlfn.interface", ""),
        ready=_is_ready(service) and _is_observed(service),
        answering=tuple((each["revisionName"], each.get("percent") or 0) for each in traffic if "revisionName" in each),
        url=status.get("url", ""),
        pinned=not all(each.get("latestRevision") for each in service["spec"].get("traffic", [])),
    )


def condition(resource: Mapping[str, Any]) -> Mapping[str, str]:
    """What a resource says of its being ready."""
    conditions: list[Mapping[str, str]] = resource.get("status", {}).get("conditions", [])
    return next((each for each in conditions if each["type"] == "Ready"), {})


def _services(seen: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    for each in seen:
        yield from each["items"] if str(each.get("kind", "")).endswith("List") else (each,)


def _revision(service: Mapping[str, Any]) -> str:
    return str(service["spec"]["template"].get("metadata", {}).get("name", ""))


def _is_observed(service: Mapping[str, Any]) -> bool:
    """Whether the status is about what is declared, and not about what was."""
    return bool(service.get("status", {}).get("observedGeneration") == service["metadata"].get("generation"))


def _is_ready(service: Mapping[str, Any]) -> bool:
    return condition(service).get("status") == "True"


def _told(ready: Mapping[str, str]) -> str:
    return ": ".join(text for text in (ready.get("reason"), ready.get("message")) if text)


def _not_ready(name: str, ready: Mapping[str, str]) -> DeployError:
    return DeployError(
        f"{name} cannot start: {_told(ready).rstrip('.') or 'the cluster does not say why'}.",
        hint=f"Its log says more: kubectl logs --selector serving.knative.dev/service={name} --all-containers. "
        "What answered before still does.",
    )
