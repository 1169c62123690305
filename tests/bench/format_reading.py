"""One list in several formats, read by us and by openpyxl, polars, pandas and DuckDB beside us.

Each reads all cells of the same file as text, in a process of its own. `ours` also checks every cell and
makes contacts of them; `ours, cells` does what the others do.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from tests.bench.job import run_child
from tests.bench.loading_speed import _write
from tests.bench.machine import peak_megabytes
from tests.support.workbooks import letters

ROWS = 50_000
LARGEST = 1_000_000
"""Rows of the workbook that shows our peak memory; the others would take many minutes for it."""
_SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def measure(rows: int = ROWS, largest: int = LARGEST) -> list[dict[str, Any]]:
    """Seconds of the processor and peak memory, for each format and reader."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        csv = Path(folder, "list.csv")
        _write(csv, rows)
        for suffix, write in (("csv", None), ("xlsx", _write_xlsx), ("parquet", _write_parquet)):
            path = csv.with_suffix(f".{suffix}")
            if write:
                write(csv, path)
            results += [_read(way, path, rows) for way, (suffixes, _) in _WAYS.items() if suffix in suffixes]
        path = csv.with_suffix(".xlsx")
        _write(csv, largest)
        _write_xlsx(csv, path)
        return [*results, _read("ours", path, largest)]


def _read(way: str, path: Path, rows: int) -> dict[str, Any]:
    found = run_child("format_reading", {"way": way, "path": str(path)})
    return {"format": path.suffix[1:], "way": way, "rows": rows, **found}


def _lines(csv: Path) -> Iterator[list[str]]:
    import csv as library

    with csv.open(newline="", encoding="utf-8") as file:
        yield from library.reader(file)


def _write_xlsx(csv: Path, path: Path) -> None:
    """As Excel writes it: texts shared, postal codes as numbers."""
    shared: dict[str, int] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _relations({"officeDocument": "xl/workbook.xml"}))
        sheets = '<sheets><sheet name="List" sheetId="1" r:id="worksheet"/></sheets>'
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{_SPACE}" xmlns:r="{_RELATED}">{sheets}</workbook>'
        )
        parts = {"worksheet": "worksheets/sheet1.xml", "sharedStrings": "sharedStrings.xml"}
        archive.writestr("xl/_rels/workbook.xml.rels", _relations(parts))
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(
                f'<?xml version="1.0" encoding="UTF-8"?>\n<worksheet xmlns="{_SPACE}"><sheetData>'.encode()
            )
            for number, cells in enumerate(_lines(csv), 1):
                sheet.write(_row(number, cells, shared).encode())
            sheet.write(b"</sheetData></worksheet>")
        with archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as strings:
            strings.write(f'<sst xmlns="{_SPACE}">'.encode())
            for text in shared:
                strings.write(f"<si><t>{escape(text)}</t></si>".encode())
            strings.write(b"</sst>")


def _row(number: int, cells: list[str], shared: dict[str, int]) -> str:
    written = []
    for at, cell in enumerate(cells):
        place = f'<c r="{letters(at)}{number}"'
        if cell.isdigit():
            written.append(f"{place}><v>{int(cell)}</v></c>")
        else:
            written.append(f'{place} t="s"><v>{shared.setdefault(cell, len(shared))}</v></c>')
    return f'<row r="{number}">{"".join(written)}</row>'


def _relations(parts: Mapping[str, str]) -> str:
    each = "".join(
        f'<Relationship Id="{kind}" Type="{_RELATED}/{kind}" Target="{to}"/>' for kind, to in parts.items()
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{each}</Relationships>'


_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_KIND}.sharedStrings+xml"/></Types>'
)


def _write_parquet(csv: Path, path: Path) -> None:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv
    from pyarrow import parquet

    with csv.open("rb") as file:
        header = file.readline().decode().strip().split(",")
    texts = arrow_csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string()))
    parquet.write_table(arrow_csv.read_csv(csv, convert_options=texts), path, row_group_size=100_000)


def _ours(path: str) -> int:
    from outreach.sources import open_source

    return sum(1 for _ in open_source(path).rows())


def _our_cells(path: str) -> int:
    from outreach.sources.choices import Choices
    from outreach.sources.columns import Headings
    from outreach.sources.files import Location
    from outreach.sources.list_file import ListFile

    reader = ListFile(Location(path, path, Path(path).name), Headings.of(path, {}), Choices())
    return sum(1 for _ in reader.records())


def _openpyxl(path: str) -> int:
    from openpyxl import load_workbook

    sheet = load_workbook(path, read_only=True, data_only=True).worksheets[0]
    return sum(1 for _ in sheet.iter_rows(values_only=True)) - 1


def _polars(path: str) -> int:
    import polars as pl

    if path.endswith("xlsx"):
        frame = pl.read_excel(path, infer_schema_length=0)
    else:
        frame = pl.read_parquet(path) if path.endswith("parquet") else pl.read_csv(path, infer_schema=False)
    return sum(1 for _ in frame.iter_rows())


def _pandas(path: str) -> int:
    import pandas as pd

    if path.endswith("csv"):
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    elif path.endswith("parquet"):
        frame = pd.read_parquet(path)
    else:
        frame = pd.read_excel(path, dtype=str, keep_default_na=False, engine="openpyxl")
    return sum(1 for _ in frame.itertuples(index=False))


def _duckdb(path: str) -> int:
    import duckdb

    connection = duckdb.connect()
    if path.endswith("xlsx"):
        import duckdb_extension_excel

        folder = Path(next(iter(duckdb_extension_excel.__path__)))
        connection.load_extension(str(next(folder.rglob("*.duckdb_extension"))))
    reads = {
        "csv": "read_csv('{0}', all_varchar=true)",
        "parquet": "'{0}'",
        "xlsx": "read_xlsx('{0}', all_varchar=true, header=true)",
    }
    result = connection.execute("SELECT * FROM " + reads[path.rpartition(".")[2]].format(path))
    count = 0
    while rows := result.fetchmany(10_000):
        count += len(rows)
    return count


_ALL = frozenset({"csv", "xlsx", "parquet"})
_WAYS: dict[str, tuple[frozenset[str], Callable[[str], int]]] = {
    "ours": (_ALL, _ours),
    "ours, cells": (_ALL, _our_cells),
    "openpyxl": (frozenset({"xlsx"}), _openpyxl),
    "polars": (_ALL, _polars),
    "pandas": (_ALL, _pandas),
    "DuckDB": (_ALL, _duckdb),
}


def main() -> None:
    """In the child."""
    task = json.loads(sys.argv[1])
    began, cpu = time.perf_counter(), time.process_time()
    try:
        rows, missing = _WAYS[task["way"]][1](task["path"]), ""
    except ImportError as e:
        rows, missing = 0, str(e)
    print(
        json.dumps(
            {
                "read": rows,
                "missing": missing,
                "seconds": round(time.perf_counter() - began, 2),
                "cpu_seconds": round(time.process_time() - cpu, 2),
                "peak_megabytes": peak_megabytes(),
            }
        )
    )


if __name__ == "__main__":
    main()
