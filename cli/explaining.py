"""Showing why one person was contacted or not: every rule in its order, for the terminal."""

from __future__ import annotations

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from cli.console import out


def show_explanation(answer: dict[str, Any]) -> None:
    """The decision in one line, and the rules that led to it."""
    words = [str(answer["verdict"])]
    words += [f"on {answer['channel']}"] if answer.get("channel") else []
    words += [f"({', '.join(answer['reasons'])})"] if answer.get("reasons") else []
    words += [f"next allowed {answer['next_allowed_at']}"] if answer.get("next_allowed_at") else []
    out.print(Text(f"{answer['external_contact_id']}: {' '.join(words)}", "bold"))
    if answer.get("state"):
        out.print(Text(f"State in {answer['campaign']}: {answer['state']}"))
    out.print(_rules(answer["rules"]))
    if answer.get("note"):
        out.print(Text(str(answer["note"]), "yellow"))


def _rules(rules: list[dict[str, Any]]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("Rule", "Version", "Input", "Local time", "Verdict"):
        table.add_column(name, overflow="fold")
    for rule in rules:
        seen = ", ".join(f"{name} {value}" for name, value in rule["input"].items())
        cells = (rule["rule"], rule["version"], seen, rule["local_time"] or "", str(rule["verdict"]))
        table.add_row(*(Text(str(cell)) for cell in cells))
    return table
