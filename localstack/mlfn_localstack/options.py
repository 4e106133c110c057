"""The emulator's options (`--option NAME=VALUE`) that more than one of its parts knows."""

RUNNER = "lambda_runner"
"""What functions run under."""
NODE_MODULES = "node_modules"
"""The directory of packages that Node.js functions have beside their own, where AWS has its SDK."""
SAM_PYTHON = "sam_python"
"""The Python that has aws-sam-translator, for templates of AWS SAM."""
