#!/usr/bin/env bash
# Three clients send a message again by themselves when its answer is lost on a kept connection
#
# Packages:  pycurl 7.49.0, curl_cffi 0.17.0, httplib2 0.32.1; beside them httpx 0.28.1
# Does:      asks a server something, then posts one message on the same connection. The server reads the whole message
#            and closes the connection without an answer, as a balancer does that is restarted behind it.
# Expected:  one message, and an error: nobody knows whether it was taken. The three post it once more, although a POST
#            is not idempotent, and no setting of theirs asked for a repetition. On a new connection pycurl posts once.
# It hurts:  a person gets the SMS twice, and whoever counts attempts counts one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" \
  pycurl==7.49.0 curl_cffi==0.17.0 httplib2==0.32.1 httpx==0.28.1
cd "$folder"
PYTHONPATH="$folder/packages" python3 -W ignore - <<'PYTHON'
import contextlib
import socket
import threading

import curl_cffi.requests
import httplib2
import httpx
import pycurl

messages = []


def read_request(connection):
    seen = b""
    while b"\r\n\r\n" not in seen:
        more = connection.recv(65536)
        if not more:
            return None
        seen += more
    head, body = seen.split(b"\r\n\r\n", 1)
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while lengths and len(body) < int(lengths[0].split(b":")[1]):
        body += connection.recv(65536)
    return head, body


def serve(connection):
    with connection:
        while request := read_request(connection):
            if request[0].startswith(b"POST"):
                messages.append(request[1])
                return
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


server = socket.create_server(("127.0.0.1", 0))
address = f"http://127.0.0.1:{server.getsockname()[1]}/"


def accept():
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()


threading.Thread(target=accept, daemon=True).start()


def by_pycurl(asks_first=True):
    client = pycurl.Curl()
    client.setopt(pycurl.URL, address)
    client.setopt(pycurl.WRITEFUNCTION, lambda answer: None)
    if asks_first:
        client.perform()
    client.setopt(pycurl.POSTFIELDS, '{"to": "ann"}')
    client.perform()


def by_curl_cffi():
    with curl_cffi.requests.Session() as session:
        session.get(address)
        session.post(address, json={"to": "ann"})


def by_httplib2():
    client = httplib2.Http()
    client.request(address)
    client.request(address, "POST", body='{"to": "ann"}')


def by_httpx():
    with httpx.Client(trust_env=False) as client:
        client.get(address)
        client.post(address, json={"to": "ann"})


def count(post):
    messages.clear()
    with contextlib.suppress(Exception):
        post()
    return len(messages)


seen = {post.__name__: count(post) for post in (by_pycurl, by_curl_cffi, by_httplib2, by_httpx)}
seen["by_pycurl, new connection"] = count(lambda: by_pycurl(asks_first=False))
for name, times in seen.items():
    print(name, "posted the message", times, "times")
assert list(seen.values()) == [2, 2, 2, 1, 1], "the behaviour has changed"
PYTHON
