#!/usr/bin/env bash
# A list whose download breaks off is read as a shorter list
#
# Packages:  petl 1.7.30; beside it smart_open 9.0.2
# Does:      reads a list of 20,000 people from an address whose server announces its length, sends half of it and
#            closes the connection.
# Expected:  an error: what was announced did not come. petl gives the rows that came, and says nothing; the same answer
#            is an error for smart_open.
# It hurts:  half of the people are never contacted, or half of those who opted out are, and all sums agree.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" \
  petl==1.7.30 smart_open==9.0.2 requests==2.34.2
cd "$folder"
PYTHONPATH="$folder/packages" no_proxy=127.0.0.1 python3 -W ignore - <<'PYTHON'
import socket
import threading

import petl
import smart_open

people = "".join(f"{number},+1317555{number:04d}\r\n" for number in range(20_000))
whole = ("id,phone\r\n" + people).encode()
half = whole[: whole.index(b"\r\n", len(whole) // 2) + 2]
server = socket.create_server(("127.0.0.1", 0))
address = f"http://127.0.0.1:{server.getsockname()[1]}/people.csv"


def serve():
    while True:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(whole)}\r\nConnection: close\r\n\r\n"
            connection.sendall(head.encode() + half)


threading.Thread(target=serve, daemon=True).start()
rows = petl.nrows(petl.fromcsv(address))
print(f"petl read {rows:,} of 20,000 people")
assert rows == half.count(b"\r\n") - 1 < 20_000, "the behaviour has changed"
try:
    with smart_open.open(address) as lines:
        print("smart_open read", sum(1 for _ in lines))
except Exception as error:
    print("smart_open:", type(error).__name__)
else:
    raise AssertionError("the behaviour has changed")
PYTHON
