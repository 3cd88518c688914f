"""The treaty, article by article, on the program's own facts."""

from __future__ import annotations

import re
from typing import Any

import pytest


@pytest.fixture(scope="module")
def articles(shipped: Any) -> dict[str, str]:
    """The source of each article on the page, by its anchor."""
    reply = shipped.fetch("/treaty", headers={"Accept": "text/html"})
    assert reply.status == 200
    pieces = re.split(r'<section class="article" id="([a-z0-9-]+)"', reply.body.decode())
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def words(source: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", source))


def clause(article: str, anchor: str) -> str:
    return article.partition(f'id="{anchor}"')[2].partition('<li class="clause')[0]


def test_all_fifteen_articles_and_the_two_additional_ones_stand_in_order(articles: dict[str, str]) -> None:
    numbered = [f"article-{number}" for number in range(1, 16)]
    assert list(articles) == [*numbered, "additional-article-1", "additional-article-2", "elsewhere"]


def test_a_clause_says_who_owes_what_to_whom_with_its_passage(articles: dict[str, str]) -> None:
    cession = clause(articles["article-9"], "provision-9-cession-of-south-sakhalin")
    said = words(cession)
    assert re.search(r"bound .*Government of Russia .*in favour of .*Government of Japan", said)
    assert "South Sakhalin" in said
    assert 'href="/passage/s3-173"' in cession


def test_where_no_one_is_named_the_page_says_so(articles: dict[str, str]) -> None:
    right = words(clause(articles["article-2"], "provision-2-equal-position-of-russian-subjects"))
    assert re.search(r"bound +no one is named", right)


def test_conditions_and_exceptions_stand_with_their_clause(articles: dict[str, str]) -> None:
    assert "condition" in words(clause(articles["article-5"], "provision-5-cession-of-lease"))
    evacuation = words(clause(articles["article-3"], "provision-3-evacuation"))
    assert re.search(r"exception .*[Ll]ease", evacuation)


def test_an_article_names_the_demands_that_it_settled_and_what_became_of_them(
    articles: dict[str, str],
) -> None:
    said = words(articles["article-9"])
    assert re.search(r"demands that it settled .*annexation of Sakhalin .*partly accepted", said)
    assert "No demand is told that it settled." in words(articles["article-15"])


def test_other_tellings_stand_beside_a_clause_and_their_differences_are_marked(
    articles: dict[str, str],
) -> None:
    forts = clause(articles["article-9"], "provision-9-no-fortifications")
    assert "/conflicts?at=provision-9-no-fortifications-binds#provision-9-no-fortifications-binds" in forts
    assert 'class="differs"' in forts
    assert 'href="/passage/s8-370"' in forts


def test_tellings_of_one_clause_do_not_stand_again_with_the_article(articles: dict[str, str]) -> None:
    whole = articles["article-9"].partition("The article as a whole")[2]
    assert "provision-s6-302-cession-of-south-sakhalin" not in whole


def test_a_number_is_told_as_printed_or_told_to_be_missing(articles: dict[str, str]) -> None:
    assert re.search(r"Number as printed: VI ", words(articles["article-7"]))
    assert "No number is printed." in words(articles["article-2"])


def test_an_article_whose_text_is_not_on_the_page_is_not_filled_in(articles: dict[str, str]) -> None:
    said = words(articles["additional-article-2"])
    assert "it does not give its text" in said
    assert 'class="clause' not in articles["additional-article-2"]


def test_clauses_within_a_clause_stand_once_and_deeper(articles: dict[str, str]) -> None:
    trade = articles["article-12"]
    assert trade.count('id="provision-12-import-duties"') == 1
    assert re.search(r'depth-1" id="provision-12-import-duties"', trade)


def test_what_only_other_parts_tell_stands_apart(articles: dict[str, str]) -> None:
    assert "provision-s2-121-no-indemnity" in articles["elsewhere"]


def test_a_browser_with_a_good_copy_is_told_so(shipped: Any) -> None:
    tag = shipped.fetch("/treaty", headers={"Accept": "text/html"}).headers["etag"]
    assert shipped.fetch("/treaty", headers={"If-None-Match": tag}).status == 304


def test_a_graph_without_a_treaty_has_a_page_that_says_nothing(server: Any) -> None:
    reply = server.fetch("/treaty", headers={"Accept": "text/html"})
    assert reply.status == 200
    assert b'<section class="article"' not in reply.body
