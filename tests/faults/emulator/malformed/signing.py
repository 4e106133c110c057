"""Requests as bytes, signed with Signature Version 4 by code of the tests' own, every part of which can be wrong.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass, replace
from urllib.parse import quote

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """A request that is not signed yet; `target` is as it goes over the wire."""

    service: str
    """Its signing name."""
    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A key pair, and what its signatures say."""

    host: str
    access_key: str
    secret_key: str
    token: str | None = None
    region: str = "us-east-1"
    scope_service: str | None = None
    """Another service than the request's in the credential scope."""
    scope_date: str | None = None
    shift_s: float = 0.0
    """How far the signature's time is from now."""

    def signed(self, plain: Plain) -> bytes:
        """The request with an Authorization header."""
        return to_bytes(replace(plain, headers=self.headers(plain)))

    def headers(self, plain: Plain) -> Headers:
        """All headers of the signed request."""
        digest = hashlib.sha256(plain.body).hexdigest()
        added = [("Host", self.host), ("X-Amz-Date", self._stamp())]
        if plain.service == "s3":
            added.append(("x-amz-content-sha256", digest))
        if self.token is not None:
            added.append(("X-Amz-Security-Token", self.token))
        names = {name.lower() for name, _ in plain.headers}
        headers = (*plain.headers, *((name, value) for name, value in added if name.lower() not in names))
        names_signed = ";".join(sorted({name.lower() for name, _ in headers}))
        signature = self._signature(replace(plain, headers=headers), names_signed, digest)
        credential = f"{self.access_key}/{self._scope(plain.service)}"
        authorization = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names_signed}, Signature={signature}"
        return (*headers, ("Authorization", authorization))

    def presigned(self, plain: Plain, *, expires_s: int = 60, extra: str = "") -> bytes:
        """The request with its signature in the query string."""
        fields = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{self.access_key}/{self._scope(plain.service)}",
            "X-Amz-Date": self._stamp(),
            "X-Amz-Expires": str(expires_s),
            "X-Amz-SignedHeaders": "host",
        }
        if self.token is not None:
            fields["X-Amz-Security-Token"] = self.token
        query = "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in fields.items())
        joint = "&" if "?" in plain.target else "?"
        unsigned = replace(plain, target=f"{plain.target}{joint}{query}", headers=(("Host", self.host),))
        digest = "UNSIGNED-PAYLOAD" if plain.service == "s3" else hashlib.sha256(plain.body).hexdigest()
        signature = self._signature(unsigned, "host", digest)
        return to_bytes(replace(unsigned, target=f"{unsigned.target}{extra}&X-Amz-Signature={signature}"))

    def _signature(self, plain: Plain, names: str, digest: str) -> str:
        path, _, query = plain.target.partition("?")
        canonical_path = path if plain.service == "s3" else quote(path, safe="/-_.~")
        ordered = "&".join(sorted(part if "=" in part else f"{part}=" for part in query.split("&") if part))
        values = {name.lower(): value for name, value in plain.headers}
        headers = "".join(f"{name}:{' '.join(values[name].split())}\n" for name in names.split(";"))
        canonical = "\n".join((plain.method, canonical_path, ordered, headers, names, digest))
        scope = self._scope(plain.service)
        text = "\n".join(("AWS4-HMAC-SHA256", self._stamp(), scope, hashlib.sha256(canonical.encode()).hexdigest()))
        key = b"AWS4" + self.secret_key.encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.new(key, text.encode(), "sha256").hexdigest()

    def _scope(self, service: str) -> str:
        date = self.scope_date or self._stamp()[:8]
        return f"{date}/{self.region}/{self.scope_service or service}/aws4_request"

    def _stamp(self) -> str:
        return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + self.shift_s))


def to_bytes(plain: Plain, *, close: bool = True) -> bytes:
    """A request on the wire."""
    lines = [f"{plain.method} {plain.target} HTTP/1.1", *(f"{name}: {value}" for name, value in plain.headers)]
    if plain.body or plain.method in ("POST", "PUT"):
        lines.append(f"Content-Length: {len(plain.body)}")
    if close:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + plain.body
