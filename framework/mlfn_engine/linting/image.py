"""Look at a whole image in an OCI layout; what was found of a layer is remembered by its digest."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mlfn_engine.cache import write
from mlfn_engine.canonical import canonical
from mlfn_engine.linting.findings import Finding, Severity, collected
from mlfn_engine.linting.image_rules import (
    config_findings,
    index_findings,
    interpreter_findings,
    manifest_findings,
    size_findings,
)
from mlfn_engine.linting.layer_rules import LayerRules
from mlfn_engine.oci.layer_entries import hidden, inner_path, layer_entries

if TYPE_CHECKING:
    from pathlib import Path

RULES = 1
"""Counts up whenever a rule changes."""

OWN = "mlfn: "
"""How the history names the layers that mlfn made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerReport:
    """What was found of one layer."""

    unpacked: int
    findings: tuple[Finding, ...]
    programs: tuple[tuple[str, int], ...]
    """Paths in directories of programs, and their modes."""
    hides: tuple[str, ...]


def lint(layout: Path, cache: Path) -> tuple[Finding, ...]:
    """Everything that is wrong with the image in a layout, errors first.

    Raises:
        BuildError: a layer cannot be read at all.
    """
    index = json.loads((layout / "index.json").read_bytes())
    kept = cache / "lint" / f"{index['manifests'][0]['digest'].removeprefix('sha256:')}-{RULES}.json"
    if kept.is_file():
        return _findings(json.loads(kept.read_bytes()))
    findings = tuple(_ordered([*index_findings(index), *_image_findings(layout, index, cache)]))
    write(kept, canonical([asdict(finding) for finding in findings]).encode())
    return findings


def unpacked_size(blob: Path, cache: Path, *, own: bool = False) -> int:
    """How many bytes the files of a layer have."""
    return _report(blob, own, cache).unpacked


def _image_findings(layout: Path, index: dict[str, Any], cache: Path) -> list[Finding]:
    manifest = json.loads(_blob(layout, index["manifests"][0]["digest"]).read_bytes())
    config = json.loads(_blob(layout, manifest["config"]["digest"]).read_bytes())
    layers = [_blob(layout, layer["digest"]) for layer in manifest["layers"]]
    reports = [_report(path, own, cache) for path, own in zip(layers, _own(config, len(layers)), strict=True)]
    settings = config.get("config", {})
    return [
        *manifest_findings(manifest, [_head(path) for path in layers]),
        *config_findings(config),
        *size_findings(sum(report.unpacked for report in reports)),
        *interpreter_findings([*(settings.get("Entrypoint") or ()), *(settings.get("Cmd") or ())], _programs(reports)),
        *(finding for report in reports for finding in report.findings),
    ]


def _blob(layout: Path, digest: str) -> Path:
    return layout / "blobs" / digest.replace(":", "/")


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(2)


def _own(config: dict[str, Any], count: int) -> list[bool]:
    """Which layers mlfn made: the last ones, whose history says so."""
    history = [each for each in config.get("history", ()) if not each.get("empty_layer")]
    made = sum(str(each.get("created_by", "")).startswith(OWN) for each in history)
    return [number >= count - made for number in range(count)]


def _report(path: Path, own: bool, cache: Path) -> LayerReport:
    kept = cache / "lint" / f"{path.name}-{'own' if own else 'base'}-{RULES}.json"
    if kept.is_file():
        found = json.loads(kept.read_bytes())
        return LayerReport(
            unpacked=found["unpacked"],
            findings=_findings(found["findings"]),
            programs=tuple((name, mode) for name, mode in found["programs"]),
            hides=tuple(found["hides"]),
        )
    report = _looked_at(path, own)
    write(kept, canonical(asdict(report)).encode())
    return report


def _looked_at(path: Path, own: bool) -> LayerReport:
    rules = LayerRules(own=own)
    programs, hides = {}, []
    with layer_entries(path, f"the image ({path.name[:12]}…)") as entries:
        for member, archive in entries:
            rules.add(member, archive)
            name = inner_path(member.name)
            if (gone := hidden(name)) is not None:
                hides.append(gone[0])
            elif "/bin/" in f"/{name}" and not member.isdir():
                programs[name] = member.mode
    findings = tuple(collected(rules.finish()))
    return LayerReport(unpacked=rules.unpacked, findings=findings, programs=tuple(programs.items()), hides=tuple(hides))


def _programs(reports: list[LayerReport]) -> dict[str, int]:
    merged: dict[str, int] = {}
    for report in reports:
        for gone in report.hides:
            merged = {name: mode for name, mode in merged.items() if not f"{name}/".startswith(f"{gone}/")}
        merged |= dict(report.programs)
    return merged


def _findings(found: list[dict[str, str]]) -> tuple[Finding, ...]:
    return tuple(
        Finding(rule=each["rule"], message=each["message"], severity=Severity(each["severity"])) for each in found
    )


def _ordered(findings: list[Finding]) -> list[Finding]:
    return sorted(set(findings), key=lambda each: (each.severity is not Severity.ERROR, each.rule, each.message))
