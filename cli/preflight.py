"""The verb `preflight`: is everything in place before a campaign?"""

from typing import Literal

from rich.text import Text

from cli.console import AsJson, new_table, out, print_json

STYLE = {"OK": "green", "WARN": "yellow", "ERROR": "red"}


def preflight(
    *,
    genesys: str = "default",
    senders: str = "default",
    webhook: str | None = "default",
    ledger: str = "default",
    route: Literal["agentless", "campaign"] = "agentless",
    json: AsJson = False,
) -> int:
    """Check credentials, permissions, senders, limits, ledger, webhook and clock; exit 1 on an ERROR.

    Nobody is contacted; the receiver gets one signed ping.

    Args:
        genesys: name of the credentials block.
        senders: name of the senders block.
        webhook: name of the CRM webhook block; "none" tells nobody.
        ledger: name of the ledger block.
        route: campaign also checks what Genesys' own engine needs, and what others have set up against it.
    """
    from cli.prefect_api import prefect_api

    with prefect_api():
        from flows.opening import BlockNames
        from flows.preflight import check_prefect, gather
        from outreach.operations.preflight import Level, run_preflight, worst
        from outreach.operations.route_preflight import check_route

        names = BlockNames(genesys, senders, None if webhook == "none" else webhook, ledger)
        means = gather(names)
        by_route = check_route(means) if route == "campaign" else ()
        checks = [*run_preflight(means), *by_route, *check_prefect()]
    if json:
        print_json({"level": worst(checks).value, "checks": [each.as_json() for each in checks]})
    else:
        table = new_table("check", "", "found", "what to do")
        for each in checks:
            level = each.level.value
            table.add_row(each.name, Text(level, STYLE[level]), Text(each.what), Text(each.advice))
        out.print(table)
    return 1 if worst(checks) is Level.ERROR else 0
