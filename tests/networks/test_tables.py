"""Long answers are cut into columns, wherever their bytes are cut."""

import asyncio

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portsmouth.errors import StoreError
from portsmouth.networks.network import Network
from portsmouth.store import tables


class Told:
    """A store that has one answer to everything, and gives it in pieces."""

    def __init__(self, body, size):
        self.body, self.size = body, size

    async def query(self, query):
        async def pieces():
            for start in range(0, len(self.body), self.size):
                yield self.body[start : start + self.size]

        return pieces()


def columns_of(body, size):
    async def ask():
        found = None
        async for part in tables.columns(Told(body, size), "SELECT"):
            found = part if found is None else [one + more for one, more in zip(found, part, strict=True)]
        return found

    return asyncio.run(ask())


cells = st.text(st.characters(exclude_characters="\t\r\n", exclude_categories=["Cs"]), max_size=5)


@given(
    st.lists(st.tuples(cells, cells.map(lambda cell: f"<{cell}>")), min_size=1),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.integers(1, 9),
)
def test_columns_hold_every_row_however_the_answer_is_cut(rows, line_end, last_line_ends, size):
    lines = ["?a\t?b", *("\t".join(row) for row in rows)]
    body = line_end.join(lines) + (line_end if last_line_ends else "")
    assert columns_of(body.encode(), size) == [list(column) for column in zip(*rows, strict=True)]


def test_a_table_without_rows_has_no_columns():
    assert columns_of(b"?a\t?b\n", 100) is None


def test_a_table_with_ragged_rows_is_an_error_of_the_store():
    with pytest.raises(StoreError, match="rows of other lengths; expected 2 terms"):
        columns_of(b"?a\t?b\n<a>\t<b>\n<c>\n", 100)


actors = st.sampled_from("abcd")


@given(st.lists(st.tuples(actors, actors, st.sampled_from("kl")), unique=True))
def test_arcs_added_at_once_make_the_graph_that_arcs_added_one_by_one_make(arcs):
    many, one_by_one = Network(), nx.MultiDiGraph()
    many.add_arcs([(*arc, {"number": number}) for number, arc in enumerate(arcs)])
    for number, arc in enumerate(arcs):
        one_by_one.add_edge(*arc, number=number)
    assert list(many) == list(one_by_one)
    assert list(many.edges(keys=True, data=True)) == list(one_by_one.edges(keys=True, data=True))
    assert {actor: list(before) for actor, before in many.pred.items()} == {
        actor: list(before) for actor, before in one_by_one.pred.items()
    }
    assert nx.utils.graphs_equal(nx.MultiDiGraph(many), one_by_one)
