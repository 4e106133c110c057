"""What a bucket's website configuration has to be, and in which words S3 says that it is not.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketWebsite.html
"""

from __future__ import annotations

from typing import Any

from mlfn_localstack.protocols.xml_values import malformed_xml
from mlfn_localstack.services.s3.errors import invalid_argument, invalid_request


def check_website(value: dict[str, Any]) -> None:
    """Refuse what is no website.

    Raises:
        ServiceError: InvalidArgument, InvalidRequest or MalformedXML.
    """
    if "RedirectAllRequestsTo" in value:
        _check_elsewhere(value)
        return
    _check_index(value.get("IndexDocument"))
    if "Key" not in value.get("ErrorDocument", {"Key": ""}):
        raise malformed_xml()
    if value.get("RoutingRules") == []:
        raise malformed_xml()
    for rule in value.get("RoutingRules", ()):
        _check_rule(rule)


def _check_elsewhere(value: dict[str, Any]) -> None:
    if len(value) > 1:
        message = "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules."
        raise invalid_argument(message, name="RedirectAllRequestsTo", value="not null")
    if "HostName" not in value["RedirectAllRequestsTo"]:
        raise malformed_xml()
    _check_protocol(value["RedirectAllRequestsTo"])


def _check_index(index: dict[str, Any] | None) -> None:
    if index is None:
        message = "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty"
        raise invalid_argument(message, name="IndexDocument", value="null")
    suffix = index.get("Suffix", "")
    if not suffix or "/" in suffix:
        raise invalid_argument("The IndexDocument Suffix is not well formed", name="IndexDocument", value=suffix)


def _check_rule(rule: dict[str, Any]) -> None:
    redirect = rule.get("Redirect")
    if redirect is None:
        raise malformed_xml()
    if "ReplaceKeyPrefixWith" in redirect and "ReplaceKeyWith" in redirect:
        raise invalid_request("You can only define ReplaceKeyPrefix or ReplaceKey but not both.")
    _check_protocol(redirect)
    if rule.get("Condition") == {}:
        raise invalid_request(
            "Condition cannot be empty. To redirect all requests without a condition, "
            "the condition element shouldn't be present."
        )


def _check_protocol(redirect: dict[str, Any]) -> None:
    if redirect.get("Protocol", "http") not in ("http", "https"):
        raise invalid_request(
            "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected "
            "automatically."
        )
