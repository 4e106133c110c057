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
    """A network as Lambda shows it, with the VPC that the subnets would be in; empty if there is none."""
    given = params.get("VpcConfig") or {}
    if not given.get("SubnetIds"):
        return {}
    digest = hashlib.sha256(given["SubnetIds"][0].encode()).hexdigest()
    return {
        "SubnetIds": list(given["SubnetIds"]),
        "SecurityGroupIds": list(given["SecurityGroupIds"]),
        "VpcId": f"vpc-{digest[:17]}",
        "Ipv6AllowedForDualStack": bool(given.get("Ipv6AllowedForDualStack")),
    }
