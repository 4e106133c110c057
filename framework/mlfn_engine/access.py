"""Who may call a model or pipeline."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIssuer:
    """Whose tokens open a route: for one of the audiences and, where there are scopes, with one of them."""

    issuer: str
    audiences: tuple[str, ...]
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may call: IAM principals beside the deploying account, or holders of tokens, or everybody."""

    principals: tuple[str, ...] = ()
    tokens: TokenIssuer | None = None
    public: bool = False
