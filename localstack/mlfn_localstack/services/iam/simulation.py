"""What policies would say to a request that nobody has made, and which of their statements say it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.policy import AccessRequest, Decision, Statement, evaluate, parse_policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlfn_localstack.service import Result

_VARIABLE = re.compile(r"\$\{([^},*?$]+)[^}]*\}")
_SPACE = re.compile(r"[\s,:]*")
_SAID = {
    Decision.ALLOW: "allowed",
    Decision.EXPLICIT_DENY: "explicitDeny",
    Decision.IMPLICIT_DENY: "implicitDeny",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A policy, and what it is called in answers."""

    name: str
    text: str

    @property
    def statements(self) -> tuple[Statement, ...]:
        """What it says."""
        return parse_policy(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """The policies that have a say: those that allow, a resource's, and a boundary, where there is one."""

    identity: Sequence[Source]
    resource: Sequence[Source] = ()
    boundary: Sequence[Source] | None = None

    def result(self, request: AccessRequest) -> Result:
        """The answer to one action on one resource, as IAM tells it."""
        decision = self._decision(request)
        allowing = decision is Decision.ALLOW
        matched = [] if decision is Decision.IMPLICIT_DENY else self._matched(request, allowing=allowing)
        missing = [key for key in context_keys(self._all()) if key.lower() not in request.context]
        specific = request.resource != "*"
        result: Result = {
            "EvalActionName": request.action,
            "EvalResourceName": request.resource,
            "EvalDecision": _SAID[decision],
            "MatchedStatements": matched,
            "MissingContextValues": [] if specific else missing,
        }
        if self.boundary is not None:
            allowed = evaluate((each.statements for each in self.boundary), request) is Decision.ALLOW
            result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
        return result | {"ResourceSpecificResults": [_specific(result, missing)]} if specific else result

    def _all(self) -> tuple[Source, ...]:
        return (*self.identity, *self.resource, *(self.boundary or ()))

    def _decision(self, request: AccessRequest) -> Decision:
        own, resources, limits = (
            evaluate((each.statements for each in sources), request)
            for sources in (self.identity, self.resource, self.boundary or ())
        )
        if Decision.EXPLICIT_DENY in (own, resources, limits):
            return Decision.EXPLICIT_DENY
        within = self.boundary is None or limits is Decision.ALLOW
        return Decision.ALLOW if within and Decision.ALLOW in (own, resources) else Decision.IMPLICIT_DENY

    def _matched(self, request: AccessRequest, *, allowing: bool) -> list[Result]:
        """The statements that decide: those that deny, or all that allow."""
        sources = (*self.identity, *self.resource) if allowing else self._all()
        return [
            {"SourcePolicyId": source.name, "SourcePolicyType": "IAM Policy", **place}
            for source in sources
            for statement, place in zip(source.statements, _places(source.text), strict=True)
            if statement.allow == allowing and evaluate([(statement,)], request) is not Decision.IMPLICIT_DENY
        ]


def _specific(result: Result, missing: list[str]) -> Result:
    shown = {name: result[name] for name in ("EvalResourceName", "MatchedStatements")}
    shown |= {"EvalResourceDecision": result["EvalDecision"], "MissingContextValues": missing}
    boundary = "PermissionsBoundaryDecisionDetail"
    return shown | ({boundary: result[boundary]} if boundary in result else {})


def context_keys(sources: Iterable[Source]) -> list[str]:
    """The condition keys that policies look at, each once: those in their variables, and in their conditions."""
    found: dict[str, str] = {}
    for source in sources:
        for statement in source.statements:
            values = [text for _, _, wanted in statement.conditions for text in wanted]
            texts = (*statement.resources, *values) if statement.variables else ()
            named = [name.strip() for text in texts for name in _VARIABLE.findall(text)]
            for key in (*named, *(key for _, key, _ in statement.conditions)):
                found.setdefault(key.lower(), key)
    return list(found.values())


def _places(text: str) -> list[Result]:
    """Where each statement begins and ends, as IAM counts: from behind what was read before it to behind its brace."""
    start, end = _value_of(text, "Statement")
    if text[start] != "[":
        return [_place(text, start + 1, end)]
    places: list[Result] = []
    before = start + 1
    while True:
        first = _skip(text, before)
        if text[first] == "]":
            return places
        end = _ended(text, first)
        places.append(_place(text, before, end))
        before = end


def _value_of(text: str, name: str) -> tuple[int, int]:
    """Where the value of a key of a JSON object begins and ends."""
    at = text.index("{") + 1
    while True:
        at = _skip(text, at)
        key, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        end = _ended(text, at)
        if key == name:
            return at, end
        at = end


_DECODER = json.JSONDecoder()


def _ended(text: str, start: int) -> int:
    value: tuple[Any, int] = _DECODER.raw_decode(text, start)
    return value[1]


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()


def _place(text: str, start: int, end: int) -> Result:
    return {"StartPosition": _position(text, start), "EndPosition": _position(text, end)}


def _position(text: str, offset: int) -> Result:
    line = text.count("\n", 0, offset)
    return {"Line": line + 1, "Column": offset - text.rfind("\n", 0, offset)}
