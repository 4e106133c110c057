"""The script of an ejected app hands the stage's own key on, where there is one."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlfn_templates import render_app
from mlfn_templates.ejected import render_ejected

if TYPE_CHECKING:
    from tests.unit.templates.conftest import Graphs


@pytest.mark.parametrize(("kms_key", "uses"), [(None, 0), ("create", 2)])
def test_the_stages_key_goes_to_the_stacks_that_take_it(graphs: Graphs, kms_key: str | None, uses: int) -> None:
    graph = replace(graphs.app(graphs.model()), kms_key=kms_key)
    app = render_app(graph, graphs.versions(graph))

    script = render_ejected(graph, app, local_base=False)["deploy.sh"]

    assert script.count('"StageKey=$stage_key"') == uses
    assert ("stage_key=$(named StageKey" in script) is bool(uses)
    subprocess.run(["sh", "-n"], input=script, text=True, check=True)
