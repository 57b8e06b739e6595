"""Keys and passwords of outside sources: from the environment or the system's keyring, and never into a log.

A credential ``NAME`` is read from the environment variable ``CREDRISK_NAME``, else from the keyring under the service
``credrisk`` (``keyring set credrisk NAME``; the extra ``credrisk[keyring]``). It travels as a :class:`Secret`, which
shows itself only to who asks for it: neither ``print`` nor an error nor a traceback with local variables tells it.
"""

from __future__ import annotations

import base64
import logging
import os
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from credrisk.errors import ParameterError

__all__ = ["SECRET_NAME", "RedactedQueries", "Secret", "client_secrets", "credential"]

SERVICE = "credrisk"
"""Under which the keyring keeps the credentials."""

SECRET_NAME = re.compile(r"(^|[-_])(api|access|private)?[-_]?key$|token|secret|password|signature", re.IGNORECASE)
"""Names of parameters that are secrets."""

_QUERY = re.compile(r"([?&;])([^=&;#\s\"']+)=([^&;#\s\"']*)")
_log = logging.getLogger(__name__)


class Secret:
    """A text that does not show itself.

    Parameters
    ----------
    name
        What it is, for errors.

    Raises
    ------
    ParameterError
        When it is not printable ASCII without blanks around it, as headers need; the value is not told.
    """

    __slots__ = ("__value",)

    def __init__(self, value: str, *, name: str = "secret") -> None:
        if not re.fullmatch(r"[!-~]([ -~]*[!-~])?", value):
            raise ParameterError(name, "printable ASCII, not empty, without blanks around it", "a value that is not")
        self.__value = value

    def reveal(self) -> str:
        """Return the text, for the moment in which it is sent."""
        return self.__value

    def within(self, form: str) -> Secret:
        """Return ``form`` with this secret in place of ``{secret}``."""
        return Secret(form.replace("{secret}", self.__value))

    def __repr__(self) -> str:
        return "Secret(***)"

    def __format__(self, form: str) -> NoReturn:
        raise TypeError("a secret is put into a text by within() or reveal() only")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")


def credential(name: str) -> Secret | None:
    """Return a credential, or None when it is set neither in the environment nor in the keyring.

    Parameters
    ----------
    name
        Such as ``FRED_KEY``, read from ``CREDRISK_FRED_KEY``.

    Raises
    ------
    ParameterError
        When it holds what cannot be sent; the value is not told.
    """
    variable = f"CREDRISK_{name}"
    given = os.environ.get(variable, "").strip() or _of_keyring(name)
    return Secret(given, name=variable) if given else None


def client_secrets(sources: Iterable[Any]) -> dict[str, dict[str, dict[str, Secret]]]:
    """Return the parameters ``secret_headers`` and ``secret_params`` of a client for these sources.

    Parameters
    ----------
    sources
        Sources or their classes. One that needs a credential names it (``credential``) and says how it is sent
        (``secret_as``): ``("header", host, "Authorization", "Token {secret}")``,
        ``("param", host, "api_key", "{secret}")`` or ``("basic", host)``. A credential that is not set is left out.
    """
    headers: dict[str, dict[str, Secret]] = {}
    params: dict[str, dict[str, Secret]] = {}
    for source in sources:
        name = getattr(source, "credential", None)
        secret = credential(name) if name else None
        if secret is None:
            continue
        how, host, *form = source.secret_as
        if how == "basic":
            pair = base64.b64encode(f"{secret.reveal()}:".encode("ascii")).decode("ascii")
            headers.setdefault(host, {})["Authorization"] = Secret(f"Basic {pair}")
        else:
            {"header": headers, "param": params}[how].setdefault(host, {})[form[0]] = secret.within(form[1])
    return {"secret_headers": headers, "secret_params": params}


class RedactedQueries(logging.Filter):
    """Hides the values of secret parameters in the addresses that other libraries log."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record's message; it is kept."""
        message = record.getMessage()
        hidden = _QUERY.sub(self._hidden, message)
        if hidden != message:
            record.msg, record.args = hidden, ()
        return True

    def _hidden(self, found: re.Match[str]) -> str:
        before, name, _ = found.groups()
        return f"{before}{name}=***" if name in self.names or SECRET_NAME.search(name) else found.group()


def _of_keyring(name: str) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return ""
    try:
        return (keyring.get_password(SERVICE, name) or "").strip()
    except (KeyringError, RuntimeError) as error:
        _log.info("the keyring was not read (%s)", type(error).__name__)
        return ""
