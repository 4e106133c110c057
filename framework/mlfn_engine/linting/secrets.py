"""Credentials that have no business in an image."""

from __future__ import annotations

import re

_NAMES = re.compile(
    r"(^|/)(\.env(\.[\w-]+)?|\.netrc|\.pypirc|\.git-credentials|\.npmrc|\.htpasswd"
    r"|id_(rsa|dsa|ecdsa|ed25519)|credentials\.json|service-account[\w-]*\.json"
    r"|\.aws/(credentials|config)|\.git/.+|\.docker/config\.json|\.kube/config)$"
)
_CONTENTS = (
    ("a private key", re.compile(rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/]")),
    ("an AWS secret key", re.compile(rb"(?i)aws_?secret_?access_?key[\"']?\s*[:=]\s*[\"']?[A-Za-z0-9/+]{40}\b")),
    ("a GitHub token", re.compile(rb"\bgh[pousr]_[A-Za-z0-9]{36}\b")),
    ("a Slack token", re.compile(rb"\bxox[abpr]-[0-9]{6,}-[A-Za-z0-9-]{10,}")),
    ("a PyPI token", re.compile(rb"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}")),
)


def named_like_a_secret(path: str) -> bool:
    """Whether tools keep credentials under such a name."""
    return _NAMES.search(path) is not None


def secret_in(content: bytes) -> str | None:
    """What kind of credential a file holds; None if none was recognised."""
    return next((kind for kind, pattern in _CONTENTS if pattern.search(content)), None)
