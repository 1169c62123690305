"""An .xls workbook, by xlrd: it knows errors, formats, hidden rows and merges."""

import io
from collections.abc import Iterator, Sequence
from typing import IO, Any

import xlrd

from outreach.errors import SourceError
from outreach.sources.cells import MERGED, STRUCK_OUT
from outreach.sources.spreadsheets.numbers import PLAIN, Style, show_number, style_of
from outreach.sources.spreadsheets.sheets import Merge, Merges, Remarks, Sheet, SheetRow

_LARGEST = 1 << 28
_PROTECTED = "EncryptedPackage".encode("utf-16-le")


class Xls:
    """A workbook of Excel 2 to 2003."""

    def __init__(self, label: str, data: IO[bytes]) -> None:
        self.notes: list[str] = []
        content = data.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise SourceError(f"{label} is larger than any list in .xls.", "Save it as .xlsx.")
        if _PROTECTED in content:
            raise SourceError(f"{label} is protected by a password.", "Save it without one.")
        try:
            self._book = _open(content)
        except Exception as e:  # xlrd lets pass what a broken file makes Python raise
            raise SourceError(f"{label} is not a readable .xls workbook.", "Save it as .xlsx.") from e
        self._label = label
        self._styles: dict[int, Style] = {}

    def sheets(self) -> Sequence[Sheet]:
        """Its sheets of cells, in order."""
        book = self._book
        return [Sheet(sheet.name, sheet.visibility == 0) for sheet in book.sheets()]

    def rows(self, sheet: Sheet) -> Iterator[SheetRow]:
        """The rows of a sheet."""
        found = self._book.sheet_by_name(sheet.name)
        merges = Merges(
            Merge(top + 1, bottom, left + 1, right) for top, bottom, left, right in found.merged_cells
        )
        remarks = Remarks()
        for (number, _), note in found.cell_note_map.items():
            remarks.add(number + 1, note.text or "")
        self.notes += remarks.note()
        for number in range(found.nrows):
            cells = [self._text(cell) for cell in found.row(number)]
            info = found.rowinfo_map.get(number)
            row = SheetRow(number + 1, cells, hidden=bool(info and info.hidden))
            merges.mark(row, MERGED)
            remarks.mark(row)
            yield row

    def _text(self, cell: Any) -> str:  # noqa: ANN401 - xlrd has no types
        style = self._style(cell.xf_index)
        if style.struck and cell.value != "":
            return STRUCK_OUT
        match cell.ctype:
            case xlrd.XL_CELL_TEXT:
                return str(cell.value)
            case xlrd.XL_CELL_NUMBER | xlrd.XL_CELL_DATE:
                return show_number(repr(cell.value), style, is_1904=bool(self._book.datemode))
            case xlrd.XL_CELL_BOOLEAN:
                return "true" if cell.value else "false"
            case xlrd.XL_CELL_ERROR:
                return str(xlrd.error_text_from_code.get(cell.value, "#VALUE!"))
            case _:
                return ""

    def _style(self, number: int | None) -> Style:
        if number is None:
            return PLAIN
        style = self._styles.get(number)
        if style is None:
            form = self._book.xf_list[number]
            code = self._book.format_map[form.format_key]
            struck = bool(self._book.font_list[form.font_index].struck_out)
            style = style_of(form.format_key, code.format_str or None, struck=struck)
            style = self._styles[number] = PLAIN if style == PLAIN else style
        return style


def _open(content: bytes) -> Any:  # noqa: ANN401 - xlrd has no types
    # It talks on standard output; and formatting is what says which rows are hidden.
    quiet = io.StringIO()
    return xlrd.open_workbook(file_contents=content, logfile=quiet, formatting_info=True, ragged_rows=True)
