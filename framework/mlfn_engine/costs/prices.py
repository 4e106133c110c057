"""AWS's list prices, from the one file that has them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What AWS asks in one region; `prices.toml` says for what, since when and where it is written."""

    region: str
    dated: str
    currency: str
    amounts: tuple[tuple[str, float], ...]
    """By `<service>.<what>`."""

    def of(self, name: str) -> float:
        """The price of one unit."""
        return dict(self.amounts)[name]


def list_prices() -> Prices:
    """The prices that come with mlfn."""
    found: dict[str, Any] = tomllib.loads(files(__package__).joinpath("prices.toml").read_text(encoding="utf-8"))
    amounts = {
        f"{service}.{name}": float(amount)
        for service, table in found.items()
        if isinstance(table, dict)
        for name, amount in table.items()
    }
    return Prices(
        region=found["region"], dated=found["dated"], currency=found["currency"], amounts=tuple(sorted(amounts.items()))
    )
