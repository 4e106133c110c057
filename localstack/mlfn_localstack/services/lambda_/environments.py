"""What an environment of a version gets to see: AWS's variables, its role's credentials, its own directories."""

from __future__ import annotations

import secrets
import shutil
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlfn_localstack.services.lambda_.execution import processes
from mlfn_localstack.services.lambda_.execution.environment import EnvironmentSpec
from mlfn_localstack.services.lambda_.execution.launch import DEFAULT_PATH, Program
from mlfn_localstack.services.lambda_.execution.logs import LogStream
from mlfn_localstack.services.lambda_.execution.report import JsonFormat, LogFormat, TextFormat
from mlfn_localstack.services.lambda_.execution.runner import Launch, Listener

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlfn_localstack.service import Environment
    from mlfn_localstack.services.lambda_.credentials import Credentials, RoleCredentials
    from mlfn_localstack.services.lambda_.execution.launch import Programs
    from mlfn_localstack.services.lambda_.execution.output_folder import OutputFolder
    from mlfn_localstack.services.lambda_.model import FunctionVersion

PROVISIONED_INIT_LIMIT_S = 130.0
EXPIRY_MARGIN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentFactory:
    """Makes the specs of environments."""

    emulator: Environment
    programs: Programs
    credentials: Credentials
    output: OutputFolder
    mounted: bool = False
    """Whether the runner gives environments a root of their own."""

    async def make(self, version: FunctionVersion, provisioned: bool) -> tuple[EnvironmentSpec, LogStream]:
        """The spec and log stream of a new environment.

        Raises:
            ServiceError: the role cannot be assumed any more, or the code is gone.
        """
        program = await self.programs.program(version)
        credentials = await self.credentials.of(str(version.configuration["Role"]), version.name)
        logging = version.configuration["LoggingConfig"]
        log = LogStream(self.emulator.gateway, logging["LogGroup"], version.version, self.output)
        scratch = self._scratch()
        launch = Launch(
            command=program.command,
            environment={
                **self._defaults(scratch),
                **program.environment,
                **version.configuration.get("Environment", {}).get("Variables", {}),
                **_aws_variables(self.emulator, version, program, log),
                **_credential_variables(credentials),
                "AWS_LAMBDA_INITIALIZATION_TYPE": "provisioned-concurrency" if provisioned else "on-demand",
            },
            working_dir=program.working_dir,
            scratch=scratch,
            storage_mb=version.configuration["EphemeralStorage"]["Size"],
            memory_mb=version.memory_mb,
            mounts=program.mounts,
            root=program.root,
            listeners=self._listeners(),
            guard=log,
        )
        spec = EnvironmentSpec(
            version=version,
            launch=launch,
            log_format=_log_format(logging),
            expires_at=credentials.expires_at - version.timeout_s - EXPIRY_MARGIN_S,
            freeze=self.emulator.options.get("lambda_freeze", "1") != "0",
            **({"init_limit_s": PROVISIONED_INIT_LIMIT_S} if provisioned else {}),
        )
        return spec, log

    def _defaults(self, scratch: Path) -> dict[str, str]:
        """Variables that the image and the function may set otherwise."""
        home = "/tmp" if self.mounted else str(scratch)  # noqa: S108 - the environment's own
        return {
            "AWS_ENDPOINT_URL": self.emulator.endpoint,
            "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
            "HOME": home,
            "LANG": "en_US.UTF-8",
            "PATH": DEFAULT_PATH,
            "TMPDIR": home,
            "TZ": ":UTC",
        }

    def clear(self) -> None:
        """Remove what environments of an earlier run left behind: stray processes and directories."""
        directory = self.emulator.state_dir / "environments"
        if not directory.exists():
            return
        for pid in processes.processes_with(f"HOME={directory}/".encode()):
            processes.end(pid)
        shutil.rmtree(directory, ignore_errors=True)

    def _listeners(self) -> tuple[Listener, ...]:
        """The emulator's own address, as far as it listens at all."""
        address, connected = urlsplit(self.emulator.endpoint), self.emulator.connected
        if not self.mounted or connected is None or address.port is None:
            return ()
        family = socket.AF_INET6 if ":" in (address.hostname or "") else socket.AF_INET
        return (Listener(port=address.port, connected=connected, family=family),)

    def _scratch(self) -> Path:
        scratch = self.emulator.state_dir / "environments" / secrets.token_hex(8)
        scratch.mkdir(parents=True, mode=0o700)
        return scratch


def _log_format(logging: Mapping[str, str]) -> LogFormat:
    """As the function's LoggingConfig has it."""
    return JsonFormat(logging["SystemLogLevel"]) if logging["LogFormat"] == "JSON" else TextFormat()


def _aws_variables(emulator: Environment, version: FunctionVersion, program: Program, log: LogStream) -> dict[str, str]:
    variables = {
        "AWS_DEFAULT_REGION": emulator.region,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(version.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": version.name,
        "AWS_LAMBDA_FUNCTION_VERSION": version.version,
        "AWS_LAMBDA_LOG_GROUP_NAME": log.group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log.name,
        "AWS_REGION": emulator.region,
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": program.task_root,
    }
    if "Handler" in version.configuration:
        variables["_HANDLER"] = version.configuration["Handler"]
    logging = version.configuration["LoggingConfig"]
    if logging["LogFormat"] == "JSON":
        variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        variables["AWS_LAMBDA_LOG_LEVEL"] = logging["ApplicationLogLevel"]
    return variables


def _credential_variables(credentials: RoleCredentials) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        "AWS_SESSION_TOKEN": credentials.session_token,
    }
