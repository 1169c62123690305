"""How many parts an SMS is sent in: Genesys takes five (3GPP TS 23.038)."""

MOST_PARTS = 5
_DOUBLE = "\f^{}\\[~]|€"
_SINGLE = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)


def count_parts(text: str) -> int:
    """The parts of a text: of 153 places, or of 67 when a sign is outside GSM-7; more when it fits in one."""
    if all(sign in _SINGLE or sign in _DOUBLE for sign in text):
        units, alone, part = [1 + (sign in _DOUBLE) for sign in text], 160, 153
    else:
        units, alone, part = [len(sign.encode("utf-16-le")) // 2 for sign in text], 70, 67
    if sum(units) <= alone:
        return 1
    parts, room = 0, 0
    for unit in units:
        if unit > room:  # what takes two places is not cut in two
            parts, room = parts + 1, part
        room -= unit
    return parts
