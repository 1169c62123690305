"""A country is read by exact tables; what is no country, or may be two, is refused."""

from __future__ import annotations

import pytest

from outreach.countries import NotACountry, read_country


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *(
            ("DE", "DE"),
            ("de", "DE"),
            (" DEU ", "DE"),
            ("'DE", "DE"),
            ("usa", "US"),
            ("NA", "NA"),
            ("XK", "XK"),
        ),
        *(("Germany", "DE"), ("Deutschland", "DE"), ("Allemagne", "DE"), ("Alemania", "DE")),
        *(("Niemcy", "DE"), ("Alemanha", "DE"), ("Duitsland", "DE"), ("Germania", "DE")),
        *(("United States", "US"), ("U.S.A.", "US"), ("Vereinigte Staaten von Amerika", "US")),
        *(("UK", "GB"), ("uk", "GB"), ("England", "GB"), ("Northern Ireland", "GB"), ("Royaume-Uni", "GB")),
        *(("Holland", "NL"), ("Schweiz", "CH"), ("Suisse", "CH"), ("Svizzera", "CH"), ("Österreich", "AT")),
        *(
            ("Korea, Republic of", "KR"),
            ("South Korea", "KR"),
            ("Russian Federation", "RU"),
            ("Viet Nam", "VN"),
        ),
        *(("Niger", "NE"), ("Nigeria", "NG"), ("Guinea", "GN"), ("Dominica", "DM"), ("Samoa", "WS")),
        *(
            ("Austria", "AT"),
            ("Australia", "AU"),
            ("Curaçao", "CW"),
            ("Sint Maarten", "SX"),
            ("Kosovo", "XK"),
        ),
        *(
            ("Turkey", "TR"),
            ("Türkiye", "TR"),
            ("Ivory Coast", "CI"),
            ("Côte d'Ivoire", "CI"),
            ("Burma", "MM"),
        ),
        *(("日本", "JP"), ("Россия", "RU"), ("ΕΛΛΑΔΑ", "GR"), ("Magyarország", "HU"), ("भारत", "IN")),
        *(("Bosnia and Herzegovina", "BA"), ("St. Lucia", "LC"), ("Saint Kitts and Nevis", "KN")),
    ],
)
def test_codes_and_names_of_countries_are_read(written: str, code: str) -> None:
    assert read_country(written) == code


@pytest.mark.parametrize("written", ["Georgia", "Congo", "Korea", "Kongo", "Saint Martin", "Virgin Islands"])
def test_a_name_of_two_places_asks_which(written: str) -> None:
    with pytest.raises(NotACountry, match=r"more than one place; write [A-Z]{2} or [A-Z]{2}") as problem:
        read_country(written)
    assert problem.value.is_ambiguous


@pytest.mark.parametrize(
    "written",
    [
        *("Indiana", "Jersey City", "California", "New Mexico", "Nigerr", "Germny", "America", "None", "N/A"),
        *("EU", "EN", "AN", "SU", "YUG", "ANT", "unknown", "-", "", "0", "Europe", "+49", "x" * 100_000),
    ],
)
def test_nothing_is_read_by_likeness(written: str) -> None:
    with pytest.raises(NotACountry) as problem:
        read_country(written)
    assert not problem.value.is_ambiguous
    assert len(written) < 3 or written not in problem.value.sentence
