"""A function's network: kept and shown. There is no EC2, so that any ids will do, and it separates nothing."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.lambda_ import errors

if TYPE_CHECKING:
    from mlfn_localstack.service import Params


def check_vpc(params: Params) -> None:
    """Refuse subnets without security groups, and the other way round.

    Raises:
        ServiceError: as Lambda words it.
    """
    given = params.get("VpcConfig") or {}
    if bool(given.get("SubnetIds")) != bool(given.get("SecurityGroupIds")):
        raise errors.invalid_parameter("SubnetIds and SecurityIds must coexist or be both empty list.")


def shown_vpc(params: Params) -> dict[str, Any]:
    """A network as Lambda shows it, with the VPC that the subnets would be in; one that was given up is shown empty."""
    given = params.get("VpcConfig") or {}
    subnets = list(given.get("SubnetIds") or ())
    digest = hashlib.sha256(subnets[0].encode()).hexdigest() if subnets else ""
    return {
        "SubnetIds": subnets,
        "SecurityGroupIds": list(given.get("SecurityGroupIds") or ()),
        "VpcId": f"vpc-{digest[:17]}" if subnets else "",
        "Ipv6AllowedForDualStack": bool(given.get("Ipv6AllowedForDualStack")),
    }
