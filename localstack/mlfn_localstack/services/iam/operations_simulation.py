"""Trying policies out: what they would decide, and what they need to know for that.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.auth.policy import AccessRequest, PolicySyntaxError, parse_policy
from mlfn_localstack.auth.principals import account_names, principal_of, request_names
from mlfn_localstack.services.iam.errors import invalid_input, not_found
from mlfn_localstack.services.iam.model import Document, IamState, page
from mlfn_localstack.services.iam.simulation import Simulation, Source, context_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_UNSUPPORTED = ("PolicyExclusionList", "ResourceHandlingOption", "ResourceOwner")


class SimulationOperations:
    """Simulate policies of principals and others, and tell which condition keys they look at.

    Each resource gets a result of its own; AWS gives several resources of one action one result together, under a name
    that has variables in it, and tells each resource's decision below that, as is done here too.
    """

    def __init__(self, state: IamState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "GetContextKeysForCustomPolicy": self.custom_keys,
            "GetContextKeysForPrincipalPolicy": self.principal_keys,
            "SimulateCustomPolicy": self.simulate_custom,
            "SimulatePrincipalPolicy": self.simulate_principal,
        }

    async def custom_keys(self, _context: RequestContext, params: Params) -> Result:
        """The condition keys of policies that are given."""
        return {"ContextKeyNames": context_keys(_given(params, "PolicyInputList"))}

    async def principal_keys(self, _context: RequestContext, params: Params) -> Result:
        """The condition keys of a principal's policies."""
        sources, _ = self._of_principal(params["PolicySourceArn"])
        return {"ContextKeyNames": context_keys([*sources, *_given(params, "PolicyInputList")])}

    async def simulate_custom(self, context: RequestContext, params: Params) -> Result:
        """What policies that are given decide."""
        return self._simulate(context, params, [], None, params.get("CallerArn"))

    async def simulate_principal(self, context: RequestContext, params: Params) -> Result:
        """What the policies of a user, group or role decide, with others that are given."""
        arn = params["PolicySourceArn"]
        sources, boundary = self._of_principal(arn)
        return self._simulate(context, params, sources, boundary, params.get("CallerArn", arn))

    def _simulate(
        self, context: RequestContext, params: Params, own: list[Source], boundary: Source | None, caller: str | None
    ) -> Result:
        _check(params, caller)
        limits = _given(params, "PermissionsBoundaryPolicyInputList") or ([boundary] if boundary else None)
        resource = (
            [Source(name="ResourcePolicy", text=_checked(text))] if (text := params.get("ResourcePolicy")) else []
        )
        identity = [*own, *_given(params, "PolicyInputList")]
        simulation = Simulation(identity=identity, resource=resource, boundary=limits)
        names = frozenset() if caller is None else request_names(caller, None)[0]
        entries = {
            entry["ContextKeyName"].lower(): tuple(entry.get("ContextKeyValues", ()))
            for entry in params.get("ContextEntries", ())
        }
        results = [
            simulation.result(
                AccessRequest(
                    action=action,
                    resource=arn,
                    principals=names,
                    account=account_names(context.account_id),
                    context=entries,
                )
            )
            for action in params["ActionNames"]
            for arn in params.get("ResourceArns") or ["*"]
        ]
        return page(params, "EvaluationResults", results)

    def _of_principal(self, arn: str) -> tuple[list[Source], Source | None]:
        """The identity policies and the boundary of a user (with its groups'), group or role."""
        kind, entity = self._entity(arn)
        sources = self._policies(kind, entity)
        for group in entity.get("Groups", ()):
            sources += self._policies("Group", self._state.entity("Group", group))
        boundary = entity.get("PermissionsBoundary")
        return sources, self._managed(boundary) if boundary else None

    def _entity(self, arn: str) -> tuple[str, Document]:
        principal, name = principal_of(arn), arn.rpartition("/")[2]
        kind = "Group" if ":group/" in arn else principal.kind.capitalize()
        if kind not in ("Group", "Role", "User"):
            raise invalid_input(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
        entity = self._state.entity(kind, name)
        if entity["Arn"] != arn:
            raise not_found(kind.lower(), name)
        return kind, entity

    def _policies(self, kind: str, entity: Document) -> list[Source]:
        prefix = f"{kind.lower()}_{entity[f'{kind}Name']}_"
        inline = [Source(name=prefix + name, text=text) for name, text in entity["Inline"].items()]
        return [*inline, *(found for arn in entity["Attached"] if (found := self._managed(arn)))]

    def _managed(self, arn: str) -> Source | None:
        text = self._state.identities.managed_policy(arn)
        return None if text is None else Source(name=arn.rpartition("/")[2], text=text)


def _check(params: Params, caller: str | None) -> None:
    given = [member for member in _UNSUPPORTED if member in params]
    if given:
        raise invalid_input(f"The emulator does not support {given[0]} of simulations.")
    if "ResourcePolicy" in params and caller is None:
        raise invalid_input("A resource policy is simulated for a caller: CallerArn is needed, too.")


def _given(params: Params, member: str) -> list[Source]:
    texts = params.get(member, ())
    return [Source(name=f"{member}.{number}", text=_checked(text)) for number, text in enumerate(texts, 1)]


def _checked(text: str) -> str:
    try:
        parse_policy(text)
    except PolicySyntaxError as error:
        raise invalid_input(str(error)) from error
    return text
