"""No dangerous edit of a template passes: our rules find it, or cfn-lint does."""

from __future__ import annotations

import pytest
from tests.unit.templates.linting import findings
from tests.unit.templates.mutants import GOLDEN, MUTANTS, Mutant

from mlfn_templates.rules import look_at

TEMPLATES = sorted(path.stem for path in GOLDEN.glob("*.yaml"))


@pytest.mark.parametrize("template", TEMPLATES)
def test_nothing_is_wrong_with_what_mlfn_renders(template: str) -> None:
    assert look_at((GOLDEN / f"{template}.yaml").read_text()) == []


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS.keys())
def test_a_dangerous_edit_is_found(mutant: Mutant) -> None:
    body = mutant.body()

    found = [f"{finding.rule}: {finding.message}" for finding in look_at(body)]

    assert found or findings(body)


def test_there_are_sixty_edits_and_more() -> None:
    assert len(MUTANTS) >= 60


def test_an_edit_is_the_only_thing_that_is_found() -> None:
    findings = look_at(MUTANTS["a route without authorisation"].body())

    assert [finding.rule for finding in findings] == ["route-open"]
    assert findings[0].message == (
        "SentimentRoute: anybody may call it, and the model is not declared with public=True"
    )
