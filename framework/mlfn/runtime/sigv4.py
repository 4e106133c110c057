"""AWS Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html."""

from __future__ import annotations

from hmac import digest as hmac
from time import gmtime

from mlfn.sha256 import prefer_openssl, sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

prefer_openssl()  # HMAC has loaded it
_keys: dict[tuple[str, str, str, str], bytes] = {}


class Credentials:
    """An access key, with a session token if it is a role's."""

    __slots__ = ("access_key", "secret_key", "token")

    def __init__(self, access_key: str, secret_key: str, token: str | None = None) -> None:
        self.access_key = access_key
        self.secret_key = secret_key
        self.token = token

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Credentials:
        """What Lambda (or a user) sets."""
        get = environ.get
        return cls(get("AWS_ACCESS_KEY_ID", ""), get("AWS_SECRET_ACCESS_KEY", ""), get("AWS_SESSION_TOKEN") or None)


class Request:
    """A request to sign: its path and query are already in the form that is sent."""

    __slots__ = ("body", "headers", "method", "path", "query")

    def __init__(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        """Names in lower case; `host` among them."""
        self.body = body


def amz_date(now_s: float) -> str:
    """`20261123T061800Z`."""
    now = gmtime(now_s)
    return f"{now[0]:04}{now[1]:02}{now[2]:02}T{now[3]:02}{now[4]:02}{now[5]:02}Z"


def sign(request: Request, credentials: Credentials, *, service: str, region: str, now_s: float) -> None:
    """Add `x-amz-date`, `x-amz-security-token` and `authorization` to a request's headers."""
    headers, date = request.headers, amz_date(now_s)
    headers["x-amz-date"] = date
    if credentials.token:
        headers["x-amz-security-token"] = credentials.token
    names = sorted(headers)
    signed = ";".join(names)
    lines = "".join([f"{name}:{' '.join(headers[name].split())}\n" for name in names])
    payload = headers.get("x-amz-content-sha256") or sha256(request.body).hex()
    canonical = f"{request.method}\n{request.path}\n{request.query}\n{lines}\n{signed}\n{payload}"
    scope = f"{date[:8]}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{sha256(canonical.encode()).hex()}"
    signature = hmac(_key(credentials.secret_key, date[:8], region, service), text.encode(), "sha256").hex()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, SignedHeaders={signed}, Signature={signature}"
    )


def _key(secret: str, day: str, region: str, service: str) -> bytes:
    """The signing key of a day; deriving it takes four hashes."""
    name = (secret, day, region, service)
    if (key := _keys.get(name)) is None:
        key = ("AWS4" + secret).encode()
        for part in (day, region, service, "aws4_request"):
            key = hmac(key, part.encode(), "sha256")
        _keys.clear() if len(_keys) > 16 else None
        _keys[name] = key
    return key
