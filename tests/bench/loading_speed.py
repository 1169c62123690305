"""Rows a second, and peak memory, of reading one large CSV with phone and e-mail checked.

python tests/bench/loading_speed.py [ROWS]

The file is made outside the measurement; reading runs in a process of its own, so the peak is its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEADER = (
    "external_contact_id,name,voice,sms,email,"
    "initial_message,time_zone,postal_code,consent.sms,metadata.region"
)


def measure(rows: int = 1_000_000) -> dict[str, float]:
    """Reads `rows` rows in a child process: rows_per_second, peak_megabytes, and what they come from."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "contacts.csv")
        _write(path, rows)
        return read_in_child(path)


def read_in_child(path: Path, checkout: Path | None = None) -> dict[str, float]:
    """What reading a file takes; `checkout` is the folder of another build, whose code reads it."""
    command = [sys.executable, "-W", "ignore", __file__, "--read", str(path)]
    env = {**os.environ, "PYTHONPATH": str(checkout)} if checkout else None
    result = subprocess.run(command, check=True, capture_output=True, text=True, env=env, cwd=checkout)
    measured: dict[str, float] = json.loads(result.stdout)
    return measured


def _write(path: Path, rows: int) -> None:
    """People who are all different, as an export writes them; one row in a thousand is bad."""
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER + "\n")
        for number in range(rows):
            mobile = f"+49 171 {number:07d}" if number % 2 else f"+49171{number:07d}"
            email = f"person.{number}@example.com" if number % 1000 else "nobody"
            file.write(
                f'EXT-{number},"Müller, Anna {number}",+1202{number:07d},{mobile},{email},'
                f"Your order {number} has arrived,Europe/Berlin,{number % 100000:05d},yes,eu\n"
            )


def _read(path: str) -> None:
    import resource

    import outreach.contacts  # noqa: F401 - loaded before the clock starts, in every build
    from outreach.sources import open_source

    next(open_source(path).rows())  # as is what the first row loads: 0.1 s of ours, 0.01 of d56dc1f
    contacts = rejects = 0
    start, cpu = time.perf_counter(), time.process_time()
    for row in open_source(path).rows():
        if row.contact:
            contacts += 1
        else:
            rejects += 1
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    rows = contacts + rejects
    print(
        json.dumps(
            {
                "rows": rows,
                "contacts": contacts,
                "rejects": rejects,
                "seconds": round(seconds, 2),
                "cpu_seconds": round(cpu, 3),
                "rows_per_second": round(rows / seconds),
                "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
            }
        )
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read"]:
        _read(sys.argv[2])
    else:
        print(json.dumps(measure(int(sys.argv[1]) if sys.argv[1:] else 1_000_000), indent=2))
