"""The verb `deploy`: bring a Prefect server up to this version."""

from cli.console import AsJson, new_table, out, print_json
from cli.prefect_api import api_url, reachable
from outreach.errors import SettingsError


def deploy(
    *, pool: str = "outreach", notify: str | None = None, activate: bool = False, json: AsJson = False
) -> None:
    """Register block types, work pool, deployments and automations; twice changes nothing.

    Args:
        pool: the work pool that workers take runs from.
        notify: a saved notification block, like slack-webhook/ops, for the automations.
        activate: switch the schedules of new deployments on that need no source.

    Raises:
        SettingsError: no Prefect server is configured.
    """
    from dataclasses import asdict

    if not api_url():
        raise SettingsError(
            "No Prefect server is configured.",
            "Start one with `prefect server start` and set PREFECT_API_URL=http://127.0.0.1:4200/api.",
        )
    with reachable():
        from deployments import production

        done = production.deploy(pool, notify=notify, activate=activate)
    if json:
        print_json({"pool": pool, "deployed": [asdict(each) for each in done]})
        return
    table = new_table("what", "name", "outcome")
    for each in done:
        table.add_row(each.kind, each.name, each.outcome)
    out.print(table)
    out.print(f"Start workers with: prefect worker start --pool {pool}")
