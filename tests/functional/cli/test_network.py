"""A stage's network reaches its functions, and leaves them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.fixtures.project import Project

APP = """
from mlfn import model

@model
def echo(text: str) -> str:
    return text
"""
SETTINGS = '[project]\nname = "shop"\nversion = "1"\n[tool.mlfn]\napp = "shop"\n'
VPC = (
    '[tool.mlfn.stages.dev.vpc]\nsubnets = ["subnet-01234567", "subnet-89abcdef"]\nsecurity-groups = ["sg-01234567"]\n'
)
pytestmark = pytest.mark.xdist_group("life-network")


def test_a_stages_functions_move_into_its_network_and_out_of_it(project: Project) -> None:
    project.start_emulator()
    project.write("app.py", APP)
    project.write("pyproject.toml", SETTINGS + VPC)
    project.ok("deploy")
    client = project.client("lambda")

    inside = client.get_function_configuration(FunctionName="shop-dev-echo")["VpcConfig"]
    answer = project.ok("invoke", "echo", '"a"').json
    project.write("pyproject.toml", SETTINGS)
    project.ok("deploy")

    assert (inside["SubnetIds"], inside["SecurityGroupIds"]) == (
        ["subnet-01234567", "subnet-89abcdef"],
        ["sg-01234567"],
    )
    assert answer == "a"
    outside = client.get_function_configuration(FunctionName="shop-dev-echo")["VpcConfig"]
    assert (outside["SubnetIds"], outside["SecurityGroupIds"], outside["VpcId"]) == ([], [], "")
