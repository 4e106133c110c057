"""Templates as an endpoint can carry them out: what it lacks is taken out of them, there and nowhere else."""

from __future__ import annotations

import re
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import yaml

from mlfn_engine.planning.templates import read_template, resources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mlfn_deployers.localstack.capabilities import Judged
    from mlfn_engine.planning.templates import Tree
    from mlfn_engine.values import Template

_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_VERSION_OF = "StateMachineArn"
"""The property of a version that names what it is a version of."""


def fitted_to(template: Template, judged: Iterable[Judged]) -> Template:
    """The template without what an endpoint lacks, and with what functions are told of it."""
    lacking = [each.capability for each in judged if not each.has]
    if not any(each.changes_templates for each in lacking):
        return template
    tree = read_template(template.body)
    _remove_conditions(tree, tuple(key for each in lacking for key in each.unchecked))
    versions = _remove_versions(tree, {each.unversioned for each in lacking if each.unversioned})
    _tell_functions(tree, dict(fact for each in lacking for fact in each.variables))
    body: str = yaml.dump(tree, Dumper=_DUMPER, sort_keys=False, allow_unicode=True, width=120)
    for version, machine in versions.items():
        body = body.replace(version, machine)
    return replace(template, body=body)


def _remove_conditions(tree: Tree, unchecked: tuple[str, ...]) -> None:
    for document in _policies(tree["Resources"]):
        document["Statement"] = [kept for each in document["Statement"] if (kept := _checkable(each, unchecked))]
    _remove_empty(tree["Resources"])


def _policies(node: Any) -> Iterator[Tree]:
    """Every policy document, wherever a resource has it."""
    if isinstance(node, dict):
        if isinstance(node.get("Statement"), list):
            yield node
        for each in node.values():
            yield from _policies(each)
    elif isinstance(node, list):
        for each in node:
            yield from _policies(each)


def _checkable(statement: Tree, unchecked: tuple[str, ...]) -> Tree | None:
    """A permission without conditions on those keys; of a refusal nothing is left, since it would refuse everybody."""
    conditions = {
        operator: {key: value for key, value in keys.items() if not _is_one_of(key, unchecked)}
        for operator, keys in statement.get("Condition", {}).items()
    }
    if conditions == statement.get("Condition", {}):
        return statement
    if statement["Effect"] == "Deny":
        return None
    kept = {operator: keys for operator, keys in conditions.items() if keys}
    bare = {name: value for name, value in statement.items() if name != "Condition"}
    return bare | ({"Condition": kept} if kept else {})


def _is_one_of(key: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(key, pattern) for pattern in patterns)


def _remove_empty(found: Tree) -> None:
    """Leave out bucket policies that say nothing any more, and that others wait for them."""
    empty = {
        name
        for name, each in found.items()
        if each["Type"] == "AWS::S3::BucketPolicy" and not each["Properties"]["PolicyDocument"]["Statement"]
    }
    for name in empty:
        del found[name]
    for each in found.values():
        waits = each.get("DependsOn", [])
        if isinstance(waits, list) and empty & set(waits):
            each["DependsOn"] = [name for name in waits if name not in empty]


def _remove_versions(tree: Tree, kinds: Iterable[str]) -> dict[str, str]:
    """Leave out versions: their names, each with that of what it is a version of.

    Functions that name one still have to change with it, or Lambda would have nothing to publish.
    """
    found = {name: each[_VERSION_OF]["Ref"] for kind in kinds for name, each in resources(tree, kind).items()}
    for name in found:
        del tree["Resources"][name]
    digests = {name: name.removeprefix(machine) for name, machine in found.items()}
    for function in resources(tree, "AWS::Lambda::Function").values():
        variables = function["Environment"]["Variables"]
        named = set(re.findall(r"\$\{(\w+)\}", str(variables)))
        if of_these := sorted(digests[name] for name in named & found.keys()):
            variables["MLFN_DEFINITIONS"] = " ".join(of_these)
    return found


def _tell_functions(tree: Tree, told: Mapping[str, str]) -> None:
    for function in resources(tree, "AWS::Lambda::Function").values():
        function["Environment"]["Variables"].update(told)
