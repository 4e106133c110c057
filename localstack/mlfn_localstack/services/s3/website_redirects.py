"""Where a website sends its visitors.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-page-redirect.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mlfn_localstack.http import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.http import HttpRequest

_PERMANENTLY = 301


def elsewhere(request: HttpRequest, website: Mapping[str, Any]) -> HttpResponse | None:
    """The same page of the host that all requests go to, if there is one."""
    to = website.get("RedirectAllRequestsTo")
    if to is None:
        return None
    return redirected(
        _PERMANENTLY, f"{to.get('Protocol', 'http')}://{to['HostName']}{request.raw_path}{_query(request)}"
    )


def by_rule(
    request: HttpRequest, website: Mapping[str, Any], key: str, status: int | None = None
) -> HttpResponse | None:
    """The answer of the first rule that is about a key (and, once it is known, about the status), if there is one."""
    rule = next((each for each in website.get("RoutingRules", ()) if _is_about(each, key, status)), None)
    if rule is None:
        return None
    redirect, prefix = rule["Redirect"], rule.get("Condition", {}).get("KeyPrefixEquals", "")
    if "ReplaceKeyWith" in redirect:
        key = redirect["ReplaceKeyWith"]
    elif "ReplaceKeyPrefixWith" in redirect:
        key = redirect["ReplaceKeyPrefixWith"] + key.removeprefix(prefix)
    host = redirect.get("HostName", request.fields.get("host", ""))
    place = f"{redirect.get('Protocol', 'http')}://{host}/{quote(key)}{_query(request)}"
    return redirected(int(redirect.get("HttpRedirectCode", _PERMANENTLY)), place)


def redirected(status: int, location: str) -> HttpResponse:
    """The answer that says where to go."""
    return HttpResponse(status=status, headers=(("Location", location),))


def _is_about(rule: Mapping[str, Any], key: str, status: int | None) -> bool:
    condition = rule.get("Condition", {})
    wanted = condition.get("HttpErrorCodeReturnedEquals")
    return key.startswith(condition.get("KeyPrefixEquals", "")) and (wanted is None or wanted == str(status))


def _query(request: HttpRequest) -> str:
    return f"?{request.raw_query}" if request.raw_query else ""
