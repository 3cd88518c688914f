"""Terms that several steps of the build write, made once."""

from __future__ import annotations

from datetime import date
from typing import Final

from pyoxigraph import Literal, NamedNode

from portsmouth import iris

RDF_TYPE: Final = NamedNode(iris.RDF + "type")
PREF_LABEL: Final = NamedNode(iris.SKOS + "prefLabel")
DERIVED_FROM: Final = NamedNode(iris.PROV + "wasDerivedFrom")
KIND: Final = NamedNode(iris.DCTERMS + "type")
WHEN: Final = NamedNode(iris.PT + "when")
DATE_AS_STATED: Final = NamedNode(iris.PT + "dateAsStated")
#: Languages in which every entity has a label and every passage a gloss.
LANGUAGES: Final = ("en", "th")

_INTEGER: Final = NamedNode(iris.XSD + "integer")
_DATE: Final = NamedNode(iris.XSD + "date")


def integer(value: int) -> Literal:
    """Make an ``xsd:integer``.

    >>> integer(9).value
    '9'
    """
    return Literal(str(value), datatype=_INTEGER)


def day(value: date) -> Literal:
    """Make an ``xsd:date``.

    >>> day(date(1905, 9, 5)).value
    '1905-09-05'
    """
    return Literal(value.isoformat(), datatype=_DATE)


def string(value: str, language: str | None = None) -> Literal:
    """Make a plain literal, or one in a language.

    >>> string("Treaty", "en").language
    'en'
    """
    return Literal(value, language=language) if language else Literal(value)
