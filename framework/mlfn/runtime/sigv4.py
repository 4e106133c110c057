"""AWS Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html."""

from __future__ import annotations

from hmac import digest as hmac
from time import gmtime

from mlfn.sha256 import prefer_openssl, sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
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


def presigned(request: Request, credentials: Credentials, *, region: str, now_s: float, expires_s: int) -> str:
    """The query that lets whoever has it send an S3 request with these headers, for so long."""
    date, names = amz_date(now_s), ";".join(sorted(request.headers))
    scope = f"{date[:8]}/{region}/s3/aws4_request"
    fields = {
        **dict(pair.partition("=")[::2] for pair in request.query.split("&") if pair),
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{credentials.access_key}/{scope}".replace("/", "%2F"),
        "X-Amz-Date": date,
        "X-Amz-Expires": str(expires_s),
        "X-Amz-SignedHeaders": names.replace(";", "%3B"),
    }
    if credentials.token:
        fields["X-Amz-Security-Token"] = quoted(credentials.token)
    query = "&".join([f"{name}={fields[name]}" for name in sorted(fields)])
    lines = "".join([f"{name}:{' '.join(request.headers[name].split())}\n" for name in sorted(request.headers)])
    canonical = f"{request.method}\n{request.path}\n{query}\n{lines}\n{names}\nUNSIGNED-PAYLOAD"
    text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{sha256(canonical.encode()).hex()}"
    signature = hmac(_key(credentials.secret_key, date[:8], region, "s3"), text.encode(), "sha256").hex()
    return f"{query}&X-Amz-Signature={signature}"


def quoted(text: str, *, safe: bytes = b"") -> str:
    """Percent-encoding as signatures want it (RFC 3986 unreserved characters stay)."""
    return "".join([chr(byte) if byte in _UNRESERVED or byte in safe else f"%{byte:02X}" for byte in text.encode()])


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
