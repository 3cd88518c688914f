"""What a request for a network asks: the parameters of an address, read and typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, NamedTuple, Self

from portsmouth.errors import ParameterError
from portsmouth.networks import KINDS, LEVELS, Selection
from portsmouth.stance import Stance
from portsmouth_server.parameters import parameters

MOST_CHAINS: Final = 1000
USUAL_CHAINS: Final = 100

_YES: Final = frozenset(("true", "1", "yes", "on", ""))
_NO: Final = frozenset(("false", "0", "no", "off"))
Type = Literal["string", "boolean", "date", "integer", "stance"]


def _flag(text: str) -> bool:
    word = text.lower()
    if word not in _YES | _NO:
        raise ValueError(text)
    return word in _YES


def _chains(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST_CHAINS:
        raise ValueError(text)
    return number


_READ: Final[dict[Type, tuple[Callable[[str], Any], str]]] = {
    "string": (str, "a text"),
    "boolean": (_flag, "true or false"),
    "date": (date.fromisoformat, "a day such as 1905-08-01"),
    "stance": (Stance.parse, "parts such as s3 or s1,s2, or parts to leave out such as -s4"),
    "integer": (_chains, f"a whole number from 1 to {MOST_CHAINS}"),
}


class Parameter(NamedTuple):
    """A parameter of an address.

    :param name: its name.
    :param type: how its value is read.
    :param description: what it does.
    :param many: whether it may be repeated.
    :param choices: the values that it may have; any where there is none.
    """

    name: str
    type: Type
    description: str
    many: bool = False
    choices: tuple[str, ...] = ()


#: What narrows a network, by the names that the command line has too.
FILTERS: Final = (
    Parameter("kind", "string", "Which network.", choices=KINDS),
    Parameter("effects", "boolean", "Leave out what was refused, ignored or without effect."),
    Parameter("mode", "string", "Only acts in this mode, such as funded.", many=True),
    Parameter("outcome", "string", "Only acts with this outcome, such as accepted.", many=True),
    Parameter("stance", "string", "Only acts with this stance, such as insists.", many=True),
    Parameter("part", "string", "Only what this part of the page says, such as s5.", many=True),
    Parameter("parts", "stance", "What it is told from: s3 alone, or -s4 for all but the memoir."),
    Parameter("since", "date", "Only acts that may lie on this day or later."),
    Parameter("until", "date", "Only acts that may lie on this day or earlier."),
    Parameter("roll-up", "string", "Let persons stand for what is above them.", choices=LEVELS),
)
CERTAIN: Final = Parameter(
    "certain", "boolean", "Only chains that hold on whatever days of their spans acts lie."
)
PATHS: Final = (
    Parameter("from", "string", "The actor at the beginning: a name in any script, or an IRI."),
    Parameter("to", "string", "The actor at the end: a name in any script, or an IRI."),
    CERTAIN,
    Parameter("all", "boolean", "All minimal chains, not only the earliest that has dates."),
    Parameter("limit", "integer", f"The most chains, {USUAL_CHAINS} unless given."),
)
#: What a picture can be made to look like.
PICTURES: Final = (
    Parameter("language", "string", "The language of its names.", choices=("en", "th", "ru", "ja")),
    Parameter(
        "colours",
        "string",
        "Its colours; auto, for SVG, follows the reader's system.",
        choices=("auto", "light", "dark"),
    ),
    Parameter("most", "integer", "The most actors that it shows: those with the most acts."),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks.

    :param selection: which network.
    :param given: the other values, by name.
    :param values: the parameters as they came, for links to the same network in another form.
    """

    selection: Selection
    given: dict[str, Any]
    values: tuple[tuple[str, str], ...]

    @classmethod
    def from_address(cls, query_string: bytes, more: Sequence[Parameter] = ()) -> Self:
        """Read the parameters of an address.

        :param query_string: what follows the question mark, still percent-encoded.
        :param more: parameters beside those that narrow a network.
        :raises ParameterError: a parameter is unknown, given twice or of another type.
        :raises RequestError: the address cannot be read.

        >>> Asked.from_address(b"mode=funded&since=1905-08-01").selection.modes
        ('funded',)
        """
        known = {parameter.name: parameter for parameter in (*FILTERS, *more)}
        given: dict[str, Any] = {}
        told = parameters(query_string)
        for name, text in told:
            if name not in known:
                raise ParameterError(
                    found=f"the parameter {name[:100]!r}", expected=f"one of {', '.join(known)}"
                )
            value = _value(known[name], text)
            if known[name].many:
                given.setdefault(name, []).append(value)
            elif name in given:
                raise ParameterError(found=f"the parameter {name} more than once", expected="one value")
            else:
                given[name] = value
        selection = Selection(
            kind=given.pop("kind", "influence"),
            effects=given.pop("effects", False),
            modes=tuple(given.pop("mode", ())),
            outcomes=tuple(given.pop("outcome", ())),
            stances=tuple(given.pop("stance", ())),
            parts=tuple(given.pop("part", ())),
            since=given.pop("since", None),
            until=given.pop("until", None),
            roll_up=given.pop("roll-up", None),
            stance=given.pop("parts", None),
        )
        return cls(selection, given, tuple(told))

    def of_network(self) -> tuple[tuple[str, str], ...]:
        """Return the parameters that narrow the network, as they came."""
        names = {parameter.name for parameter in FILTERS}
        return tuple((name, value) for name, value in self.values if name in names)

    def of_acts(self) -> tuple[tuple[str, str], ...]:
        """Return the parameters that narrow the network or choose manners of acts, as they came."""
        names = {"manner", *(parameter.name for parameter in FILTERS)}
        return tuple((name, value) for name, value in self.values if name in names)


def _value(parameter: Parameter, text: str) -> Any:
    read, expected = _READ[parameter.type]
    if parameter.choices:
        expected = f"one of {', '.join(parameter.choices)}"
    try:
        value = read(text)
        if parameter.choices and value not in parameter.choices:
            raise ValueError(text)
    except ValueError:
        raise ParameterError(found=f"{parameter.name}={text[:100]!r}", expected=expected) from None
    return value
