"""What the command loads before it knows which verb is wanted."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys

import pytest

from cli.main import execute, make_app
from cli.verbs import RENAMED, VERBS

HEAVY = ("pydantic", "sqlalchemy", "prefect", "httpx", "httpcore", "phonenumbers", "cryptography", "alembic")


def printed(script: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_help_waits_for_none_of_the_large_libraries() -> None:
    """They take 0.1 to 2 seconds each; `outreach --help` takes 0.3 without them."""
    said = f"import sys, cli.main; print(*[name for name in {HEAVY} if name in sys.modules])"
    assert printed(said) == []


def test_the_list_of_verbs_imports_none_of_them() -> None:
    asked = "from cli.main import execute; import sys; execute(['--help']); print('ENDED', *sys.modules)"
    said = printed(asked)
    loaded = said[said.index("ENDED") :]

    assert not {place.partition(":")[0] for place in VERBS} & set(loaded)
    assert "markdown_it" not in loaded


@pytest.mark.parametrize("place", VERBS)
def test_the_list_has_the_first_line_of_what_a_verb_says_of_itself(place: str) -> None:
    verb = make_app([])[RENAMED.get(place, place.partition(":")[2].replace("_", "-"))]
    said = verb.help if verb.default_command is None else inspect.getdoc(verb.default_command)

    assert (said or "").splitlines()[0] == VERBS[place]


def test_a_verbs_own_help_says_more_than_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["run", "--help"]) == 0
    assert "either way the next run goes on" in " ".join(capsys.readouterr().out.split())


def test_what_only_an_old_workbook_needs_is_loaded_with_one() -> None:
    assert printed("import sys, outreach.sources.opening; print(*{'xlrd'} & sys.modules.keys())") == []


def test_a_proof_waits_for_no_reader_of_lists_no_rules_and_no_texts() -> None:
    """They took 0.7 of the 2 seconds of processor time of `outreach proof`."""
    needed = ("ledger.opening", "ledger.campaigns", "ledger.proof", "ledger.deliveries", "report.terminal")
    unused = {"outreach.sources.opening", "outreach.compliance.gate", "httpx", "fsspec", "jinja2", "holidays"}
    load = "".join(f"import outreach.{name}; " for name in needed)
    assert printed(f"import sys; {load}print(*{unused} & sys.modules.keys())") == []


def test_a_status_waits_for_no_form_of_settings_and_no_numbers() -> None:
    """They took a fifth of the 0.57 seconds of processor time of `outreach status`."""
    load = "import outreach.ledger.opening, outreach.report.figures.status, outreach.report.status; "
    unused = {"pydantic", "phonenumbers", "babel", "outreach.settings"}
    assert printed(f"import sys; {load}print(*{unused} & sys.modules.keys())") == []


def test_garbage_is_looked_for_again_once_the_flows_are_there() -> None:
    assert printed(
        "import gc; from cli.processes import load_flows; load_flows(); print(gc.isenabled())"
    ) == ["True"]


def test_a_ledger_in_a_file_waits_for_no_dialect_of_a_server() -> None:
    """PostgreSQL's took a tenth of the processor time of `outreach proof`."""
    load = "import outreach.ledger.opening, outreach.ledger.proof; "
    assert (
        printed(f"import sys; {load}print(*{{'sqlalchemy.dialects.postgresql'}} & sys.modules.keys())") == []
    )


def test_why_waits_for_no_calendar_of_holidays_and_no_names_of_months() -> None:
    """They took a seventh of its processor time, and most campaigns ask for neither."""
    unused = {"holidays", "babel.dates"}
    assert printed(f"import sys, outreach.decisions.why; print(*{unused} & sys.modules.keys())") == []


def test_texts_without_fields_wait_for_no_reader_of_templates() -> None:
    """It took 0.02 seconds of each contact by Prefect's API, and of `outreach why`."""
    say = "Wording(CampaignSettings(message='Hello')).say(Contact.forgotten(''), Channel.SMS).text"
    load = "from outreach.contacts import Channel, Contact; from outreach.settings import CampaignSettings; "
    load += "from outreach.messages.wording import Wording; import sys; "
    assert printed(f"{load}print({say}, *{{'jinja2'}} & sys.modules.keys())") == ["Hello"]


def test_who_is_contacted_by_a_worker_waits_for_no_report_and_no_engines_list() -> None:
    """They took 0.03 seconds before the contact, and each is wanted after it, if at all."""
    unused = {"outreach.report.page", "outreach.report.markdown", "tasks.handing_over"}
    assert printed(f"import sys, flows.contact; print(*{unused} & sys.modules.keys())") == []


@pytest.mark.parametrize(("more", "said"), [({}, "True"), ({"PREFECT_API_ENABLE_HTTP2": "true"}, "False")])
def test_authorities_that_genesys_and_prefect_have_in_common_are_read_once(
    more: dict[str, str], said: str
) -> None:
    script = "from outreach.connections import trusted; from tasks.patience import known_trust; "
    script += "print(known_trust()['verify'] is trusted())"
    env = {name: value for name, value in os.environ.items() if "SSL" not in name} | more
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [said]


def test_a_run_that_begins_directly_is_one_of_prefects_engine() -> None:
    env = {**os.environ, "PREFECT__FLOW_RUN_ID": "of no run"}
    asked = [sys.executable, "-m", "flows"]
    done = subprocess.run(asked, env=env, capture_output=True, text=True, check=False)

    assert (done.returncode, "Invalid flow run id" in done.stderr) == (1, True)


def test_the_end_looks_for_no_cycles_among_what_was_imported() -> None:
    """Python's own last look took a second where Prefect was imported."""
    is_left_out = "len(gc.get_objects()) < 1000 < gc.get_freeze_count()"
    at_the_end = f"import atexit, gc; atexit.register(lambda: print({is_left_out}))"
    assert printed(f"{at_the_end}; from cli.ending import end_process; end_process(0)") == ["True"]


ENDING = """
import os, sys, types
import cli.main
class Loaded:
    def __del__(self, write=os.write):
        write(1, b"taken apart")
module = sys.modules["loaded"] = types.ModuleType("loaded")
module.thing = Loaded()
del module
sys.argv = ["outreach", *sys.argv[1:]]
def execute(arguments):
    import atexit
    atexit.register(print, "last logs")
    return 3
cli.main.execute = execute
cli.main.main()
"""


def test_a_command_ends_with_its_code_after_the_last_logs_and_takes_nothing_apart() -> None:
    """To take apart what was loaded took 0.05 seconds of a run's processor time."""
    done = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split("\n"), done.stderr) == (3, ["last logs", ""], "")


def test_what_others_do_at_the_end_of_a_process_is_done() -> None:
    """A tracer that was there before us sends its last then."""
    traced = f"import atexit; atexit.register(print, 'traces sent')\n{ENDING}"
    done = subprocess.run([sys.executable, "-c", traced], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split("\n")[:2]) == (3, ["last logs", "traces sent"])


def test_a_command_whose_answer_nobody_takes_ends_without_a_word() -> None:
    ended = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m cli.main --version >&-"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_run_looks_for_no_cycles_among_what_it_imports() -> None:
    """Once it looked, at 100,000 objects: 0.02 seconds of its processor time."""
    look = "seen = []; gc.callbacks.append(lambda phase, found: seen.append(phase)); "
    load = "import cli.console, cli.run, cli.settings, cli.flow_runs; print(len(seen))"
    start = f"gc.set_threshold(*cli.main.IMPORTING); {look}{load}"
    assert printed(f"import gc, cli.main; {start}") == ["0"]
