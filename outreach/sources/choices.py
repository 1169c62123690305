"""What a person says of a source beside its columns."""

from typing import NamedTuple


class Choices(NamedTuple):
    """How to read a list where it does not say so itself; "" leaves it to the list.

    sheet        a workbook's sheet by name
    encoding     a text's encoding, like windows-1252
    format       what a link without an ending leads to, like csv
    hidden_rows  also read the rows that a filter hides
    """

    sheet: str = ""
    encoding: str = ""
    format: str = ""
    hidden_rows: bool = False
