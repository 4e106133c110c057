"""A plan that is kept, and what must still be so when it is carried out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mlfn.errors import DeployError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_engine.planning.blueprint import Blueprint
    from mlfn_engine.values import Deployment

FORMAT = 1
PLAN_AGAIN = "Look at what it would do now: mlfn plan."


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is deployed, as far as a plan rests on it."""

    updated_at: str | None = None
    """When the stack last changed; None: there was none."""
    traffic: tuple[tuple[str, str], ...] = ()
    held: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, deployed: Deployment | None) -> World:
        """What a deployment is to a plan."""
        if deployed is None:
            return cls()
        return cls(updated_at=deployed.updated_at, traffic=deployed.traffic, held=deployed.held)

    def differences(self, now: World) -> Iterator[str]:
        """What is no longer so."""
        if self.updated_at != now.updated_at:
            yield f"the stack's last update was {now.updated_at or 'never'}, and {self.updated_at or 'never'} then"
        elif (self.traffic, self.held) != (now.traffic, now.held):
            before, after = dict(self.traffic), dict(now.traffic)
            moved = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
            yield f"traffic of {', '.join(moved) or 'a model'} was moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a plan would deploy, by digest."""

    template: str
    images: tuple[tuple[str, str], ...]
    """By function key."""
    release: str

    @classmethod
    def of(cls, made: Blueprint) -> Source:
        """What a project declares now."""
        template = hashlib.sha256(made.app.body.encode()).hexdigest()
        images = tuple(sorted((image.function, image.digest) for image in made.images))
        return cls(template=template, images=images, release=made.release)

    def differences(self, now: Source) -> Iterator[str]:
        """What is no longer so."""
        before, after = dict(self.images), dict(now.images)
        if changed := sorted(key for key in {*before, *after} if before.get(key) != after.get(key)):
            yield f"the code of {', '.join(changed)} differs"
        elif self.template != now.template:
            yield "the template differs"
        elif self.release != now.release:
            yield "what the stage's apps share differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPlan:
    """A plan, for `mlfn deploy FILE`."""

    app: str
    stage: str
    target: str
    source: Source
    world: World

    def to_json(self, shown: dict[str, object]) -> str:
        """The file's text; what the plan would do is in it for people and other programs."""
        return json.dumps({"mlfn_plan": FORMAT, **asdict(self), "plan": shown}, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, name: str) -> SavedPlan:
        """The plan in a file.

        Raises:
            UsageError: it holds none.
        """
        try:
            fields: dict[str, Any] = json.loads(text)
            if fields["mlfn_plan"] != FORMAT:
                raise ValueError("another format")
            return cls(
                app=fields["app"],
                stage=fields["stage"],
                target=fields["target"],
                source=Source(**{**fields["source"], "images": _pairs(fields["source"]["images"])}),
                world=World(
                    updated_at=fields["world"]["updated_at"],
                    traffic=_pairs(fields["world"]["traffic"]),
                    held=_pairs(fields["world"]["held"]),
                ),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{name} holds no plan.", hint="Make one with: mlfn plan --output FILE") from error

    def check(self, source: Source, world: World) -> None:
        """Refuse if what would be done now is not what was planned.

        Raises:
            DeployError: source or world changed.
        """
        told = [*self.source.differences(source), *self.world.differences(world)]
        if told:
            raise DeployError(f"This plan of {self.app} no longer holds: {'; '.join(told)}.", hint=PLAN_AGAIN)


def _pairs(found: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(key), str(value)) for key, value in found)
