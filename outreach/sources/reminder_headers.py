"""Reminders that somebody takes or not: a no forbids their channel, a yes is no consent to more."""

import re

_WAY = r"(?:sms|texts?|(?<!voic)(?<!voice)(?<!voice )e? ?mails?)"
REMINDS = re.compile(
    r"(?:sms|texts?|e?mail|phone|voice|appointment)(?:message)?(?:reminders?|alerts?"
    r"|notifications?)(?:enabled|active)?\Z"
    rf"|{_WAY}(?:enabled\Z|able\b)|marketable\b|\Asend(?:sms|texts?|e?mails?)\Z"
    r"|(?:sms|texts?|e?mail|termin|anruf)s?(?:erinnerung(?:en)?|benachrichtigung(?:en)?"
    r"|herinnering(?:en)?|melding(?:en)?)\Z"
    r"|(?:notifications?|alert[aes]*|rappels?|recordatorios?|promemoria|lembretes?|przypomnieni[ae]"
    r"|powiadomieni[ae]|notificacion(?:es)?|notific(?:a|he)|notificac(?:ao|oes)|avisos?)"
    r"(?:por|par|via|per)?(?:sms|e?mails?)\Z"
)
_WHERE_TO = re.compile(
    r"[^@\s]+@[^@\s]+\.\w+|(?:sms|text|e-?mail|phone|call|voice|whatsapp|both|all"
    r"|telefon|appel)(?: message)?",
    re.IGNORECASE,
)


def says_where_to(cell: str) -> bool:
    """Whether a cell names an address or a way for reminders, and is neither a yes nor a no to them."""
    return bool(_WHERE_TO.fullmatch(cell.strip()))
