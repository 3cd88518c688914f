"""Who may change the graph: whoever shows the operator's token (RFC 6750, bearer tokens).

Reading is free. Writing is off unless a token is configured. The token itself is
kept nowhere: what is kept is its SHA-256, so that nothing that prints, logs or
dumps settings can show it.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

from portsmouth.errors import ParameterError, TokenError, WritingOffError
from portsmouth_server.http import Header, Scope, header

#: What a client must be told with a 401 (RFC 9110, section 11.6.1).
CHALLENGE: Final[tuple[Header, ...]] = ((b"www-authenticate", b'Bearer realm="portsmouth"'),)

#: Visible characters of ASCII, since a token travels in a header.
_PRINTABLE: Final = re.compile(r"[!-~]+")
_HOW: Final = "a server that was started with PORTSMOUTH_TOKEN or --token-file"


@dataclass(frozen=True, slots=True)
class Token:
    """A secret that can be compared and not read.

    :param digest: the SHA-256 of the secret.

    >>> token = Token.from_text("open sesame".replace(" ", "-"))
    >>> token, token.fits("open-sesame"), token.fits("open")
    (Token(), True, False)
    """

    digest: bytes

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Take a secret.

        :param text: the secret; white space around it, such as the end of a file's line, does not count.
        :raises ParameterError: it is empty or has characters that no header can carry. The error does not
            repeat it.
        """
        secret = text.strip()
        if not _PRINTABLE.fullmatch(secret):
            raise ParameterError(
                "a token that is empty or has white space or characters outside ASCII",
                "a token of letters, digits and signs, such as `openssl rand -hex 32` prints",
            )
        return cls(_digest(secret))

    def fits(self, shown: str) -> bool:
        """Say whether a caller shows the secret, in a time that does not depend on how much of it is right.

        :param shown: what the caller sent.
        """
        return hmac.compare_digest(_digest(shown), self.digest)

    def __repr__(self) -> str:
        return "Token()"


def check_writer(scope: Scope, token: Token | None, writable: bool) -> None:
    """Let nobody pass who may not change the graph.

    :param scope: the request.
    :param token: the operator's token, if there is one.
    :param writable: whether the store can be written at all.
    :raises WritingOffError: nobody may.
    :raises TokenError: the caller shows no token, or another one.
    """
    if token is None:
        raise WritingOffError(found="no token configured, so that writing is off", expected=_HOW)
    if not writable:
        raise WritingOffError(found="a store that is only read", expected="a store that can be written")
    scheme, _, shown = (header(scope["headers"], b"authorization") or "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise TokenError(
            found="no token", expected="the header Authorization: Bearer, with the server's token"
        )
    if not token.fits(shown.strip()):
        raise TokenError(found="another token", expected="the token that the server was started with")


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()
