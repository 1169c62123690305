"""Showing why one person was contacted or not: every rule in its order, for the terminal."""

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from cli.console import out


def show_explanation(answer: dict[str, Any]) -> None:
    """The decision in one line, the rules that led to it, and what else one must know."""
    out.print(Text(f"{answer['external_contact_id']}: {_decision(answer)}", "bold"), soft_wrap=True)
    out.print(Text(f"State in {answer['campaign']}: {_state(answer)}"), soft_wrap=True)
    for sentence in answer["sentences"]:
        out.print(Text(sentence), soft_wrap=True)
    if answer["rules"]:
        out.print(_rules(answer["rules"]))
    for note in answer["notes"]:
        out.print(Text(note, "yellow"), soft_wrap=True)


def _decision(answer: dict[str, Any]) -> str:
    words = [str(answer["verdict"] or answer["decided"])]
    words += [f"on {answer['channel']}"] if answer["channel"] else []
    words += [f"({', '.join(answer['reasons'])})"] if answer["reasons"] else []
    words += [f"next allowed {answer['next_allowed_at']}"] if answer["next_allowed_at"] else []
    return " ".join(words)


def _state(answer: dict[str, Any]) -> str:
    reason = answer["reason"] if answer["reason"] not in answer["reasons"] else ""
    state = f"{answer['state']} ({reason})" if reason else str(answer["state"])
    words = {"recorded": "Decided", "afresh": "Decided afresh,"}
    return f"{state}. {words[answer['decided']]} as of {answer['at']}." if answer["at"] else state


def _rules(rules: list[dict[str, Any]]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("Rule", "Version", "Input", "Local time", "Verdict"):
        table.add_column(name, overflow="fold")
    for rule in rules:
        seen = ", ".join(f"{name} {value}" for name, value in rule["input"].items() if value)
        cells = (rule["rule"], rule["version"], seen, rule["local_time"] or "", str(rule["verdict"]))
        table.add_row(*(Text(str(cell)) for cell in cells))
    return table
