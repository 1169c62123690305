"""The verb of a source's header: columns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from cyclopts import Parameter

from cli.console import AsJson, complain, err, new_table, out, print_json
from outreach.errors import UsageError

if TYPE_CHECKING:
    from outreach.sources.proposal import Proposal

_SHOWN_WHOLE = ("time_zone", "country", "opt-out", "metadata.language", "consent.")


def columns(
    source: str,
    *,
    mapping: Annotated[str | None, Parameter(name="--columns")] = None,
    settings: Path | None = None,
    save: Annotated[bool, Parameter(negative="")] = False,
    json: AsJson = False,
) -> int:
    """Show what each column of a source means, with masked samples, and what would be left out.

    Exit 2 where a run would be refused, with every reason.

    Args:
        source: as for `outreach run`.
        mapping: your headers to ours, like Mobile=sms,Id=external_contact_id; several: Phone=voice,Phone=sms.
        settings: a JSON file of campaign settings.
        save: keep the mapping beside the file, as SOURCE.columns.json, where `outreach run` finds it.
    """
    from cli.settings import read_settings
    from outreach.sources.opening import open_list

    chosen = read_settings(settings, source, columns=mapping)
    proposal = open_list(source, chosen).propose()
    if json:
        print_json({"source": source, **_as_json(proposal)})
    else:
        _show(proposal)
    if proposal.problem:
        return complain(proposal.problem, 2)
    if save:
        _save(source, proposal.mapping())
    return 0


def _save(source: str, mapping: dict[str, str]) -> None:
    from cli.settings import saved_columns

    path = saved_columns(source)
    if path is None:
        raise UsageError("This source is no file beside which to save.", "Write a file for --settings.")
    path.write_bytes(orjson.dumps({"columns": mapping}, option=orjson.OPT_INDENT_2) + b"\n")
    err.print(f"Saved in {path}; outreach run {source} uses it.", soft_wrap=True)


def _as_json(proposal: Proposal) -> dict[str, Any]:
    found = [
        {"number": each.number, "header": each.header, "means": each.means, "how": each.how}
        | {"samples": _masked(each.means, each.samples)}
        for each in proposal.columns
    ]
    left_out = [each.header for each in proposal.columns if not each.means]
    problem = str(proposal.problem) if proposal.problem else None
    return {"columns": found, "mapping": proposal.mapping(), "left_out": left_out, "problem": problem}


def _show(proposal: Proposal) -> None:
    from rich.text import Text

    table = new_table("", "Header", "Means", "How", "Samples")
    for each in proposal.columns:
        samples = ", ".join(_masked(each.means, each.samples))
        means = ", ".join(each.means) or "left out"
        table.add_row(str(each.number), *map(Text, (each.header, means, each.how, samples)))
    out.print(table)


def _masked(means: list[str], samples: list[str]) -> list[str]:
    from outreach.compliance.redaction import mask_address, mask_text

    mask = mask_text if any(name.startswith(_SHOWN_WHOLE) for name in means) else mask_address
    return [mask(sample[:40]) for sample in samples]
