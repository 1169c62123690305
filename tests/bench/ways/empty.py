"""A flow that does nothing: what Prefect itself takes, of whatever runs as a flow."""

from prefect import flow


@flow
def empty() -> int:
    """Nothing."""
    return 1
