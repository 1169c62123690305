"""What a contact takes on the disk, and that nothing which was packed, or is older, reads differently."""

from pathlib import Path

import orjson
from hypothesis import given
from hypothesis import strategies as st

from outreach.ledger.database import packing
from outreach.ledger.database.packing import (
    lengthen,
    pack,
    pack_contents,
    pack_whole,
    shorten,
    unpack,
    unpack_whole,
)
from tests.support.ledgers import advance, load, new_ledger, new_run, people
from tests.support.organisations import Organisation

DIGITS = st.text("0123456789abcdef-", max_size=70)
UUIDS = st.uuids().map(str)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text() | UUIDS | DIGITS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | UUIDS, inner, max_size=4),
)


@given(st.text() | DIGITS | UUIDS)
def test_an_id_comes_back_as_it_was_and_no_two_share_a_form(text: str) -> None:
    assert lengthen(shorten(text)) == text


@given(st.binary() | JSON.map(orjson.dumps))
def test_what_was_packed_comes_back_byte_for_byte(plain: bytes) -> None:
    if plain[:1] != b"\1":  # no JSON begins so, and it says "packed"
        assert unpack(pack(plain)) == plain


@given(st.binary() | JSON.map(orjson.dumps))
def test_an_event_comes_back_byte_for_byte_from_whichever_way_it_was_packed(body: bytes) -> None:
    if body[:1] != b"\1":
        assert [unpack_whole(packed) for packed in (pack_whole(body), pack(body), body)] == [body] * 3
        assert unpack(pack_whole(body)) == body


@given(JSON.map(orjson.dumps).map(pack), st.integers(1, 9))
def test_an_event_that_was_cut_off_reads_as_any_packed_row_does(packed: bytes, cut: int) -> None:
    assert unpack_whole(packed[:-cut]) == unpack(packed[:-cut])


@given(st.lists(st.tuples(JSON.map(orjson.dumps).map(pack), st.integers(0, 9)), min_size=2, max_size=9))
def test_a_row_reads_the_same_whatever_was_read_before_it(rows: list[tuple[bytes, int]]) -> None:
    packed = [row[: len(row) - cut] for row, cut in rows]  # of whom some were cut off

    in_turn = [unpack(row) for row in packed * 2]

    for row, read in zip(packed * 2, in_turn, strict=True):
        packing._FORMS.clear()
        assert unpack(row) == read


def test_a_row_of_the_first_version_that_packed_is_read_by_every_later_one() -> None:
    told = b'{"conversation_id":"3329bc83-eaca-4a60-976c-5f8857017ef9","reference":"9378c7437aec96b4"}'
    packed = bytes.fromhex("01c35521a09a550b003329bc83eaca4a60976c5f8857017ef99378c7437aec96b4")

    assert unpack(packed) == told


def test_a_detail_of_a_version_that_cut_long_ids_in_two_is_still_read() -> None:
    told = b'{"content":"11f6ad8ec52a2984abaafd7c3b516503785c2072","load":3}'
    packed = bytes.fromhex("0143a95013931213d352cc938d934c0dcd4c0d8ccd2d4c938d0ccc8d90ea590011f6ad8ec52a2984")

    assert unpack(packed) == told


def test_a_contact_takes_at_most_three_fifths_of_what_it_took(tmp_path: Path) -> None:
    path, count = tmp_path / "ledger.db", 400
    with new_ledger(tmp_path) as ledger, new_run(ledger, Organisation()) as run:
        ledger.actor = "flow run 83b2597d-8549-4afe-93c5-88e73782e82d"
        ledger.db.checkpoint()
        before = path.stat().st_size
        load(run, people(count))
        advance(run)
        ledger.db.checkpoint()

        assert (path.stat().st_size - before) / count <= 0.6 * 4_054


@given(st.just("") | st.text("0123456789abcdef", min_size=40, max_size=40), st.integers(1, 2**40))
def test_a_new_contacts_detail_packed_the_short_way_is_the_same(key: str, load_id: int) -> None:
    detail = orjson.dumps({"content": key, "load": load_id})

    assert pack_contents([bytes.fromhex(key)], load_id) == [pack(detail)]
