"""The emulator's options (`--option NAME=VALUE`) that more than one of its parts knows."""

RUNNER = "lambda_runner"
"""What functions run under."""
SAM_PYTHON = "sam_python"
"""The Python that has aws-sam-translator, for templates of AWS SAM."""
