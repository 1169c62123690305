"""The index page at `/`: one file, no other host; it reads `/_emulator/state` in the browser."""

from functools import cache
from importlib.resources import files

from emulator.http.messages import Request, Response
from emulator.http.routing import Operations
from emulator.state.organisation import Organisation

operation = Operations("", open=True, own=True)

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; img-src data:"
)


@cache
def _page() -> bytes:
    return files("emulator").joinpath("index.html").read_bytes()


@operation("own.page", "GET", "/")
def index(_org: Organisation, _request: Request) -> Response:
    """The page."""
    return Response(200, _page(), "text/html; charset=utf-8", [("Content-Security-Policy", _POLICY)])
