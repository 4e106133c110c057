"""The run-time check of `access=`: the gateway has let the caller through, and this asks again, knowing less of IAM."""

from __future__ import annotations

from mlfn.runtime.identity import AUTHENTICATED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from mlfn.runtime.identity import Caller
    from mlfn.runtime.manifest import Manifest


def is_allowed(caller: Caller, manifest: Manifest) -> bool:
    """Whether `access=` of a model or pipeline names a caller: nobody named, and whoever got here may."""
    if manifest.tokens is not None:
        # Tokens open the route; direct calls are IAM's to allow, whether they bring a proof or not.
        return caller.path == "direct" or (caller.path == "http_jwt" and _holds(caller.claims, manifest.tokens))
    if not manifest.allow or "*" in manifest.allow:
        return True
    if caller.assurance < AUTHENTICATED or not caller.id:
        return False
    return is_named(caller, manifest.allow) or _is_callers_role(_names(caller.id), manifest)


def is_named(caller: Caller, principals: Iterable[str]) -> bool:
    """Whether a caller is one of these, and somebody vouches for that."""
    if caller.assurance < AUTHENTICATED or not caller.id:
        return False
    names = _names(caller.id)
    return any([_matches(principal, names) for principal in principals])


def _names(arn: str) -> tuple[str, ...]:
    """Every principal that stands for a caller; a role is named without its path, which its sessions do not tell."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        return (arn,)
    partition, account, resource = parts[1], parts[4], parts[5].split("/")
    names = (arn, account, f"arn:{partition}:iam::{account}:root")
    if resource[0] == "assumed-role" and len(resource) > 1:
        return (*names, f"arn:{partition}:iam::{account}:role/{resource[1]}")
    return (*names, _without_path(arn)) if resource[0] == "role" else names


def _without_path(arn: str) -> str:
    kind, mark, name = arn.partition(":role/")
    return f"{kind}{mark}{name.rpartition('/')[2]}"


def _matches(principal: str, names: tuple[str, ...]) -> bool:
    if ":role/" in principal:
        principal = _without_path(principal)
    if "*" not in principal:
        return principal in names
    return any([_fits(name, principal) for name in names])


def _fits(name: str, pattern: str) -> bool:
    """Whether a pattern's `*`s can stand for what is missing of a name."""
    first, *middle, last = pattern.split("*")
    if not name.startswith(first) or not name.endswith(last) or len(name) < len(first) + len(last):
        return False
    at, end = len(first), len(name) - len(last)
    for part in middle:
        found = name.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _is_callers_role(names: tuple[str, ...], manifest: Manifest) -> bool:
    """Whether it is the role that the stack has made for principals of other accounts."""
    from os import environ  # noqa: PLC0415 - most callers are named themselves

    from mlfn.access import callers_role  # noqa: PLC0415

    if len(names) < 2 or all([f"::{names[1]}:" in principal for principal in manifest.allow]):
        return False
    role = callers_role(manifest.app, environ.get("MLFN_STAGE", ""), manifest.name)
    return any([name.endswith(f"::{names[1]}:role/{role}") for name in names])


def _holds(claims: dict[str, Any], tokens: dict[str, Any]) -> bool:
    """Whether claims are those of a token that opens the route."""
    if claims.get("iss") != tokens["issuer"]:
        return False
    audiences = _listed(claims.get("aud") or claims.get("client_id"))
    scopes = _listed(claims.get("scope") or claims.get("scp"))
    wanted = tokens["scopes"]
    return not audiences.isdisjoint(tokens["audiences"]) and (not wanted or not scopes.isdisjoint(wanted))


def _listed(claim: Any) -> set[str]:
    """A claim's values; API Gateway writes a list as `[a b]`."""
    if isinstance(claim, str):
        return {claim, *claim.strip("[]").split()}
    return {each for each in claim if isinstance(each, str)} if isinstance(claim, list) else set()
