"""Keys come from the environment or the keyring, reach their host, and show themselves nowhere else."""

from __future__ import annotations

import base64
import logging
import pickle
import sys
import traceback
from collections.abc import Callable
from types import ModuleType, SimpleNamespace

import pytest
from sources.local_server import LocalServer, Said

from credrisk.errors import ParameterError, SourceError
from credrisk.sources.credentials import RedactedQueries, Secret, client_secrets, credential
from credrisk.sources.http import HttpClient

VALUE = "s3cr3t-value"
NAME = "INVENTED_KEY"


class FakeKeyring(ModuleType):
    """Stands where the library ``keyring`` would be."""

    def __init__(self, answer: str | Exception | None) -> None:
        super().__init__("keyring")
        self.answer, self.asked = answer, []
        self.errors = ModuleType("keyring.errors")
        self.errors.KeyringError = OSError

    def get_password(self, service: str, name: str) -> str | None:
        self.asked.append((service, name))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | Exception | None], FakeKeyring]:
    monkeypatch.delenv(f"CREDRISK_{NAME}", raising=False)

    def put(answer: str | Exception | None) -> FakeKeyring:
        fake = FakeKeyring(answer)
        monkeypatch.setitem(sys.modules, "keyring", fake)
        monkeypatch.setitem(sys.modules, "keyring.errors", fake.errors)
        return fake

    return put


def test_the_environment_comes_first_then_the_keyring(
    keyring: Callable[[str | None], FakeKeyring], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = keyring("from-keyring")
    found = credential(NAME)
    assert found is not None
    assert found.reveal() == "from-keyring"
    assert fake.asked == [("credrisk", NAME)]
    monkeypatch.setenv(f"CREDRISK_{NAME}", f" {VALUE}\n")
    found = credential(NAME)
    assert found is not None
    assert found.reveal() == VALUE
    assert len(fake.asked) == 1


@pytest.mark.parametrize("answer", [None, "", OSError("locked"), RuntimeError("no backend")])
def test_nothing_set_is_no_error(keyring: Callable[[object], FakeKeyring], answer: object) -> None:
    keyring(answer)
    assert credential(NAME) is None


def test_a_missing_keyring_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(f"CREDRISK_{NAME}", raising=False)
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert credential(NAME) is None


@pytest.mark.parametrize("value", ["s3cr3t\nX-Other: 1", "s3cr3t-ß", "", " s3cr3t", "s3cr3t\x00"])
def test_what_cannot_be_sent_is_refused_without_telling_it(value: str) -> None:
    with pytest.raises(ParameterError, match="the key must be printable ASCII") as caught:
        Secret(value, name="the key")
    assert "s3cr3t" not in str(caught.value)


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret(VALUE)
    holder = SimpleNamespace(secret=secret)
    for shown in (repr(secret), str(secret), repr(holder), repr(secret.within("Token {secret}")), repr([secret])):
        assert VALUE not in shown
    with pytest.raises(TypeError):
        f"{secret}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_a_source_says_how_its_key_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"CREDRISK_{NAME}", VALUE)
    monkeypatch.delenv("CREDRISK_ABSENT_KEY", raising=False)
    monkeypatch.setitem(sys.modules, "keyring", None)

    def source(name: str | None, *how: str) -> SimpleNamespace:
        return SimpleNamespace(credential=name, secret_as=how)

    made = client_secrets(
        [
            source(NAME, "header", "a.example", "Authorization", "Token {secret}"),
            source(NAME, "param", "b.example", "api_key", "{secret}"),
            source(NAME, "basic", "c.example"),
            source("ABSENT_KEY", "basic", "d.example"),
            source(None),
            object(),
        ]
    )
    plain = {
        kind: {host: {name: value.reveal() for name, value in named.items()} for host, named in hosts.items()}
        for kind, hosts in made.items()
    }
    basic = "Basic " + base64.b64encode(f"{VALUE}:".encode()).decode()
    assert plain == {
        "secret_headers": {
            "a.example": {"Authorization": f"Token {VALUE}"},
            "c.example": {"Authorization": basic},
        },
        "secret_params": {"b.example": {"api_key": VALUE}},
    }
    assert VALUE not in repr(made)


def test_other_libraries_log_addresses_without_secret_parameters(
    server: LocalServer, new_client: Callable[..., HttpClient], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = new_client(secret_params={"127.0.0.1": {"subcode": VALUE, "api_key": VALUE}})
    client.ask(server.say("/a", Said()), params={"id": "GDP"})
    with pytest.raises(SourceError) as caught:
        new_client(secret_params={"127.0.0.1": {"api_key": VALUE}}, retries=1).ask("http://127.0.0.1:9/")
    assert "GET /a?id=GDP&subcode=***&api_key=*** HTTP" in caplog.text
    stack = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack
    in_client = [str(frame.locals) for frame in stack if "/credrisk/sources/" in frame.filename]
    assert in_client
    assert VALUE not in caplog.text + "".join(in_client)


@pytest.mark.parametrize(
    ("logged", "kept"),
    [
        ('"GET /x?api_key=1&id=2 HTTP/1.1" 200', '"GET /x?api_key=***&id=2 HTTP/1.1" 200'),
        ("https://h.example/x?a=1;access_token=t#end", "https://h.example/x?a=1;access_token=***#end"),
        ("/x?key=1", "/x?key=***"),
        ("/x?monkey=1&keyword=steel&q=a=b", "/x?monkey=1&keyword=steel&q=a=b"),
        ("100 % of a key=1", "100 % of a key=1"),
    ],
)
def test_redaction_hides_values_and_nothing_else(logged: str, kept: str) -> None:
    record = logging.LogRecord("x", logging.INFO, "f", 1, "%s", (logged,), None)
    assert RedactedQueries().filter(record)
    assert record.getMessage() == kept
