"""Which queries may sort values of many kinds, which the engine does wrongly or not at all.

To sort by ranks (:mod:`portsmouth.store.sparql.ranks`) is right whatever is sorted, and takes half as long
again where much is. Most queries sort what is of one kind: things, names, numbers. So it is looked at what
a query sorts by, and ranks are used where that may be of many kinds: the object of any property, or of one
of several; a value that is computed or listed; the object of a property that is known to have objects of
many kinds.

A text is looked at, not parsed. What only looks so costs time; what is overlooked the engine sorts as it can.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Final, TypeAlias

from portsmouth.store.sparql.extremes import extremes_by_rank
from portsmouth.store.sparql.lexer import glance
from portsmouth.store.sparql.ranks import RANK
from portsmouth.store.sparql.sorting import ranked

_ORDER: Final = re.compile(r"ORDER\s+BY\b")
_ORDER_IN_ANY_CASE: Final = re.compile(_ORDER.pattern, re.IGNORECASE)
_END: Final = re.compile(r"[{}]|\b(?:LIMIT|OFFSET|VALUES)\b", re.IGNORECASE)
_VARIABLE: Final = re.compile(r"[?$](\w+)")
#: A function of which a variable is the first argument, and no variable before a bracket.
_FUNCTION: Final = re.compile(r"(?<![\w?$])(\w+)\s*\(\s*\Z")
_DIRECTIONS: Final = frozenset({"ASC", "DESC"})
_PAIR: Final = re.compile(r"[?$]\w+(?=\s+[?$](\w+))")
#: What stands before a property, and is no keyword: a subject, or the sign that there is another property.
_BEFORE_A_PROPERTY: Final = re.compile(r"(?:[?$]\w+|>|[\w.-]*:[\w.-]+|;|\])\s*\Z")
_EXTREME: Final = re.compile(r"\b(?:MIN|MAX)\s*\(\s*(?:DISTINCT\s*)?[?$](\w+)", re.IGNORECASE)
_OF_SEVERAL: Final = re.compile(r"\|\s*[^\s()|]+[)*+?]*\s+[?$](\w+)")
_COMPUTED: Final = re.compile(r"\s[Aa][Ss]\s+[?$](\w+)")
_LISTED: Final = re.compile(r"\bVALUES\s*(?:\(([^()]*)\)|([?$]\w+))\s*\{([^}]*)", re.IGNORECASE)
_LITERAL: Final = re.compile(r"""["']|(?:^|[\s(])[+-]?\.?\d""")
_CALL: Final = re.compile(r"\s*(?:([A-Za-z_0-9]+)\s*\(|[?$](\w+)\s*\Z)")
#: A filter that lets values of one kind pass.
_TESTED: Final = re.compile(r"\bFILTER\s*\(?\s*IS(?:IRI|URI|BLANK|NUMERIC)\s*\(\s*[?$](\w+)", re.IGNORECASE)
#: Functions and aggregates all of whose values are of one kind (SPARQL 1.1 Query, sections 17.4 and 18.5.1).
_OF_ONE_KIND: Final = frozenset(
    {
        "COUNT", "SUM", "AVG", "GROUP_CONCAT", "STR", "LANG", "DATATYPE", "IRI", "URI", "STRLEN", "UCASE",
        "LCASE", "SUBSTR", "STRBEFORE", "STRAFTER", "CONCAT", "REPLACE", "ENCODE_FOR_URI", "ABS", "ROUND",
        "CEIL", "FLOOR", "RAND", "NOW", "YEAR", "MONTH", "DAY", "HOURS", "MINUTES", "SECONDS", "TZ", "MD5",
        "SHA1", "SHA256", "SHA384", "SHA512", "UUID", "STRUUID", "BOUND", "CONTAINS", "STRSTARTS", "STRENDS",
        "REGEX", "SAMETERM",
    }
)  # fmt: skip
#: A property in full or with a prefix, perhaps at the end of a path, and the variable that is its object.
_OF_PROPERTY: Final = re.compile(r"(?:<([^<>\s]*)>|([\w.-]*):([\w.%-]*))[)*+?]*\s+[?$](\w+)")
_DECLARED: Final = re.compile(r"\bPREFIX\s+([\w.-]*):\s*<([^<>\s]*)>", re.IGNORECASE)
#: Characters before a property that are looked at.
_CONTEXT: Final = 200


#: Says which properties are known to have objects of many kinds.
Mixed: TypeAlias = Callable[[], Collection[str]]


def nothing_known() -> Collection[str]:
    """Return no property: of none it is known."""
    return ()


def compared_surely(
    text: str, prefixes: Mapping[str, str] | None = None, mixed: Mixed = nothing_known
) -> str:
    """Return a query that compares by ranks what may be values of many kinds: in ORDER BY, MIN and MAX.

    :param text: a query, valid or not.
    :param prefixes: prefixes that hold before any ``PREFIX``.
    :param mixed: says which properties have objects of many kinds, if that is known.

    >>> compared_surely("SELECT (MAX(?o) AS ?m) { ?s ?p ?o ; a ?t } ORDER BY ?t")
    'SELECT (<urn:x-portsmouth:greatest>(?o) AS ?m) { ?s ?p ?o ; a ?t } ORDER BY ?t'
    """
    seen = glance(text)
    upper = seen.upper
    if "ORDER" not in upper and "MIN" not in upper and "MAX" not in upper:
        return text
    # Whatever is compared is so behind the prefixes.
    body = text[seen.start :]
    names = set(_EXTREME.findall(body)) if "MIN" in upper or "MAX" in upper else None
    found = _mixed(text, upper, names, prefixes or {}, mixed) if names else None
    text = sorted_surely(text, prefixes, mixed)
    return extremes_by_rank(text, found) if found else text


def sorted_surely(text: str, prefixes: Mapping[str, str] | None = None, mixed: Mixed = nothing_known) -> str:
    """Return a query that sorts by ranks what may be values of many kinds, the same where there is none.

    :param text: a query, valid or not.
    :param prefixes: as in :func:`compared_surely`.
    :param mixed: likewise.

    >>> sorted_surely("SELECT ?o { ?s ?p ?o } ORDER BY ?p ?o")
    'SELECT ?o { ?s ?p ?o } ORDER BY ?p <urn:x-portsmouth:rank>(?o)'
    >>> sorted_surely("SELECT ?o { ?s ?p ?o ; <http://e/label> ?l } ORDER BY ?p ?l STR(?o)")
    'SELECT ?o { ?s ?p ?o ; <http://e/label> ?l } ORDER BY ?p ?l STR(?o)'
    >>> sorted_surely("SELECT ?l { ?s <http://e/label> ?l } ORDER BY ?l", mixed=lambda: {"http://e/label"})
    'SELECT ?l { ?s <http://e/label> ?l } ORDER BY <urn:x-portsmouth:rank>(?l)'
    """
    seen = glance(text)
    if "ORDER" not in seen.upper or RANK in text:
        return text
    body = text[seen.start :]
    names = _sorted_by(body, seen.upper)
    found = _mixed(text, seen.upper, names, prefixes or {}, mixed) if names else None
    return (found and ranked(text, found)) or text


def _sorted_by(text: str, upper: str) -> set[str]:
    """Return the names of the variables by whose values a query sorts."""
    names: set[str] = set()
    # Where a letter has no capital of its own, places in the one text are not those in the other.
    orders = _ORDER.finditer(upper) if len(upper) == len(text) else _ORDER_IN_ANY_CASE.finditer(text)
    for found in orders:
        end = _END.search(text, found.end())
        conditions = text[found.end() : end.start() if end else len(text)]
        for variable in _VARIABLE.finditer(conditions):
            function = _FUNCTION.search(conditions, 0, variable.start()) if "(" in conditions else None
            if function is None or function[1].upper() in _DIRECTIONS:
                names.add(variable[1])
    return names


def _mixed(whole: str, upper: str, names: set[str], prefixes: Mapping[str, str], mixed: Mixed) -> set[str]:
    """Return which variables of those with these names may have values of many kinds."""
    start = glance(whole).start
    text = whole[start:]
    # Each name with the one by which the query sorts, as something may be given another name.
    sources = {name: name for name in names}
    found = _computed(text, sources) if "AS" in upper else set()
    begin, end = text.find("{"), text.rfind("}")
    for pair in _PAIR.finditer(text, begin, end):
        before = max(begin, pair.start() - _CONTEXT)
        if pair[1] in sources and _BEFORE_A_PROPERTY.search(text[before : pair.start()]):
            found.add(pair[1])
    if "|" in text:
        found.update(_OF_SEVERAL.findall(text, begin, end))
    if "VALUES" in upper:
        for several, one, values in _LISTED.findall(text):
            if _LITERAL.search(values):
                found.update(name[1:] for name in (several or one).split())
    if properties := mixed():
        declared = {**prefixes, **dict(_DECLARED.findall(whole, 0, start))} if start else prefixes
        for iri, prefix, local, name in _OF_PROPERTY.findall(text, begin, end):
            if name in sources and (iri or declared.get(prefix, "") + local) in properties:
                found.add(name)
    if found and "FILTER" in upper and "|" not in text:
        found.difference_update(_TESTED.findall(text))
    return {sources[name] for name in found if name in sources}


def _computed(text: str, sources: dict[str, str]) -> set[str]:
    """Return which variables have computed values that may be of many kinds.

    :param sources: the names of the variables; what they are other names of is added.
    """
    given: dict[str, int] = {}
    found: set[str] = set()
    for computed in _COMPUTED.finditer(text):
        if computed[1] in given:
            found.add(computed[1])
        given[computed[1]] = computed.start()
    pending = [name for name in sources if name in given]
    for name in pending:
        call = _CALL.match(_expression(text, given[name]))
        if call is None or (call[1] and call[1].upper() not in _OF_ONE_KIND):
            found.add(name)
        elif (other := call[2]) and other not in sources:
            sources[other] = sources[name]
            if other in given:
                pending.append(other)
    return found


def _expression(text: str, end: int) -> str:
    """Return what stands between an AS and the bracket that opens before it."""
    depth = 0
    for at in range(end - 1, -1, -1):
        depth += (text[at] == ")") - (text[at] == "(")
        if depth < 0:
            return text[at + 1 : end]
    return ""
