"""Lambda, its logs and its images through the AWS CLI."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from tests.conformance.clients.conftest import ECHO, archive
from tests.fixtures.target import PYTHON_RUNTIME

if TYPE_CHECKING:
    from tests.conformance.clients.conftest import AwsCli


def test_a_zip_function_lives_its_life(aws: AwsCli, name: str, lambda_role: str) -> None:
    aws.write("code.zip", archive({"app.py": ECHO}))
    aws.write("next.zip", archive({"app.py": "def handler(event, context):\n    return 'second'"}))
    created = aws(
        f"lambda create-function --function-name {name} --role {lambda_role} --runtime {PYTHON_RUNTIME}"
        " --handler app.handler --zip-file fileb://code.zip --memory-size 256 --tags owner=conformance --publish"
    )
    aws.text(f"lambda wait function-active-v2 --function-name {name}")
    aws(f"lambda create-alias --function-name {name} --name live --function-version 1")
    aws(f"lambda update-function-code --function-name {name} --zip-file fileb://next.zip")
    aws.text(f"lambda wait function-updated-v2 --function-name {name}")

    published = aws(f"lambda publish-version --function-name {name} --description two")
    moved = aws(
        f"lambda update-alias --function-name {name} --name live --routing-config",
        '{"AdditionalVersionWeights": {"2": 0.25}}',
    )
    answer = aws(f"lambda invoke --function-name {name}:2 --payload 1 out.json")
    listed = aws("lambda list-functions --query", f"Functions[?FunctionName=='{name}'].[Runtime,MemorySize]")
    aws.text(f"lambda delete-function --function-name {name}")

    assert (created["Version"], created["State"], created["PackageType"]) == ("1", "Pending", "Zip")
    assert (published["Version"], published["Description"]) == ("2", "two")
    assert moved["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.25}}
    assert answer == {"StatusCode": 200, "ExecutedVersion": "2"}
    assert (aws.directory / "out.json").read_text() == '"second"'
    assert listed == [[PYTHON_RUNTIME, 256]]
    assert "(ResourceNotFoundException)" in aws.refused(f"lambda get-function --function-name {name}")


def test_a_call_by_alias_shows_its_log_and_its_error(aws: AwsCli, echo: str) -> None:
    printed = aws(
        f"lambda invoke --function-name {echo} --log-type Tail out.json --payload", json.dumps({"print": "seen"})
    )
    failed = aws(f"lambda invoke --function-name {echo} out.json --payload", json.dumps({"raise": "no"}))
    error = json.loads((aws.directory / "out.json").read_text())
    queued = aws(f"lambda invoke --function-name {echo} --invocation-type Event out.json --payload {{}}")

    log = base64.b64decode(printed["LogResult"]).decode()
    assert [line.split()[0] for line in log.splitlines()] == ["START", "seen", "END", "REPORT"]
    assert failed == {"StatusCode": 200, "FunctionError": "Unhandled", "ExecutedVersion": "$LATEST"}
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "no")
    assert queued == {"StatusCode": 202}


def test_logs_are_found_by_pattern_and_stream(aws: AwsCli, echo: str) -> None:
    group = f"--log-group-name /aws/lambda/{echo}"
    aws(f"lambda invoke --function-name {echo} out.json --payload", json.dumps({"print": "ERROR a needle"}))

    (stream, *_) = aws(f"logs describe-log-streams {group} --order-by LastEventTime --descending")["logStreams"]
    found = aws(f"logs filter-log-events {group} --filter-pattern", '"a needle"')
    aws.write("events.json", json.dumps({"logGroupName": f"/aws/lambda/{echo}", "limit": 1, "startFromHead": True}))
    first = aws("logs get-log-events --cli-input-json file://events.json --log-stream-name", stream["logStreamName"])

    assert [event["message"] for event in found["events"]] == ["ERROR a needle\n"]
    assert first["events"][0]["message"].startswith(("START ", "INIT_START "))
    assert first["nextForwardToken"].startswith("f/")


def test_the_registrys_password_is_one_line(aws: AwsCli, name: str) -> None:
    aws(f"ecr create-repository --repository-name {name} --image-tag-mutability IMMUTABLE")

    password = aws.text("ecr get-login-password")
    images = aws(f"ecr describe-images --repository-name {name}")
    aws(f"ecr delete-repository --repository-name {name} --force")

    assert len(password.splitlines()) == 1
    assert images == {"imageDetails": []}
    assert "(RepositoryNotFoundException)" in aws.refused(f"ecr describe-images --repository-name {name}")
