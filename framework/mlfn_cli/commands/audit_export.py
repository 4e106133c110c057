"""`mlfn audit export`: the trail in a file, to be verified anywhere, or in the words of other systems."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlfn.errors import UsageError
from mlfn_audit.exporting import VERIFIABLE, Form
from mlfn_cli.output import json_option, print_json, tell
from mlfn_cli.session import Session, command_options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn_audit.exporting.trail import Entry, Excerpt, Origin

PARQUET = ".parquet"


@click.command()
@click.argument("name", required=False)
@click.option(
    "--output",
    "-o",
    "--to",
    "file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write to this file, .jsonl or .parquet.",
)
@click.option(
    "--form",
    default=Form.RECORD.value,
    show_default=True,
    type=click.Choice([*map(str, Form)]),
    help="What each line is.",
)
@click.option("--since", default=None, help="Only calls from then on: 10m, 1h, 2d or ISO 8601.")
@click.option("--until", default=None, help="Only calls before then.")
@json_option
@command_options
def export(session: Session, file: Path, form: str, as_json: bool, **excerpt: str | None) -> None:
    """Write the whole trail to a file that can be verified offline, or only the calls of model or pipeline NAME.

    The whole trail, as records or cloudevents, holds its checkpoints. An excerpt, and the other forms, are for reading.
    """
    wanted = Wanted(file=file, form=_form(file, form), **excerpt)
    draft = file.with_name(f"{file.name}.part")
    try:
        count, key = wanted.written(session, draft)
        draft.replace(file)
    except OSError as error:
        raise UsageError(
            f"Cannot write {file}: {error.strerror}.", hint="Check the path, and the space there."
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    if as_json:
        print_json({"file": str(file), "lines": count, "key": key})
        return
    tell(f"{count:,} lines in {file}.{' To verify it anywhere:' if key else ''}", done=True)
    if key:
        tell(f"  mlfn audit verify --from {shlex.quote(str(file))} --key {key}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be written, and where to."""

    file: Path
    form: Form
    name: str | None
    since: str | None
    until: str | None

    def written(self, session: Session, draft: Path) -> tuple[int, str | None]:
        """How many lines were written, and the key that verifies them if they are a whole trail."""
        if self.form not in VERIFIABLE or self.name or self.since or self.until:
            return self._excerpt(session, draft), None
        return self._whole(session, draft)

    def _whole(self, session: Session, draft: Path) -> tuple[int, str]:
        from mlfn_audit.exporting.trail import whole_trail
        from mlfn_cli.trail.places import opened_trail

        with opened_trail(session) as trail:
            parts = trail.parts
            entries = whole_trail(parts.client, parts.table, parts.models, bucket=parts.bucket, at=int(trail.now()))
            return self._write(entries, draft, _origin(session, parts.table)), str(parts.key)

    def _excerpt(self, session: Session, draft: Path) -> int:
        from mlfn_audit.exporting.trail import records
        from mlfn_cli.trail.known_names import check_known
        from mlfn_cli.trail.reading import models_of, opened_table
        from mlfn_cli.trail.selection import models_named

        with opened_table(session) as table:
            client: Any = table.client
            models = [self.name] if self.name and "." in self.name else None
            models = models or models_named(session, self.name, lambda: models_of(table))
            entries = records(client, table.name, self._chosen(models))
            count = self._write(entries, draft, _origin(session, table.name))
            if not count:
                check_known(session, self.name, table)
            return count

    def _chosen(self, models: list[str]) -> Excerpt:
        from mlfn_audit.exporting.trail import FIRST, LAST, Excerpt
        from mlfn_audit.query import timestamp
        from mlfn_cli.when import moment

        now = datetime.now(UTC)
        since = timestamp(moment(self.since, now)) if self.since else FIRST
        return Excerpt(
            models=tuple(models), since=since, until=timestamp(moment(self.until, now)) if self.until else LAST
        )

    def _write(self, entries: Iterable[Entry], draft: Path, origin: Origin) -> int:
        from mlfn_audit.exporting import lines, parquet

        if self.file.suffix == PARQUET:
            return parquet.write(entries, draft)
        count = 0
        with draft.open("wb") as out:
            for line in lines(self.form, entries, origin):
                out.write(line)
                count += 1
        return count


def _form(file: Path, form: str) -> Form:
    if file.suffix not in {".jsonl", PARQUET}:
        raise UsageError(
            f"{file.name} is neither a .jsonl nor a .parquet file.", hint="Name it FILE.jsonl: one JSON object a line."
        )
    if file.suffix == PARQUET and form != Form.RECORD:
        raise UsageError(f"A .parquet file holds records, not {form}.", hint=f"Name it {file.stem}.jsonl.")
    return Form(form)


def _origin(session: Session, table: str) -> Origin:
    from mlfn_audit.exporting.trail import Origin
    from mlfn_deployers.aws.api.clients import Clients

    target = session.target()
    aws = Clients(target).session
    account = target.account_id or aws.client("sts").get_caller_identity()["Account"]
    partition = aws.get_partition_for_region(target.region)
    return Origin(table=table, region=target.region, account=account, partition=partition)
