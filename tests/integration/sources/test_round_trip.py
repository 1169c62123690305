"""Whatever contact there is, the export loads back as it was."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.sources.columns import PLAIN
from outreach.sources.csv_writer import EXPORT_COLUMNS, PrivateCsv, cells_of
from tests.support.fuzzing import tries
from tests.support.source_rows import contacts_of

TEXT = st.text(max_size=40)
KEYS = st.text(min_size=1, max_size=20)
PEOPLE = st.fixed_dictionaries(
    {
        "external_contact_id": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True),
        "name": TEXT,
        "channels": st.fixed_dictionaries(
            {"sms": st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)}, optional={"chat": TEXT}
        ),
    },
    optional={
        "email": st.emails(),
        "initial_message": TEXT,
        "interaction_duration_seconds": st.integers(1, 7200),
        "time_zone": st.sampled_from(["Europe/Berlin", "america/new_york"]),
        "postal_code": st.text(max_size=8),
        "consent": st.dictionaries(
            st.sampled_from(["sms", "email"]),
            st.fixed_dictionaries(
                {"given": st.booleans()}, optional={"source": TEXT, "date": st.dates().map(str)}
            ),
        ),
        "metadata": st.dictionaries(KEYS, TEXT, max_size=3),
    },
)


@settings(max_examples=tries(100), deadline=None)
@given(st.lists(PEOPLE, min_size=1, max_size=4))
def test_exported_contacts_load_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, people: list[dict[str, object]]
) -> None:
    path = tmp_path_factory.mktemp("export") / "contacts.csv"
    contacts = contacts_of(people)

    with PrivateCsv(path, PLAIN, EXPORT_COLUMNS) as file:
        for contact in contacts:
            kept = orjson.loads(contact.model_dump_json(exclude_defaults=True))
            file.write({**cells_of(kept), "code": "failed", "reason": "=x"})

    assert (contacts_of(path) if contacts else []) == contacts
