"""Generated pipelines end the same way in process and as state machines; `make faults` tries 2,000 of them."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.conformance.pipelines.differential import Differential
from tests.conformance.pipelines.generator import item_data, pipeline_source


@pytest.fixture(scope="module")
def differential(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Differential]:
    """The comparison; no pause takes time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.sleep", lambda seconds: None)
        found = Differential(tmp_path_factory.mktemp("differential"))
        yield found
        found.close()


@settings(max_examples=200, deadline=None, database=None, phases=[Phase.generate])
@given(number=st.integers(0, 2**64))
def test_a_generated_pipeline_ends_the_same_way(differential: Differential, number: int) -> None:
    random = Random(number)  # noqa: S311

    differential.check(pipeline_source(random), [item_data(random) for _ in range(2)])
