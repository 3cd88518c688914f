"""The terminals of the grammar (SPARQL 1.1 Query, section 19.8), by their letter.

:mod:`portsmouth.store.sparql.lexer` passes over what it cannot read; a parser needs to know where a name
ends.
"""

from __future__ import annotations

import re
from typing import Final

_BASE: Final = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_CHARS: Final = _BASE + "_0-9\u00b7\u0300-\u036f\u203f-\u2040"
_ESCAPED: Final = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
#: Matches the next terminal, white space or comment; its name is the group's.
TERMINAL: Final = re.compile(
    rf"""
    (?P<iri><[^<>"{{}}|^`\x00-\x20]*>)
  | (?P<space>\s+|\#[^\r\n]*)
  | (?P<variable>[?$][{_CHARS}]+)
  | (?P<string>'''(?:'{{0,2}}(?:[^'\\]|\\.))*'''|\"\"\"(?:"{{0,2}}(?:[^"\\]|\\.))*\"\"\"
              |'(?:[^'\\\r\n]|\\.)*'|"(?:[^"\\\r\n]|\\.)*")
  | (?P<blank>_:[{_CHARS}](?:[{_CHARS}.\-]*[{_CHARS}\-])?)
  | (?P<name>(?:[{_BASE}](?:[{_CHARS}.\-]*[{_CHARS}\-])?)?:
             (?:(?:[{_CHARS}:]|{_ESCAPED})(?:(?:[{_CHARS}.:\-]|{_ESCAPED})*(?:[{_CHARS}:\-]|{_ESCAPED}))?)?)
  | (?P<direction>@[A-Za-z]+(?:-[A-Za-z0-9]+)*--[A-Za-z]+)
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
  | (?P<double>(?:[0-9]+\.[0-9]*|\.?[0-9]+)[eE][+-]?[0-9]+)
  | (?P<decimal>[0-9]*\.[0-9]+)
  | (?P<integer>[0-9]+)
  | (?P<word>[A-Za-z][A-Za-z0-9_]*)
  | (?P<sign>\^\^|\|\||&&|!=|<=|>=|<<|\{{\||[{{}}()\[\].;,=<>!+\-*/|^?~])
    """,
    re.VERBOSE | re.DOTALL,
)
