"""Prefect's metrics of a client, where its setting has them on: what a run asks of Genesys."""

import contextlib
import logging
from collections.abc import Callable, Iterator

from prefect.settings import PREFECT_CLIENT_METRICS_ENABLED, PREFECT_CLIENT_METRICS_PORT
from prefect.utilities import services

from outreach.genesys.http.usage import UsageSnapshot

log = logging.getLogger("outreach.metrics")

PORTS = 20
"""Tried one after the other, from Prefect's own on; then whichever is free."""


@contextlib.contextmanager
def metrics_offered(campaign: str, spent: Callable[[], UsageSnapshot]) -> Iterator[None]:
    """Have Prefect's metrics, where they are on, tell what is asked of Genesys within the block."""
    if not PREFECT_CLIENT_METRICS_ENABLED:
        yield
        return
    from prometheus_client import REGISTRY  # noqa: PLC0415 - only where somebody scrapes

    from outreach.report.metrics import RunMetrics  # noqa: PLC0415 - as above

    collector = RunMetrics(campaign, spent)
    REGISTRY.register(collector)
    if services._metrics_server:  # noqa: SLF001 - Prefect tells its port nowhere
        log.info("What is asked of Genesys is told at port %d.", services._metrics_server[0].server_port)  # noqa: SLF001
    try:
        yield
    finally:
        REGISTRY.unregister(collector)


def _serve() -> None:
    """Take the first port that is free.

    Prefect 3.9.1 takes but the one of its setting, which the machine's worker has: each run there crashed.
    """
    if not PREFECT_CLIENT_METRICS_ENABLED or services._metrics_server:  # noqa: SLF001 - Prefect has no other way
        return
    from prometheus_client import start_http_server  # noqa: PLC0415 - only where somebody scrapes

    first = PREFECT_CLIENT_METRICS_PORT.value()
    for port in (*range(first, first + PORTS), 0):
        with contextlib.suppress(OSError, OverflowError):  # beyond the last port
            services._metrics_server = start_http_server(port)  # noqa: SLF001 - as above
            return


_serve()  # when a flow is loaded: with the run's context it would be too late
