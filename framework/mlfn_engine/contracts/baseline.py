"""The bins a model's values are sketched in: declared, or made from examples (docs/audit-payloads.md §4)."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from mlfn_engine.values import ModelSpec

LARGEST = 64
"""Features of a sketch: a byte each."""
MOST_BINS = 254
"""255 stands for a value that is missing, and each list of edges has one bin more than edges."""
DEEPEST = 4
_QUANTILES = 10
_MOST_VALUES = 20
_KINDS = {"edges": "number", "lengths": "length", "values": "value"}
_BY_TYPE = {"number": ("edges",), "integer": ("edges",), "boolean": ("values",), "array": ("lengths",)}
_HINT = 'Write {"features": {"input.text": {"lengths": [10, 100]}}}, or a .jsonl of {"input": …, "output": …} lines.'


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A value that can be sketched: where it is, and in which of the ways of `_KINDS`."""

    path: tuple[str, ...]
    """`input` or `output` first."""
    ways: tuple[str, ...]

    @property
    def name(self) -> str:
        """As a baseline names it."""
        return ".".join(self.path)


def sketch_plan(model: ModelSpec, root: Path, redactions: Iterable[Mapping[str, Any]]) -> list[list[Any]]:
    """The manifest's `audit.sketch`: path, kind and bins of each feature, marked ones left out.

    Raises:
        BuildError: the baseline cannot be used.
    """
    if model.audit.baseline is None:
        return []
    path = root / model.audit.baseline
    plans = dict(zip(("input", "output"), redactions, strict=True))
    features = [
        feature
        for side, schema in (("input", model.input_schema), ("output", model.output_schema))
        for feature in features_of(side, json.loads(schema))
        if not _is_hidden(plans[side], feature.path[1:])
    ]
    try:
        bins = _read(path, features)
    except (ValueError, TypeError, AttributeError) as error:
        raise BuildError(f"The baseline {path.name} of model {model.name!r} is none: {error}.", hint=_HINT) from error
    if unknown := sorted(bins.keys() - {feature.name for feature in features}):
        names = ", ".join(feature.name for feature in features) or "none"
        raise BuildError(
            f"The baseline {path.name} of model {model.name!r} names what cannot be sketched: {', '.join(unknown)}.",
            hint=f"There are: {names}.",
        )
    known = [feature for feature in features if feature.name in bins][:LARGEST]
    return [[list(feature.path), *bins[feature.name]] for feature in known]


def features_of(side: str, schema: Mapping[str, Any]) -> Iterator[Feature]:
    """What can be sketched of values of a JSON Schema, in the order of its properties."""
    yield from _features((side,), schema, schema.get("$defs", {}))


def _features(path: tuple[str, ...], schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[Feature]:
    schema = _resolved(schema, definitions)
    if "enum" in schema or "const" in schema:
        yield Feature(path=path, ways=("values",))
        return
    match schema.get("type"):
        case "object" if len(path) <= DEEPEST:
            for name, item in schema.get("properties", {}).items():
                yield from _features((*path, name), item, definitions)
        case "string":
            yield Feature(path=path, ways=("lengths", "values"))
        case str() as kind if kind in _BY_TYPE:
            yield Feature(path=path, ways=_BY_TYPE[kind])


def _resolved(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema without references, and without the null of an optional."""
    for _ in range(DEEPEST):
        if "$ref" in schema:
            schema = definitions.get(schema["$ref"].rpartition("/")[2], {})
        elif "anyOf" in schema:
            others = [each for each in schema["anyOf"] if each.get("type") != "null"]
            schema = others[0] if len(others) == 1 else {}
    return schema


def _is_hidden(plan: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    """Whether a mark lies on the way to a value."""
    nodes = _flat([plan["root"]], plan["defs"])
    for name in path:
        if any(isinstance(node, str) for node in nodes):
            return True
        objects = [node["o"] for node in nodes if isinstance(node, dict) and "o" in node]
        nodes = _flat([fields[name] for fields in objects if name in fields], plan["defs"])
    return any(isinstance(node, str) for node in nodes)


def _flat(nodes: list[Any], definitions: list[Any]) -> list[Any]:
    found: list[Any] = []
    for node in nodes:
        if type(node) is int:
            found += _flat([definitions[node]], definitions)
        elif isinstance(node, dict) and "u" in node:
            found += _flat(node["u"], definitions)
        else:
            found.append(node)
    return found


def _read(path: Path, features: list[Feature]) -> dict[str, tuple[str, list[Any]]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        return _learnt([json.loads(line) for line in text.splitlines() if line.strip()], features)
    ways = {feature.name: feature.ways for feature in features}
    declared: dict[str, Any] = json.loads(text)["features"]
    return {name: _declared(name, entry, ways.get(name, tuple(_KINDS))) for name, entry in declared.items()}


def _declared(name: str, entry: Mapping[str, Any], ways: tuple[str, ...]) -> tuple[str, list[Any]]:
    ((way, bins),) = entry.items()
    if way not in ways:
        raise ValueError(f"{name} has {way!r} where {' or '.join(map(repr, ways))} fits")
    if not isinstance(bins, list) or len(bins) >= MOST_BINS:
        raise ValueError(f"{way} of {name} is no list of fewer than {MOST_BINS}")
    if way != "values" and sorted(set(bins)) != bins:
        raise ValueError(f"{way} of {name} do not rise")
    return _KINDS[way], bins


def _learnt(examples: list[Mapping[str, Any]], features: list[Feature]) -> dict[str, tuple[str, list[Any]]]:
    """Bins that split the examples evenly: tenths of numbers and lengths, the most frequent values of the rest."""
    if not examples:
        raise ValueError("it holds no example")
    found = {}
    for feature in features:
        values = [value for example in examples if (value := _at(example, feature.path)) is not None]
        if values:
            found[feature.name] = _bins(feature, values)
    return found


def _bins(feature: Feature, values: list[Any]) -> tuple[str, list[Any]]:
    counted = Counter(json.dumps(value, sort_keys=True) for value in values)
    few = 2 * len(counted) <= min(len(values), 2 * _MOST_VALUES)
    if feature.ways == ("values",) or ("values" in feature.ways and few):
        frequent = sorted(counted, key=lambda text: (-counted[text], text))[:_MOST_VALUES]
        return "value", [json.loads(text) for text in frequent]
    ordered = sorted(values if "edges" in feature.ways else map(len, values))
    edges = {ordered[number * len(ordered) // _QUANTILES] for number in range(1, _QUANTILES)}
    return _KINDS[feature.ways[0]], sorted(edges)


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value
