"""`mlfn audit seal | verify | prove`: the trail itself, its seals and its proofs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from mlfn.errors import AuditError, UsageError
from mlfn_cli.marked_names import declares
from mlfn_cli.output import console, json_option, messages, print_json
from mlfn_cli.session import Session, command_options
from mlfn_cli.views.calls import told
from mlfn_cli.when import moment
from mlfn_cli.whole_help import WholeHelpGroup

if TYPE_CHECKING:
    from mlfn_audit.checkpoint import Checkpoint
    from mlfn_audit.note import PublicKey
    from mlfn_audit.verifying.report import Report

FOUND = 2
"""The exit code when something is wrong with the trail."""
_READABLE = click.Path(path_type=Path, dir_okay=False, exists=True)


class AuditGroup(WholeHelpGroup):
    """Its commands by name; anything else is what `mlfn audit calls` takes."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let `mlfn audit NAME` and `mlfn audit --since 1h` mean `mlfn audit calls …`."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["calls", *args]
        elif args[0] != "calls":
            _tell_of_namesake(ctx, args[0])
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """`[NAME] [OPTIONS] | COMMAND`."""
        return ["[NAME] [OPTIONS] | COMMAND [ARGS]..."]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options of `calls`, which needs no name, then the commands."""
        self.commands["calls"].format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


def _tell_of_namesake(ctx: click.Context, word: str) -> None:
    """Say how a model is asked for whose name is a command's."""
    if not ctx.resilient_parsing and isinstance(ctx.obj, Session) and declares(ctx.obj.project, word):
        messages().print(f"[dim]This is the command; for the calls of model {word}: mlfn audit calls {word}[/]")


@click.command()
@click.option("--all", "everything", is_flag=True, help="Look through all hours, not only the last days.")
@click.option("--setup", is_flag=True, help="First make key and bucket (in AWS its objects stay for 400 days).")
@json_option
@command_options
def seal(session: Session, everything: bool, setup: bool, as_json: bool) -> None:
    """Seal what is new in the trail with a signed checkpoint, as a schedule does."""
    from mlfn_cli.progress import reporter
    from mlfn_cli.trail.places import opened_trail, set_up

    if setup:
        with reporter() as report:
            set_up(session, report)
    with opened_trail(session) as trail:
        outcome = trail.sealer().run(everything=everything)
    summary = outcome.to_json()
    if as_json:
        print_json(summary)
    elif outcome.sealed:
        done = f"{outcome.sealed} records sealed by checkpoint {summary['checkpoint']}; {summary['size']} in all."
        console().print(f"[green]✓[/] {done}")
    else:
        console().print(f"Nothing new to seal since checkpoint {summary['checkpoint']}.")
    if outcome.waiting_since and not as_json:
        messages().print(f"Records since {outcome.waiting_since} wait for earlier ones of their writers.")


@click.command()
@click.option("--from", "file", type=_READABLE, help="Verify an exported file, offline.")
@click.option("--proof", type=_READABLE, help="Verify a proof that `mlfn audit prove` made, offline.")
@click.option("--key", default=None, help="Public key, or a file with it (default: the project's own).")
@click.option("--known", type=_READABLE, help="A checkpoint you trust: the trail must continue it.")
@json_option
@command_options
def verify(
    session: Session, file: Path | None, proof: Path | None, key: str | None, known: Path | None, as_json: bool
) -> None:
    """Check every record, chain and checkpoint of the trail; exit code 2 if anything is wrong."""
    if proof:
        _verify_proof(proof, _given_key(session, key), as_json=as_json)
        return
    report = _verified_file(session, file, key, known) if file else _verified_table(session, key, known)
    if as_json:
        print_json(report.to_json())
    else:
        _print_report(report)
    if not report.is_clean:
        click.get_current_context().exit(FOUND)


@click.command()
@click.argument("record", metavar="ID")
@click.option("--since", default="7d", show_default=True, help="How far back to look: 10m, 1h, 2d or ISO 8601.")
@click.option("--json", is_flag=True, expose_value=False, help="Print JSON, as it does anyway.")
@command_options
def prove(session: Session, record: str, since: str) -> None:
    """Print a proof that record ID is in the sealed trail: JSON, for `mlfn audit verify --proof`."""
    from mlfn_audit.record_proofs import find, prove_record
    from mlfn_cli.trail.places import opened_trail

    with opened_trail(session) as trail:
        item = find(trail.parts, record, _stamp(since))
        print_json(prove_record(trail.parts, item).to_json())


COMMANDS = (seal, verify, prove)


def _verified_table(session: Session, key: str | None, known: Path | None) -> Report:
    from mlfn_audit.verifying.sources import TableSource, verify_table
    from mlfn_audit.verifying.trail import Trail
    from mlfn_cli.trail.places import opened_trail

    with opened_trail(session) as access:
        parts = access.parts
        trusted = _given_key(session, key) if key else parts.key
        seen = _known(known, trusted) if known else access.last_seen()
        source = TableSource(client=parts.client, table=parts.table, bucket=parts.bucket, models=parts.models)
        report = verify_table(source, Trail(trusted, now=datetime.now(UTC), known=seen))
        if report.is_clean and report.last_number:
            access.remember(report.last_number)
    return report


def _verified_file(session: Session, file: Path, key: str | None, known: Path | None) -> Report:
    from mlfn_audit.verifying.sources import verify_file
    from mlfn_audit.verifying.trail import Trail

    trail = Trail(_given_key(session, key), now=datetime.now(UTC), known=_known(known, _given_key(session, key)))
    if file.suffix == ".parquet":
        from mlfn_audit.exporting import parquet

        return verify_file(parquet.lines(file), trail)
    with file.open("rb") as lines:
        return verify_file(lines, trail)


def _verify_proof(file: Path, key: PublicKey, *, as_json: bool) -> None:
    from mlfn_audit.proving import Proof, check

    problem = None
    try:
        record, checkpoint = check(Proof.from_json(json.loads(file.read_text())), key)
    except (ValueError, RecursionError) as error:
        problem = str(error)
    if problem is not None:
        if as_json:
            print_json({"proved": False, "problem": problem})
        else:
            console().print(f"[red]✗[/] {escape(told(f'{file} proves nothing: {problem}.'))}")
        click.get_current_context().exit(FOUND)
    if as_json:
        print_json({"proved": True, "record": record.id, "checkpoint": checkpoint.number, "until": checkpoint.until})
    else:
        console().print(
            f"[green]✓[/] Record {record.id} ({record.m}, {record.t0}) is in {checkpoint.origin} "
            f"as sealed by checkpoint {checkpoint.number} at {checkpoint.until}."
        )


def _given_key(session: Session, key: str | None) -> PublicKey:
    """The key that is trusted: never one that comes with what is verified."""
    from mlfn_audit.note import PublicKey
    from mlfn_cli.trail.places import own_key

    if key is None:
        return own_key(session)
    try:
        return PublicKey.parse(Path(key).read_text(encoding="utf-8") if Path(key).is_file() else key)
    except ValueError as error:
        raise UsageError(f"--key: {error}.", hint="Give what mlfn audit export printed, or a file with it.") from error


def _known(file: Path | None, key: PublicKey) -> Checkpoint | None:
    """The checkpoint in a file: a signed note, or an object of the bucket."""
    from mlfn_audit.checkpoint import Checkpoint
    from mlfn_audit.note import opened

    if file is None:
        return None
    try:
        text = file.read_text(encoding="utf-8")
        note = json.loads(text)["note"] if text.startswith("{") else text
        return Checkpoint.parse(opened(note, key))
    except (ValueError, KeyError, TypeError) as error:
        raise AuditError(f"{file} is no checkpoint of this trail: {error}.", hint="Give a signed note.") from error


def _stamp(since: str) -> str:
    return moment(since, datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _print_report(report: Report) -> None:
    out = console()
    sealed = f"sealed up to {report.last_checkpoint}" if report.last_checkpoint else "nothing sealed yet"
    mark = "[green]✓[/]" if report.is_clean else "[red]✗[/]"
    out.print(f"{mark} {report.checked} records checked, {report.checkpoints} checkpoints; {sealed}.")
    counts = {"sealed": report.sealed, "unsealed": report.unsealed, "pending": report.pending, "late": report.late}
    counts["expired"] = report.expired
    out.print("  " + ", ".join(f"{name} {count}" for name, count in counts.items() if count or name == "sealed"))
    if report.unsealed_since:
        age = datetime.now(UTC) - datetime.strptime(report.unsealed_since, "%Y-%m-%dT%H:%M:%S.%f%z")
        out.print(f"  the oldest unsealed record is {age.total_seconds():,.0f} s old")
    for finding in report.findings:
        out.print(f"  [red]{finding.kind}[/]: {escape(told(finding.what))}")
    untold = sum(report.counts.values()) - sum(finding.count for finding in report.findings)
    if untold > 0:
        out.print(f"  and {untold} more")
