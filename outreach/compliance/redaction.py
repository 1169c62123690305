"""Addresses and free text as an explanation may show them: enough to recognise, never enough to use."""

import re

HIDDEN = "***"
_EMAIL = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+")
_NUMBER = re.compile(r"\+?\d[\d\s().-]{4,}\d")  # from six signs on: a year stays readable


def mask_address(address: str) -> str:
    """An address of any channel: its first sign, and the last two digits of a number."""
    masked = mask_text(address)
    if masked != address:
        return masked
    return f"{address[:1]}{HIDDEN}" if len(address) > 3 else HIDDEN


def mask_text(text: str) -> str:
    """Free text with its e-mail addresses and numbers hidden."""
    without_mail = _EMAIL.sub(lambda found: f"{found.group()[0]}{HIDDEN}@{HIDDEN}", text)
    return _NUMBER.sub(lambda found: f"{found.group()[:2]}{HIDDEN}{found.group()[-2:]}", without_mail)


def mask_postal_code(text: str) -> str:
    """The part that names an area."""
    return f"{text.strip()[:3]}{HIDDEN}"
