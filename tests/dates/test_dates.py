"""Dates: known pairs, an independent count of Julian days, and properties of every bound."""

from __future__ import annotations

import calendar as gregorian
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portsmouth.dates import (
    Bounds,
    Calendar,
    Printed,
    agree,
    agree_with,
    bounds,
    gregorian_from_julian,
    implied,
    read_span,
    supply_year,
)
from portsmouth.errors import DateError

J, G, B, M, U = Calendar.JULIAN, Calendar.GREGORIAN, Calendar.BUDDHIST, Calendar.MEIJI, Calendar.UNMARKED


@pytest.mark.parametrize(
    ("lexical", "calendar", "name"),
    [
        ("1905-05-14", J, "1905-05-27"),
        ("1904-01-26", J, "1904-02-08"),
        ("1905-08-23", J, "1905-09-05"),
        ("1905-05-14/1905-05-15", J, "1905-05-27--1905-05-28"),
        ("1905-07", J, "1905-07-14--1905-08-13"),
        ("1899-05-06", J, "1899-05-18"),
        # The difference grows on 29 February 1900, which only the Julian calendar has.
        ("1900-02-28", J, "1900-03-12"),
        ("1900-02-29", J, "1900-03-13"),
        ("1900-03-01", J, "1900-03-14"),
        ("1900-02-29", U, "1900-03-13"),
        ("1905-12-31", J, "1906-01-13"),
        ("1905-09-05", G, "1905-09-05"),
        ("1905-08", G, "1905-08-01--1905-08-31"),
        ("1904-02", G, "1904-02-01--1904-02-29"),
        ("1905-05-21~/1905-05-31~", G, "1905-05-21--1905-05-31"),
        ("1905-04-05", U, "1905-04-05--1905-04-18"),
        ("1905-05-14/1905-05-15", U, "1905-05-14--1905-05-28"),
        ("1905-05-21~/1905-05-31~", U, "1905-05-21--1905-06-13"),
        ("1905-07", U, "1905-07-01--1905-08-13"),
        ("1899-07", U, "1899-07-01--1899-08-12"),
        ("2447-07", B, "1904-07-01--1904-08-13"),
        # February 2447 is 1904: the page knows no year that begins in April.
        ("2447-02", B, "1904-02-01--1904-03-13"),
        ("2488-09-02", B, "1945-09-02--1945-09-15"),
        ("2447", B, "1904-01-01--1904-12-31"),
        ("0038-09-05", M, "1905-09-05"),
        ("0038-09", M, "1905-09-01--1905-09-30"),
        ("0038", M, "1905-01-01--1905-12-31"),
        ("1905-21", U, "1905-03-01--1905-05-31"),
        ("1905-22", J, "1905-06-01--1905-08-31"),
        ("1905-23", G, "1905-09-01--1905-11-30"),
        ("1904-24", U, "1904-12-01--1905-02-28"),
        ("1903-24", U, "1903-12-01--1904-02-29"),
        ("1905", U, "1905-01-01--1905-12-31"),
        ("1905", J, "1905-01-01--1905-12-31"),
        ("1904/1905", U, "1904-01-01--1905-12-31"),
        ("1904-02/1905-09", U, "1904-02-01--1905-10-13"),
        ("190X", U, "1900-01-01--1909-12-31"),
        ("18XX", G, "1800-01-01--1899-12-31"),
    ],
)
def test_known_dates(lexical: str, calendar: Calendar, name: str) -> None:
    found = bounds(lexical, calendar)
    assert found is not None
    assert found.iri.rpartition("/")[2] == name


@pytest.mark.parametrize(
    "lexical", ["XXXX-04-05", "XXXX-08", "XXXX-22", "XXXX-02-29", "XXXX-05-21~/XXXX-05-31~"]
)
@pytest.mark.parametrize("calendar", [J, G, U])
def test_an_open_year_has_no_bounds(lexical: str, calendar: Calendar) -> None:
    assert bounds(lexical, calendar) is None


@pytest.mark.parametrize(
    ("lexical", "calendar", "expected"),
    [
        ("", G, "EDTF"),
        ("5 April 1905", G, "EDTF"),
        ("1905-4-5", G, "EDTF"),
        ("１９０５", G, "EDTF"),
        ("1905-05-14/1905-05-15/1905-05-16", G, "EDTF"),
        ("1905/..", G, "EDTF"),
        ("1905?", G, "EDTF"),
        ("XXXX", G, "EDTF"),
        ("190X-05", G, "EDTF"),
        ("1XXX", G, "EDTF"),
        ("1905-13", G, "a month 01 to 12"),
        ("1905-00-05", G, "a month 01 to 12"),
        ("1905-22-05", G, "a season 21 to 24 without a day"),
        ("1905-02-29", G, "this calendar has"),
        ("1905-02-29", J, "this calendar has"),
        ("1905-02-29", U, "this calendar has"),
        ("1900-02-29", G, "this calendar has"),
        ("1905-05-00", G, "this calendar has"),
        ("1905-05-00", J, "this calendar has"),
        ("1905-04-31", U, "this calendar has"),
        ("XXXX-02-30", U, "a day that its month has"),
        ("XXXX-04-00", U, "a day that its month has"),
        ("9999-12-31", J, "this calendar has"),
        ("0000", G, "a year of the Common Era"),
        ("0543", B, "Buddhist years are 544 and later"),
        ("244X", B, "a whole year"),
        ("0005-01-01", M, "Meiji year"),
        ("1905", M, "Meiji year"),
        ("0046", M, "Meiji year"),
        ("1905-05-15/1905-05-14", G, "the earlier end first"),
        ("1905-05-15/1905-05-14", U, "the earlier end first"),
        ("1905/1904", U, "the earlier end first"),
        ("XXXX-05-14/1905-05-15", U, "the year on both ends"),
        ("1905-05-14~", U, "both days of a part of one month"),
        ("1905-05-21~/1905-05-31", U, "both days of a part of one month"),
        ("1905-05-21~/1905-06-10~", U, "both days of a part of one month"),
        ("1905-05~/1905-05~", U, "both days of a part of one month"),
    ],
)
def test_anything_else_says_what_is_expected(lexical: str, calendar: Calendar, expected: str) -> None:
    with pytest.raises(DateError) as caught:
        bounds(lexical, calendar)
    assert expected in caught.value.expected
    assert f'"{lexical}"' in caught.value.found


def test_calendars_are_read_from_their_datatypes() -> None:
    assert all(Calendar.from_datatype(calendar.datatype) is calendar for calendar in Calendar)
    assert Calendar.from_datatype("http://www.w3.org/2001/XMLSchema#date") is None


def test_julian_days_against_a_count_day_by_day() -> None:
    """Count on from 4 October 1582, the last Julian day in Rome; the next was 15 October."""
    day, year, month, number = date(1582, 10, 14), 1582, 10, 4
    while year < 2101:
        assert gregorian_from_julian(year, month, number) == day
        day += timedelta(days=1)
        number += 1
        if number > (29 if month == 2 and year % 4 == 0 else gregorian.monthrange(2001, month)[1]):
            year, month, number = (year + 1, 1, 1) if month == 12 else (year, month + 1, 1)


DAYS = st.dates(min_value=date(1000, 1, 1), max_value=date(2900, 12, 1))
PLAIN = st.sampled_from([J, G, U])


@given(DAYS)
def test_a_gregorian_day_is_itself(day: date) -> None:
    assert bounds(day.isoformat(), G) == (day, day)


@given(DAYS, st.sampled_from([J, G, U, B]))
def test_bounds_are_ordered_and_come_back_from_their_name(day: date, calendar: Calendar) -> None:
    # 29 February is a day of other years where years are counted from elsewhere.
    year = day.year + (543 if calendar is B else 0)
    printed = f"{year}{day.isoformat()[4:]}"
    for lexical in (printed, printed[:7], printed[:4]):
        span = bounds(lexical, calendar)
        assert span is not None
        assert span.earliest <= span.latest
        assert Bounds.from_iri(span.iri) == span


@given(DAYS)
def test_a_day_without_a_calendar_contains_both_readings(day: date) -> None:
    either = bounds(day.isoformat(), U)
    assert either is not None
    for calendar in (J, G):
        reading = bounds(day.isoformat(), calendar)
        assert reading is not None
        assert either.contains(reading)


@given(DAYS, PLAIN)
def test_a_month_contains_its_days(day: date, calendar: Calendar) -> None:
    month, inner = bounds(day.isoformat()[:7], calendar), bounds(day.isoformat(), calendar)
    assert month is not None
    assert inner is not None
    assert month.contains(inner)


@given(DAYS, PLAIN)
def test_a_decade_contains_its_years_and_a_century_its_decades(day: date, calendar: Calendar) -> None:
    year = f"{day.year}"
    spans = [bounds(text, calendar) for text in (year[:2] + "XX", year[:3] + "X", year)]
    for outer, inner in pairwise(spans):
        assert outer is not None
        assert inner is not None
        assert outer.contains(inner)


@given(DAYS)
def test_a_buddhist_date_is_the_unmarked_date_543_years_earlier(day: date) -> None:
    rest = day.isoformat()[4:]
    assert bounds(f"{day.year + 543:04}{rest}", B) == bounds(day.isoformat(), U)


@given(DAYS, PLAIN, st.integers(1800, 1999))
def test_a_day_agrees_with_itself_whether_or_not_its_year_is_printed(
    day: date, calendar: Calendar, year: int
) -> None:
    try:
        whole = Printed(day.replace(year=year).isoformat(), calendar)
    except ValueError:  # 29 February
        return
    assert agree(whole, whole)
    assert agree(whole, Printed("XXXX" + whole.lexical[4:], calendar))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (("1905-08-23", J), ("1905-09-05", G), True),
        (("XXXX-08-23", J), ("XXXX-09-05", G), True),
        (("XXXX-12-25", J), ("1906-01-07", G), True),
        # 12 days are right in the 19th century and 13 in the 20th; 14 never are.
        (("XXXX-07-26", J), ("XXXX-08-07", G), True),
        (("XXXX-07-26", J), ("XXXX-08-08", G), True),
        (("XXXX-07-26", J), ("XXXX-08-09", G), False),
        (("1905-07-26", J), ("XXXX-08-07", G), False),
        (("1905-07-26", J), ("1905-08-09", G), False),
        (("XXXX-07-27", J), ("XXXX-08-09", G), True),
        (("1904", G), ("2447", B), True),
        (("1905", G), ("2447", B), False),
    ],
)
def test_dates_in_two_calendars_are_checked_against_each_other(
    first: tuple[str, Calendar], second: tuple[str, Calendar], expected: bool
) -> None:
    assert agree(Printed(*first), Printed(*second)) is expected
    assert agree(Printed(*second), Printed(*first)) is expected


def test_an_editors_date_takes_the_year_only() -> None:
    printed = Printed("XXXX-04-05", U)
    assert agree_with(printed, Bounds(date(1905, 4, 5), date(1905, 4, 18)))
    assert not agree_with(printed, Bounds(date(1905, 5, 5), date(1905, 5, 5)))


@pytest.mark.parametrize(
    ("printed", "names"),
    [
        ([], set()),
        ([("XXXX-04-05", U)], set()),
        ([("1905-08-23", J), ("1905-09-05", G)], {"1905-09-05"}),
        ([("1905-08-23", U), ("0038-09-05", M)], {"1905-09-05"}),
        ([("1904-02", G), ("2447", B)], {"1904-02-01--1904-02-29"}),
        # What does not meet stands for itself, as do several dates in one calendar.
        ([("1905-07-26", J), ("1905-08-09", G)], {"1905-08-08", "1905-08-09"}),
        ([("1905-08-09", G), ("1905-09-05", G)], {"1905-08-09", "1905-09-05"}),
    ],
)
def test_what_follows_from_what_is_printed(printed: list[tuple[str, Calendar]], names: set[str]) -> None:
    found = implied(Printed(*value) for value in printed)
    assert {span.iri.rpartition("/")[2] for span in found} == names


@pytest.mark.parametrize(
    "name",
    [
        "",
        "1905",
        "1905-02-30",
        "1905-09-05--1905-08-23",
        "1905-09-05--1905-09-05",
        "1905-9-5",
        "1905-09-05--",
    ],
)
def test_a_time_span_has_one_name(name: str) -> None:
    iri = "https://w3id.org/portsmouth1905/time/" + name
    assert read_span(iri) is None
    with pytest.raises(DateError):
        Bounds.from_iri(iri)


@pytest.mark.parametrize(
    ("lexical", "calendar", "spans", "expected"),
    [
        ("XXXX-04-05", U, ["1905-04-05--1905-04-18"], "1905-04-05"),
        ("XXXX-04-05", U, ["1905-04-18"], "1905-04-05"),
        ("XXXX-04-05", U, ["1905-01-01--1905-12-31"], "1905-04-05"),
        ("XXXX-12-20", J, ["1905-01-02"], "1904-12-20"),
        ("XXXX-02", B, ["1904-02-01--1904-03-13"], "2447-02"),
        ("XXXX-05-14/XXXX-05-15", J, ["1905-05-27--1905-05-28"], "1905-05-14/1905-05-15"),
        # The span that the date equals tells more than one that only holds it.
        ("XXXX-04-05", G, ["1904-01-01--1905-12-31", "1905-04-05"], "1905-04-05"),
        ("XXXX-04-05", G, ["1904-01-01--1905-12-31"], None),
        ("XXXX-04-05", G, ["1905-04-06"], None),
        ("XXXX-04-05", G, [], None),
        ("1905-04-05", G, ["1904-04-05"], "1905-04-05"),
    ],
)
def test_an_open_year_is_supplied(
    lexical: str, calendar: Calendar, spans: list[str], expected: str | None
) -> None:
    places = [Bounds.from_iri(f"https://w3id.org/portsmouth1905/time/{span}") for span in spans]
    supplied = supply_year(Printed(lexical, calendar), places)
    assert (supplied and supplied.lexical) == expected
