"""The verb `metrics`: a ledger's figures for Prometheus."""

import threading

from cli.console import LedgerName, err
from cli.ledgers import open_named
from cli.processes import end_by_signals
from outreach.errors import UsageError


def metrics(*, port: int = 9464, host: str = "127.0.0.1", ledger: LedgerName = None) -> None:
    """Serve a ledger's figures to Prometheus, until Ctrl-C: states, doubts, webhooks, budgets, proofs.

    They are counted at each scrape. What a run asks of Genesys it tells itself, where Prefect's setting
    PREFECT_CLIENT_METRICS_ENABLED is on, from Prefect's own port (4201) on.

    Args:
        port: to listen on.
        host: the address to listen on; the figures name campaigns, and nobody is asked for a password.
    """
    from prometheus_client import CollectorRegistry, start_http_server

    from outreach.report.figures.status import read_status
    from outreach.report.metrics import LedgerMetrics

    end_by_signals()
    registry = CollectorRegistry()
    with open_named(ledger, "metrics") as book:
        registry.register(LedgerMetrics(lambda: read_status(book)))
        try:
            server, _ = start_http_server(port, host, registry)
        except (OSError, OverflowError) as error:
            why = error.strerror if isinstance(error, OSError) else "ports are 0 to 65535"
            raise UsageError(f"Port {port} cannot be had: {why}.", "Name another with --port.") from None
        err.print(f"http://{host}:{port}/metrics until Ctrl-C", soft_wrap=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            server.shutdown()
