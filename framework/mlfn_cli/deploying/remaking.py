"""Push the image of an answering version again, after the registry has lost it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn.errors import DeployError
from mlfn_deployers import deployer_for
from mlfn_deployers.aws.packages.images import push_image
from mlfn_deployers.aws.releases.versions import AwsReleases

if TYPE_CHECKING:
    from mlfn_cli.session import Session
    from mlfn_deployers.aws.ailments import Patient
    from mlfn_engine.reporting import Reporter


def remake(session: Session, patient: Patient, key: str, progress: Reporter) -> str:
    """Build a function's image from the project, the same to the last bit, and push it.

    Raises:
        DeployError: the project no longer is what the answering version was made from.
    """
    from mlfn_cli.deploying.planned import planned

    found = planned(session, patient.target, deployer_for(patient.target), progress)
    functions = AwsReleases(patient.target, progress, patient.clients).versions(patient.app, patient.stage)
    (function,) = (each for each in functions if each.function == key)
    (answers,) = (each for each in function.versions if str(each.number) == function.answering)
    plans = [image for image in found.made.images if image.function == key and image.version == answers.image]
    if not plans:
        raise DeployError(
            f"The project no longer is what version {answers.number} of {key} was made from.",
            hint=f"Check out its commit (mlfn versions {key}) and try again, or deploy what there is: mlfn deploy.",
        )
    built = found.builder().build(plans[0], progress)
    (stack,) = patient.clients.cloudformation.describe_stacks(StackName=f"mlfn-base-{patient.stage}")["Stacks"]
    (uri,) = (each["OutputValue"] for each in stack["Outputs"] if each["OutputKey"] == "RepositoryUri")
    push_image(patient.clients.ecr, uri, patient.app, built, progress)
    return f"built and pushed {answers.image} again"
