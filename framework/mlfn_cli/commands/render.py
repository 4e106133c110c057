"""`mlfn render`: the template, for a person to review."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mlfn.errors import UsageError
from mlfn_cli.output import json_option, print_json, write_file
from mlfn_cli.session import Session, command_options


@click.command()
@click.option("--base", "stack", flag_value="base", help="The stack that the apps of a stage share, not the app's own.")
@click.option(
    "--seal", "stack", flag_value="seal", help="The stack of the key and the bucket that seal the audit trail."
)
@click.option("--platform", "stack", flag_value="platform", help="The stack of the stage's own functions.")
@click.option("--deny-direct", is_flag=True, help="The policy that leaves the app's API and pipelines their functions.")
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file.")
@json_option
@command_options
def render(session: Session, stack: str | None, deny_direct: bool, output: Path | None, as_json: bool) -> None:
    """Print the CloudFormation template; with --target knative the services."""
    if deny_direct:
        _show_policy(session, output)
        return
    if session.target_name == "knative":
        _show_services(session, stack, output, as_json)
        return
    from mlfn_cli.deploying.compose import blueprint

    made = blueprint(session)
    shared = {"base": made.base, "seal": made.platform.seal, "platform": made.platform.functions}
    template = shared[stack] if stack else made.app
    if output:
        write_file(output, template.body)
    elif as_json:
        print_json(
            {
                "stack": template.name,
                "format": template.format,
                "parameters": dict(template.parameters),
                "body": _body(template.body),
            }
        )
    else:
        click.echo(template.body)


def _show_services(session: Session, stack: str | None, output: Path | None, as_json: bool) -> None:
    from mlfn_cli.deploying.knative import rendered

    if stack:
        raise UsageError("knative has no stacks.", hint=f"Leave --{stack} away.")
    body = rendered(session)
    if output:
        write_file(output, body)
    elif as_json:
        import yaml

        print_json(list(yaml.safe_load_all(body)))
    else:
        click.echo(body, nl=False)


def _show_policy(session: Session, output: Path | None) -> None:
    """A service control policy or a permissions boundary: docs/identity.md."""
    from mlfn_cli.deploying.compose import graph_of
    from mlfn_templates import deny_direct

    policy = deny_direct(graph_of(session).app, session.stage)
    write_file(output, policy) if output else click.echo(policy, nl=False)


def _body(text: str) -> object:
    """The template as JSON where it is JSON, else as text."""
    try:
        body: object = json.loads(text)
    except ValueError:
        return text
    return body
