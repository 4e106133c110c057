"""`access=` and `public=`, checked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlfn.access import Jwt
from mlfn_engine.access import Access, TokenIssuer

if TYPE_CHECKING:
    from mlfn_engine.declarations.declared import Options

_NAME = r"[\w+=,.@*-]+"
_PRINCIPAL = re.compile(
    rf"arn:aws[a-z-]*:(?:iam::\d{{12}}:(?:root|(?:user|role)/(?:[\w+=,.@*-]+/)*{_NAME})"
    rf"|sts::\d{{12}}:(?:assumed-role/{_NAME}/{_NAME}|federated-user/{_NAME}))"
)
_ROLE_WITH_OPEN_PATH = re.compile(r"[^/]*:role/(?=.*/)(?=.*\*).*")
_ISSUER = re.compile(r"https://[^\s?#]+|http://(?:127\.0\.0\.1|localhost)(?::\d+)?(?:/[^\s?#]*)?")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
"""RFC 6749, section 3.3."""
_EXAMPLE = "arn:aws:iam::123456789012:role/reader"
_ARNS = f"Write ARNs such as {_EXAMPLE}, mlfn.Jwt(…) for holders of a token, or public=True for everybody."

_NARROWER = "Let '*' stand for a part of the name behind user/ or role/, or write public=True for everybody."


def read_access(options: Options) -> Access:
    """Who a mark lets call; what is wrong about it is noted."""
    given = _given(options)
    public = options.flag("public")
    principals = tuple(dict.fromkeys(each for each in given if isinstance(each, str)))
    issuers = [each for each in given if isinstance(each, Jwt)]
    for principal in principals:
        _check_principal(options, principal)
    if public and given:
        options.notebook.note(f"{options.subject} has both public=True and access=.", "Keep one of them.")
    if issuers and principals:
        options.notebook.note(
            f"{options.subject} has both ARNs and a Jwt in access, and a route has one authoriser.",
            "Keep one kind, or declare the function twice with different name=.",
        )
    if len(issuers) > 1:
        options.notebook.note(
            f"{options.subject} has {len(issuers)} Jwt in access, and a route takes the tokens of one issuer.",
            "Keep one, or declare the function once for each with different name=.",
        )
    tokens = [_token_issuer(options, each) for each in issuers]
    return Access(principals=principals, tokens=tokens[0] if tokens else None, public=public)


def _given(options: Options) -> tuple[str | Jwt, ...]:
    value = options.given.get("access")
    if value is None:
        return ()
    listed = isinstance(value, Sequence) and not isinstance(value, (str, bytes))
    if listed and all(isinstance(each, Jwt) or (isinstance(each, str) and each) for each in value):
        return tuple(value)
    options.notebook.note(
        f"{options.subject} has access={value!r}.",
        f"Write a list of ARNs or mlfn.Jwt(…), such as access=[{_EXAMPLE!r}].",
    )
    return ()


def _check_principal(options: Options, principal: str) -> None:
    problem, step = principal_problem(principal)
    if problem:
        options.notebook.note(f"{options.subject} has {principal!r} in access, {problem}.", step)


def principal_problem(principal: str) -> tuple[str, str]:
    """What is wrong with a text as an IAM principal, and what to write; empty if nothing is."""
    problem, step = "", ""
    if _PRINCIPAL.fullmatch(principal) is None:
        problem, step = ("which is too wide", _NARROWER) if "*" in principal else ("which is no IAM principal", _ARNS)
    elif _ROLE_WITH_OPEN_PATH.fullmatch(principal):
        problem = "and a role's session does not tell the role's path"
        step = "Leave out the path: '*' then stands for a part of the role's name."
    return problem, step


def _token_issuer(options: Options, jwt: Jwt) -> TokenIssuer:
    audiences = _texts(jwt.audience)
    scopes = _texts(jwt.scopes)
    if not isinstance(jwt.issuer, str) or not _ISSUER.fullmatch(jwt.issuer):
        options.notebook.note(
            f"{options.subject} has a Jwt in access whose issuer is {jwt.issuer!r}.",
            "Write the https address that its tokens have in iss.",
        )
    if not audiences or not all(audiences):
        options.notebook.note(
            f"{options.subject} has a Jwt in access with audience={jwt.audience!r}.",
            "Name who its tokens are for: without an audience, tokens for others would be taken.",
        )
    if scopes is None or not all(_SCOPE.fullmatch(scope) for scope in scopes):
        options.notebook.note(
            f"{options.subject} has a Jwt in access with scopes={jwt.scopes!r}.",
            "Write a list of scopes without spaces, such as scopes=['models/read'].",
        )
    return TokenIssuer(issuer=str(jwt.issuer), audiences=audiences or (), scopes=scopes or ())


def _texts(value: object) -> tuple[str, ...] | None:
    """A text or a list of them; None if it is neither."""
    listed = (value,) if isinstance(value, str) else value
    if not isinstance(listed, (list, tuple)) or not all(isinstance(each, str) for each in listed):
        return None
    return tuple(dict.fromkeys(listed))
