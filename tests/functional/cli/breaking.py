"""Stacks as they are when things go wrong."""

from __future__ import annotations

import json

from tests.fixtures.project import SHOP, Project

STEPS = """
from mlfn import model, pipeline
from mood import mood

@model(memory_mb=128, timeout_s=5)
def loud(text: str) -> str:
    return text.upper()

@pipeline
def feel(text: str) -> str:
    return {steps}

@pipeline(mode="async", timeout_s=60)
def feel_later(text: str) -> str:
    return {steps}
"""


def stack_status(project: Project) -> str:
    (stack,) = project.client("cloudformation").describe_stacks(StackName="shop-dev")["Stacks"]
    return str(stack["StackStatus"])


def break_stack(project: Project) -> None:
    """A deploy whose pipeline has the name of somebody's state machine; what it would go back to has lost its image."""
    ecr, iam = project.client("ecr"), project.client("iam")
    images = ecr.list_images(repositoryName="mlfn-dev")["imageIds"]
    lost = [image for image in images if image["imageTag"].startswith("shop-mood-")]
    ecr.batch_delete_image(repositoryName="mlfn-dev", imageIds=lost)
    role = next(each["Arn"] for each in iam.list_roles()["Roles"] if "QuoteSync" in each["RoleName"])
    done = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
    project.client("stepfunctions").create_state_machine(name="shop-dev-feel", definition=done, roleArn=role)
    project.write("app.py", STEPS.format(steps="mood(text)"))
    project.write("mood.py", SHOP["mood.py"].replace("calm", "silent"))
