"""A template as its rules see it: resources by type, references by name, policies by statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_engine.linting.findings import Finding
from mlfn_engine.planning.templates import Tree, in_words, read_template

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource of a template."""

    name: str
    kind: str
    properties: Tree
    body: Tree

    def get(self, *path: str) -> Any:
        """What is at a path of properties, or None."""
        found: Any = self.properties
        for part in path:
            found = found.get(part) if isinstance(found, dict) else None
        return found

    def says(self, rule: str, what: str) -> Finding:
        """A finding about this resource."""
        return Finding(rule=rule, message=f"{self.name}: {what}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of a policy, with lists where IAM also allows single values."""

    owner: Resource
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    """In words: a reference by its name, a substitution by its text."""
    body: Tree

    @property
    def condition(self) -> Tree:
        """Its condition; empty if there is none."""
        found = self.body.get("Condition")
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A template."""

    tree: Tree
    resources: tuple[Resource, ...]

    def of(self, kind: str) -> list[Resource]:
        """All resources of a type, such as `AWS::S3::Bucket`."""
        return [resource for resource in self.resources if resource.kind == kind]

    def named(self, name: str, kind: str) -> Resource | None:
        """A resource by its logical id, if it is of that type."""
        return next((resource for resource in self.of(kind) if resource.name == name), None)

    def target(self, value: Any, kind: str) -> Resource | None:
        """The resource that `!Ref` or `!GetAtt` means, if it is here and of that type."""
        match value:
            case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
                return self.named(name, kind)
            case _:
                return None

    def parameter(self, value: Any) -> Tree | None:
        """The parameter that `!Ref` means."""
        name = value.get("Ref") if isinstance(value, dict) else None
        found = self.tree.get("Parameters", {}).get(name)
        return found if isinstance(found, dict) else None

    @property
    def interfaces(self) -> Tree:
        """What the app's models and pipelines take and give, by name; empty for a template that is not an app's."""
        found = self.tree.get("Metadata", {}).get("MlfnInterfaces")
        return found if isinstance(found, dict) else {}


def read_stack(body: str) -> Stack:
    """A template's text, as its rules see it."""
    tree = read_template(body)
    found = tree.get("Resources")
    bodies = found if isinstance(found, dict) else {}
    resources = tuple(
        Resource(name=str(name), kind=str(each.get("Type")), properties=each.get("Properties") or {}, body=each)
        for name, each in bodies.items()
        if isinstance(each, dict)
    )
    return Stack(tree=tree, resources=resources)


def as_list(value: Any) -> list[Any]:
    """A list, also of what stands alone."""
    return [] if value is None else value if isinstance(value, list) else [value]


def policies(stack: Stack) -> Iterator[Statement]:
    """The statements of all policies that say what somebody may do."""
    for role in stack.of("AWS::IAM::Role"):
        for policy in as_list(role.get("Policies")):
            yield from statements(role, policy.get("PolicyDocument"))
    for kind in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"):
        for policy in stack.of(kind):
            yield from statements(policy, policy.get("PolicyDocument"))


def statements(owner: Resource, document: Any) -> Iterator[Statement]:
    """The statements of one policy."""
    found = document.get("Statement") if isinstance(document, dict) else None
    for body in as_list(found):
        yield Statement(
            owner=owner,
            effect=str(body.get("Effect")),
            actions=tuple(map(str, as_list(body.get("Action")))),
            resources=tuple(map(in_words, as_list(body.get("Resource")))),
            body=body,
        )


def texts(value: Any) -> Iterator[str]:
    """Every string in a tree, names among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield str(name)
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
