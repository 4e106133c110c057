"""Cross-origin requests to a bucket: which of its rules lets them, and what an answer then says.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.globs import compile_glob
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.http import HttpRequest

Rule = dict[str, Any]
Headers = tuple[tuple[str, str], ...]

_METHOD = "access-control-request-method"
_HEADERS = "access-control-request-headers"
_VARY = ("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")
_METHODS = ("GET", "PUT", "HEAD", "POST", "DELETE")


def preflight(request: HttpRequest, bucket: dict[str, Any] | None, *, is_object: bool) -> Headers:
    """What a browser that asks is told.

    Raises:
        ServiceError: BadRequest or AccessForbidden: it may not.
    """
    origin = request.fields.get("origin")
    if origin is None:
        raise ServiceError("BadRequest", "Insufficient information. Origin request header needed.")
    asked = request.fields.get(_METHOD)
    if bucket is None:
        raise _forbidden("Bucket not found", asked, is_object=False)
    rules = _rules(bucket)
    if not rules:
        raise _forbidden("CORS is not enabled for this bucket.", asked, is_object=False)
    if asked not in _METHODS:
        raise ServiceError("BadRequest", f"Invalid Access-Control-Request-Method: {asked or 'null'}")
    allowed = _allowed(rules, origin, asked, request.fields.get(_HEADERS))
    if allowed is None:
        message = (
            "This CORS request is not allowed. This is usually because the evalution of Origin, request method / "
            "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's "
            "CORS spec."
        )
        raise _forbidden(message, asked, is_object=is_object)
    return allowed


def answer_headers(request: HttpRequest, bucket: dict[str, Any] | None) -> Headers:
    """What any other answer says beside its own headers: nothing where no rule fits."""
    fields = request.fields
    if bucket is None or "origin" not in fields:
        return ()
    return _allowed(_rules(bucket), fields["origin"], request.method, fields.get(_HEADERS)) or ()


def _rules(bucket: dict[str, Any]) -> list[Rule]:
    rules: list[Rule] = bucket["Settings"].get("CORSConfiguration", {}).get("CORSRules", [])
    return rules


def _allowed(rules: list[Rule], origin: str, method: str, asked: str | None) -> Headers | None:
    names = [name.strip().lower() for name in asked.split(",") if name.strip()] if asked else []
    for rule in rules:
        fitting = next((each for each in rule["AllowedOrigins"] if _fits(each, origin)), None)
        patterns = [each.lower() for each in rule.get("AllowedHeaders", ())]
        headers_fit = all(any(_fits(pattern, name) for pattern in patterns) for name in names)
        if fitting is not None and method in rule["AllowedMethods"] and headers_fit:
            return _shown(rule, "*" if fitting == "*" else origin, names)
    return None


def _shown(rule: Rule, origin: str, names: list[str]) -> Headers:
    shown = [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Methods", ", ".join(rule["AllowedMethods"])),
    ]
    if names:
        shown.append(("Access-Control-Allow-Headers", ", ".join(names)))
    if rule.get("ExposeHeaders"):
        shown.append(("Access-Control-Expose-Headers", ", ".join(rule["ExposeHeaders"])))
    if "MaxAgeSeconds" in rule:
        shown.append(("Access-Control-Max-Age", str(rule["MaxAgeSeconds"])))
    if origin != "*":
        shown.append(("Access-Control-Allow-Credentials", "true"))
    return (*shown, _VARY)


def _fits(pattern: str, text: str) -> bool:
    return compile_glob(pattern, question_mark=False).fullmatch(text) is not None


def _forbidden(message: str, asked: str | None, *, is_object: bool) -> ServiceError:
    fields = {"Method": asked or "OPTIONS", "ResourceType": "OBJECT" if is_object else "BUCKET"}
    return ServiceError("AccessForbidden", f"CORSResponse: {message}", status=403, fields=fields)
