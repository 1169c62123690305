"""External contact ids from the ids of other systems.

    EXT-1, 0035g00000AbCdEAAV      as they are
    2134.0                         2134: a spreadsheet's number is the CSV's
    l:77, {6F9619FF-...}           x--l_3A77, x--_7B6F9619FF-..._7D: signs that ours may not have, in UTF-8
    nobody has one                 by-address-... of the first address, the same at each export

An id is never changed where ours may have all its signs: who is known by it stays known.
"""

import hashlib
import re
from collections.abc import Mapping

from outreach.channels import EXTERNAL_CONTACT_ID
from outreach.sameness import same_form
from outreach.sources.cells import read_line
from outreach.sources.phones import looks_mangled
from outreach.sources.rows import BadCell

WRITTEN = "x--"
"""How an id begins that had signs which ours may not have."""
_WHOLE = re.compile(r"([0-9]+)\.0{1,2}\Z")
PLAIN_ID = r"(?![0-9]+\.0)[A-Za-z0-9][A-Za-z0-9._-]{0,254}"
"""An id that stays as it is."""
_FOREIGN = re.compile(r"[^A-Za-z0-9.-]")
_NO_IDS = frozenset({"n/a", "#n/a", "-", "?"})


def read_id(cell: str) -> str:
    """An external contact id (guide sheet, "Contact payload")."""
    if EXTERNAL_CONTACT_ID.match(cell):
        whole = _WHOLE.match(cell) if ".0" in cell else None
        # As of a number in JSON and Parquet: from 2**53 on a float is its neighbour's, too.
        if whole and int(whole[1]) >= 2**53:
            raise BadCell("not_known", "is a number of which digits were lost; write it as text")
        return whole[1] if whole else cell
    if looks_mangled(cell):
        raise BadCell("mangled_by_excel", "was changed by a spreadsheet; export it as text")
    read_line(cell)  # refuses what is too long, no text, or handed over as not known
    if not cell.isprintable():
        raise BadCell("malformed_id", "holds a sign that nobody sees; type it again")
    if cell[0] in "-_." or cell.casefold() in _NO_IDS:
        raise BadCell("malformed_id", "must start with a letter or digit")
    written = WRITTEN + _FOREIGN.sub(_as_bytes, cell)
    if len(written) > 255:
        raise BadCell("too_long", "holds more than 255 characters")
    return written


def _as_bytes(found: re.Match[str]) -> str:
    # Half a surrogate pair, which a Python text may hold, has no bytes in UTF-8.
    return "".join(f"_{byte:02X}" for byte in found[0].encode("utf-8", "replace"))


def make_id(channels: Mapping[str, object]) -> str:
    """An id of an address, e-mail first, for people who have none; it does not show the address."""
    address = next(str(channels[name]) for name in ("email", "sms", "voice", "chat") if name in channels)
    return f"by-address-{hashlib.sha256(same_form(address).encode()).hexdigest()[:24]}"
