"""A secret that a model reads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Store(StrEnum):
    """Where a secret's value is."""

    SECRETS_MANAGER = "secretsmanager"
    PARAMETERS = "ssm"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretUse:
    """A secret under the name that the model knows it by."""

    name: str
    id: str
    """Its name, with {stage} where they differ, or its ARN."""
    field: str
    """The member of its JSON object that is meant; empty: all of it."""
    key: str
    """The ARN of the KMS key it is encrypted with; empty: AWS's own."""
    max_age_s: int
    store: Store = Store.SECRETS_MANAGER

    def id_in(self, stage: str) -> str:
        """Its name in a stage."""
        return self.id.replace("{stage}", stage)
