"""Buckets as websites: what is configured, and what visitors get."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from tests.conformance.s3.recorded import BAD_XML, HttpAnswer, answer, refusal, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixtures.emulator import LiveEmulator

INDEX: dict[str, Any] = {"IndexDocument": {"Suffix": "index.html"}}


@pytest.fixture
def site(s3: Any, bucket: str) -> str:
    """A bucket that everybody may read and list, with an index."""
    s3.delete_public_access_block(Bucket=bucket)
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    allowed = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": resources,
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=INDEX)
    s3.put_object(Bucket=bucket, Key="index.html", Body=b"<p>home</p>", ContentType="text/html")
    s3.put_object(Bucket=bucket, Key="about/index.html", Body=b"about")
    return bucket


@pytest.fixture
def visit(emulator: LiveEmulator) -> Callable[..., HttpAnswer]:
    """Visit a bucket's page."""
    port = urlsplit(emulator.endpoint).port

    def ask(bucket: str, path: str, method: str = "GET", if_none_match: str = "") -> HttpAnswer:
        host = f"{bucket}.s3-website.localhost:{port}"
        return send(method, emulator.endpoint + path, Host=host, if_none_match=if_none_match)

    return ask


def told(found: HttpAnswer) -> list[str]:
    """A page of S3's own about an error: its title, and the items of its lists that are the same each time."""
    text = found.body.decode()
    title = re.search(r"<h1>(.*)</h1>", text)
    items = re.findall(r"<h3>.*</h3>|<li>(?!RequestId|HostId)(.*)</li>", text)
    return [title[1] if title else "", *items]


def missing(key: str) -> list[str]:
    """What is told of an object that is not there."""
    return ["Code: NoSuchKey", "Message: The specified key does not exist.", f"Key: {key}"]


def test_a_website_is_put_shown_and_deleted(s3: Any, bucket: str) -> None:
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=INDEX)
    shown = answer(s3.get_bucket_website(Bucket=bucket))
    s3.delete_bucket_website(Bucket=bucket)

    assert shown == INDEX
    assert refusal(s3.get_bucket_website, Bucket=bucket)[1]["Code"] == "NoSuchWebsiteConfiguration"


def argument(message: str, name: str, value: str | None) -> dict[str, str | None]:
    """The error about one argument."""
    return {"Code": "InvalidArgument", "Message": message, "ArgumentName": name, "ArgumentValue": value}


def invalid(message: str) -> dict[str, str]:
    """The error about how things go together."""
    return {"Code": "InvalidRequest", "Message": message}


NOT_FORMED = "The IndexDocument Suffix is not well formed"
PROTOCOL = (
    "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically."
)
REFUSED: list[tuple[dict[str, Any], Any]] = [
    ({"IndexDocument": {"Suffix": "/index.html"}}, argument(NOT_FORMED, "IndexDocument", "/index.html")),
    ({"IndexDocument": {"Suffix": ""}}, argument(NOT_FORMED, "IndexDocument", None)),
    (
        {"RedirectAllRequestsTo": {"HostName": "h"}, **INDEX},
        argument(
            "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
            *("RedirectAllRequestsTo", "not null"),
        ),
    ),
    (
        {"ErrorDocument": {"Key": "e"}},
        argument(
            "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
            *("IndexDocument", "null"),
        ),
    ),
    ({"RedirectAllRequestsTo": {"HostName": "h", "Protocol": "ftp"}}, invalid(PROTOCOL)),
    (INDEX | {"RoutingRules": [{"Redirect": {"Protocol": "ftp"}}]}, invalid(PROTOCOL)),
    (
        INDEX | {"RoutingRules": [{"Redirect": {"ReplaceKeyWith": "a", "ReplaceKeyPrefixWith": "b"}}]},
        invalid("You can only define ReplaceKeyPrefix or ReplaceKey but not both."),
    ),
    (
        INDEX | {"RoutingRules": [{"Condition": {}, "Redirect": {"HostName": "h"}}]},
        invalid(
            "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't "
            "be present."
        ),
    ),
    (INDEX | {"RoutingRules": []}, BAD_XML),
]


@pytest.mark.parametrize(("website", "error"), REFUSED, ids=[str(number) for number in range(len(REFUSED))])
def test_a_website_that_is_none(s3: Any, bucket: str, website: dict[str, Any], error: Any) -> None:
    assert refusal(s3.put_bucket_website, Bucket=bucket, WebsiteConfiguration=website) == (400, error)


def test_visitors_get_pages_and_the_index_of_a_directory(site: str, visit: Callable[..., HttpAnswer]) -> None:
    home, about, without_slash = visit(site, "/"), visit(site, "/about/"), visit(site, "/about")

    assert (home.status, home.body, home.headers["content-type"]) == (200, b"<p>home</p>", "text/html")
    assert about.body == b"about"
    assert (without_slash.status, without_slash.headers["location"]) == (302, "/about/")
    assert visit(site, "/", "HEAD").headers["content-length"] == "11"
    assert visit(site, "/", if_none_match=home.headers["etag"]).status == 304


def test_what_is_not_there_is_told_in_html(site: str, visit: Callable[..., HttpAnswer]) -> None:
    assert told(visit(site, "/wrong")) == ["404 Not Found", *missing("wrong")]
    assert told(visit(site, "/wrong/")) == ["404 Not Found", *missing("wrong/index.html")]
    assert told(visit("no-such-website", "/")) == [
        *("404 Not Found", "Code: NoSuchBucket", "Message: The specified bucket does not exist"),
        "BucketName: no-such-website",
    ]


def test_a_bucket_without_a_configuration_is_no_website(s3: Any, site: str, visit: Callable[..., HttpAnswer]) -> None:
    s3.delete_bucket_website(Bucket=site)

    message = "Message: The specified bucket does not have a website configuration"
    assert told(visit(site, "/")) == [
        *("404 Not Found", "Code: NoSuchWebsiteConfiguration", message),
        f"BucketName: {site}",
    ]


def test_visitors_only_read(site: str, visit: Callable[..., HttpAnswer]) -> None:
    assert told(visit(site, "/", "DELETE")) == [
        *("405 Method Not Allowed", "Code: MethodNotAllowed"),
        "Message: The specified method is not allowed against this resource.",
        *("Method: DELETE", "ResourceType: OBJECT"),
    ]


def test_a_closed_bucket_is_a_closed_website(s3: Any, site: str, visit: Callable[..., HttpAnswer]) -> None:
    s3.delete_bucket_policy(Bucket=site)

    assert told(visit(site, "/")) == ["403 Forbidden", "Code: AccessDenied", "Message: Access Denied"]


def test_a_website_has_a_page_for_errors(s3: Any, site: str, visit: Callable[..., HttpAnswer]) -> None:
    s3.put_bucket_website(Bucket=site, WebsiteConfiguration=INDEX | {"ErrorDocument": {"Key": "error.html"}})
    before = visit(site, "/wrong")
    s3.put_object(Bucket=site, Key="error.html", Body=b"sorry")
    after = visit(site, "/wrong")

    assert "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>" in before.body.decode()
    assert [item for item in told(before) if item] == ["404 Not Found", *missing("wrong"), *missing("error.html")]
    assert (after.status, after.body) == (404, b"sorry")


def test_rules_and_objects_send_visitors_elsewhere(s3: Any, site: str, visit: Callable[..., HttpAnswer]) -> None:
    moved = {"Condition": {"KeyPrefixEquals": "docs/"}, "Redirect": {"ReplaceKeyPrefixWith": "documents/"}}
    lost = {
        "Condition": {"KeyPrefixEquals": "p", "HttpErrorCodeReturnedEquals": "404"},
        "Redirect": {"HostName": "other.example", "Protocol": "https", "HttpRedirectCode": "307"},
    }
    s3.put_bucket_website(Bucket=site, WebsiteConfiguration=INDEX | {"RoutingRules": [moved, lost]})
    s3.put_object(Bucket=site, Key="old", Body=b"", WebsiteRedirectLocation="/new")

    found = {path: visit(site, path) for path in ("/docs/a", "/page", "/old", "/else")}

    assert urlsplit(found["/docs/a"].headers["location"]).path == "/documents/a"
    assert (found["/page"].status, found["/page"].headers["location"]) == (307, "https://other.example/page")
    assert (found["/old"].status, found["/old"].headers["location"]) == (301, "/new")
    assert found["/else"].status == 404


def test_a_website_may_be_elsewhere_altogether(s3: Any, site: str, visit: Callable[..., HttpAnswer]) -> None:
    s3.put_bucket_website(Bucket=site, WebsiteConfiguration={"RedirectAllRequestsTo": {"HostName": "new.example"}})

    found = visit(site, "/a/b?c=d")

    assert (found.status, found.headers["location"]) == (301, "http://new.example/a/b?c=d")
