"""AWS SAM CLI at the same endpoint: `sam build` and `sam deploy --no-execute-changeset` of three functions of one file.

uv venv .tools/peers/sam && uv pip install --python .tools/peers/sam/bin/python aws-sam-cli==1.170.0
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from collections.abc import Mapping

SAM = Path(__file__).parents[2] / ".tools" / "peers" / "sam" / "bin" / "sam"
BUCKET = "sam-artefacts"
NAMES = ("First", "Second", "Third")
HEAD = """AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]
"""
FUNCTION = """  {name}:
    Type: AWS::Lambda::Function
    Properties:
      Code: {name}
      Handler: app.handler
      Runtime: python{python}
      Role: !GetAtt Role.Arn
"""
CODE = 'def handler(event, context):\n    return "{word}" + event\n'


class Sam:
    """Three functions as SAM packages them, without Docker: archives built with this machine's Python."""

    def __init__(self, root: Path, keys: Mapping[str, str]) -> None:
        self.root = root
        self.words = 0
        self.environment = {
            **os.environ,
            "AWS_ENDPOINT_URL": keys["endpoint"],
            "AWS_ACCESS_KEY_ID": keys["access_key"],
            "AWS_SECRET_ACCESS_KEY": keys["secret_key"],
            "AWS_DEFAULT_REGION": keys["region"],
            "SAM_CLI_TELEMETRY": "0",
        }
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        for name in NAMES:
            (root / name).mkdir(parents=True)
            (root / name / "requirements.txt").touch()
            (root / name / "app.py").write_text(CODE.format(word=name))
        template = HEAD + "".join(FUNCTION.format(name=name, python=python) for name in NAMES)
        (root / "template.yaml").write_text(template)
        session: Any = boto3.session.Session(keys["access_key"], keys["secret_key"], region_name=keys["region"])
        client = session.client("s3", endpoint_url=keys["endpoint"], config=Config(s3={"addressing_style": "path"}))
        client.create_bucket(Bucket=BUCKET)

    def changed(self) -> float:
        """Seconds from a changed word to a change set that is ready; it is not executed."""
        self.words += 1
        (self.root / "First" / "app.py").write_text(CODE.format(word=f"word {self.words} "))
        started = time.perf_counter()
        self._sam("build")
        self._sam(
            "deploy",
            *("--stack-name", f"sam-{self.words}", "--s3-bucket", BUCKET, "--capabilities", "CAPABILITY_IAM"),
            *("--no-execute-changeset", "--no-progressbar"),
        )
        return time.perf_counter() - started

    def _sam(self, *arguments: str) -> None:
        subprocess.run([str(SAM), *arguments], cwd=self.root, env=self.environment, check=True, capture_output=True)
