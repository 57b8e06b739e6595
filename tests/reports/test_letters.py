"""Letters in each language and format: what they say ties out, and no name of a customer does any harm."""

from __future__ import annotations

import csv
import email
import io
import re
import shutil
import subprocess
import zipfile
from datetime import date
from email import policy as email_policy
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from random_ledgers import random_ledger
from small_ledgers import ledger_of

from credrisk.decisions.dunning import dunning_proposal
from credrisk.decisions.policy import Policy
from credrisk.errors import DataError, ParameterError
from credrisk.ledger.money import major_units
from credrisk.portfolio.ageing import ageing
from credrisk.reports.letters.account_open import open_accounts
from credrisk.reports.letters.clean import clean
from credrisk.reports.letters.content import Letter
from credrisk.reports.letters.dunning_letters import dunning_letters
from credrisk.reports.letters.email_draft import email_draft
from credrisk.reports.letters.follow_ups import follow_up_calendar, promise_follow_ups
from credrisk.reports.letters.languages import language_of
from credrisk.reports.letters.letter_files import letter_notes, read_formats, write_lists
from credrisk.reports.letters.pdf import characters_without_glyph, letter_pdf
from credrisk.reports.letters.plain import letter_html, letter_text
from credrisk.reports.letters.recipients import RECIPIENT_FIELDS
from credrisk.reports.letters.sender import SENDER_FIELDS, missing_details, read_sender, sender_of
from credrisk.reports.letters.statement import statements_of_account
from credrisk.reports.letters.word import letter_docx
from credrisk.reports.letters.wording import Wordings

AS_OF = date(2025, 3, 31)
LANGUAGES = ("de", "en", "es", "fr")
SENDER = sender_of(
    {
        "name": "Example Trading GmbH",
        "street": "Musterstraße 12",
        "postcode": "20095",
        "city": "Hamburg",
        "phone": "+49 40 000000",
        "email": "accounts@example.com",
        "contact_name": "Accounts receivable",
        "signature": "Head of accounts receivable",
        "bank": "Example Bank",
        "iban": "DE89 3704 0044 0532 0130 00",
        "bic": "COBADEFFXXX",
    }
)
HOSTILE = {
    "script": "<script>alert('x')</script> & <img src=x onerror=alert(1)>",
    "template": "{{ 7*7 }} {% for a in b %} {{ customer.__class__.__mro__ }} {# #}",
    "formula": '=HYPERLINK("http://example.com","pay here")',
    "plus": "+1+1",
    "rtl": "\u202etxt.exe\u202c שלום חברה شركة",
    "emoji": "Smile 😀🏭 株式会社",
    "long": "A" * 300,
    "endless": "word " * 20_000,
    "lines": "Alpha\r\nBcc: all@example.com\n\nSubject: other\x00\x0b\u2028end",
    "nothing": None,
    "spaces": " \t ",
}
"""Names that a customer may give itself."""


def invoice(customer, number, amount, due="2025-02-28", **more) -> dict:
    row = {"document_id": number, "customer_id": customer, "document_date": "2025-01-01", "due_date": due}
    return row | {"amount": amount} | more


def account(customers=None, **tables):
    documents = [
        invoice("a", "R-1", 123_456_789),
        invoice("a", "R-2", 10_050, due="2025-03-20"),
        invoice("a", "R-3", 77_700, due="2025-05-01"),
        invoice("a", "G-1", -5_025, due="2025-01-01"),
    ]
    return ledger_of(
        customers=customers or [{"customer_id": "a", "name": "Alpha & Söhne", "country": "DE"}],
        **{"documents": documents, "contacts": []} | tables,
    )


def letters_of(ledger, *, policy=None, **given) -> list[Letter]:
    found = dunning_proposal(ledger, as_of=AS_OF, policy=policy)
    return dunning_letters(ledger, found, **{"sender": SENDER, **given})


def one(language="en", **given) -> Letter:
    (letter,) = letters_of(account(**given.pop("tables", {})), language=language, **given)
    return letter


def hostile_letters(**given) -> dict[str, Letter]:
    customers = [{"customer_id": key, "name": name} for key, name in HOSTILE.items()]
    documents = [invoice(key, f"{key} {HOSTILE[key]}", 100_000) for key in HOSTILE]
    ledger = ledger_of(customers=customers, documents=documents, contacts=[])
    return {letter.customer_id: letter for letter in letters_of(ledger, **given)}


def pdf_text(content: bytes, folder: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    path = folder / "letter.pdf"
    path.write_bytes(content)
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
    return done.stdout.decode("utf-8")


def docx_text(content: bytes) -> str:
    import docx

    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def flat(text: str) -> str:
    return " ".join(text.split())


# --- What a letter says -----------------------------------------------------------------------------------------------


def test_numbers_and_days_read_as_in_the_language():
    money = {code: language_of(code).money(123_456_789, "EUR") for code in LANGUAGES}
    assert money == {
        "de": "1.234.567,89\u00a0EUR",
        "en": "EUR\u00a01,234,567.89",
        "es": "1.234.567,89\u00a0EUR",
        "fr": "1\u00a0234\u00a0567,89\u00a0EUR",
    }
    assert language_of("de").number(-5, "EUR") == "-0,05"
    assert language_of("en").number(1_234, "JPY") == "1,234"
    assert language_of("fr").number(1_234, "KWD") == "1,234"
    days = {code: language_of(code).day(date(2025, 3, 1)) for code in LANGUAGES}
    assert days == {"de": "1. März 2025", "en": "1 March 2025", "es": "1 de marzo de 2025", "fr": "1er mars 2025"}
    short = {code: language_of(code).short_day(date(2025, 3, 1)) for code in LANGUAGES}
    assert short == {"de": "01.03.2025", "en": "1 Mar 2025", "es": "01/03/2025", "fr": "01/03/2025"}


def test_every_language_has_the_same_words_and_texts():
    keys = {code: set(language_of(code).words) for code in LANGUAGES}
    assert all(words == keys["en"] for words in keys.values())
    assert all("{page}" in language_of(code).words["page"] for code in LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize("items", [1, 2])
def test_each_level_in_each_language_names_amount_and_day(language, level, items):
    sent = {2: "payment_reminder", 3: "first_demand"}.get(level)
    contacts = [{"contact_id": "k", "customer_id": "a", "date": "2025-03-15", "channel": "letter", "action": sent}]
    documents = [invoice("a", f"R-{n}", 100_000, due="2025-02-01") for n in range(items)]
    (letter,) = letters_of(account(documents=documents, contacts=contacts if sent else []), language=language)
    spoken = language_of(language)
    total = spoken.money(100_000 * items, "EUR")
    text = " ".join((letter.subject, *letter.before, *letter.after))
    assert letter.fields["letter_level"] == str(level)
    assert total in letter.subject
    assert spoken.day(date(2025, 4, 7 if level == 1 else 10)) in text
    assert (spoken.day(date(2025, 3, 15)) in text) == (level > 1)
    assert not re.search(r"[{}]|None|  | ,| \.", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_final_demand_does_not_say_that_an_earlier_letter_asked_for_every_item(language):
    """R-2 fell due after the letter of 18 March; it stands on the final demand with R-1, of which a part was paid."""
    sent = {"customer_id": "a", "date": "2025-03-18", "channel": "letter", "action": "first_demand"}
    part = {"from_id": None, "to_document_id": "R-1", "amount": 100, "applied_on": "2025-03-19", "kind": "payment"}
    documents = [invoice("a", "R-1", 123_456, due="2025-01-31"), invoice("a", "R-2", 10_050, due="2025-03-20")]
    ledger = account(documents=documents, contacts=[sent], applications=[part])
    policy = Policy.default().changed({"dunning.step_by_step": False, "dunning.minimum_days_between": 5})
    (letter,) = letters_of(ledger, policy=policy, language=language)
    assert letter.fields["letter_level"] == "3"
    said = letter.before[1]
    assert letter.fields["letter_last_sent_on"] in said
    whole = {"de": "nicht vollständig", "en": "in full", "es": "en su totalidad", "fr": "intégralement"}
    assert whole[language] in said
    for claim in ("In spite", "trotz", "Malgré", "A pesar", "remain unpaid", "impayées", "impagados"):
        assert claim not in said


@pytest.mark.parametrize(("day", "by"), [("2025-03-31", "7 April 2025"), ("2025-03-29", "7 April 2025")])
def test_nobody_is_asked_to_pay_by_a_saturday_or_a_sunday(day, by):
    """A payment reminder gives 7 days: 5 April 2025 was a Saturday."""
    documents = [invoice("a", "R-1", 123_456, due="2025-03-20")]
    found = dunning_proposal(account(documents=documents), as_of=day)
    (letter,) = dunning_letters(account(documents=documents), found, sender=SENDER, language="en")
    assert letter.fields["letter_pay_by"] == by


def test_french_sets_a_space_before_the_colon():
    assert language_of("fr").labelled("Courriel", "a@b.example") == "Courriel\u00a0: a@b.example"
    assert language_of("de").labelled("E-Mail", "a@b.example") == "E-Mail: a@b.example"


def test_items_credits_cash_and_late_fees_tie_out_to_what_is_asked():
    tables = {"receipts": [{"receipt_id": "r", "customer_id": "a", "date": "2025-03-01", "amount": 1_001}]}
    fees = pl.DataFrame({"document_id": ["R-1", "R-2", "R-3"], "late_fee": [40.0, None, 99.0]})
    letter = one(tables=tables, late_fees=fees)
    (table,) = letter.tables
    assert [row[0] for row in table.rows] == ["R-1", "R-2"]
    assert [row[-2:] for row in table.rows] == [("1,234,567.89", "40.00"), ("100.50", "")]
    total = 123_456_789 + 10_050
    asked = total - 5_025 - 1_001 + 4_000
    spoken = language_of("en")
    assert [amount for _, amount in table.sums] == [
        spoken.money(amount, "EUR") for amount in (total, -5_025, -1_001, 4_000, asked)
    ]
    assert letter.fields["letter_total"] == spoken.money(asked, "EUR")


def test_no_late_fee_stands_on_a_letter_unless_it_is_given():
    letter = one()
    assert len(letter.tables[0].headings) == 6
    assert "fee" not in letter_text(letter, Wordings()).lower()


@pytest.mark.parametrize(
    "fees",
    [
        {"document_id": ["R-1", "R-1"], "late_fee": [40.0, 40.0]},
        {"document_id": ["R-1"], "late_fee": [-1.0]},
        {"document_id": ["R-1"], "late_fee": ["forty"]},
        {"document_id": ["R-1"], "fee": [40.0]},
    ],
)
def test_late_fees_that_do_not_hold_together_are_refused(fees):
    with pytest.raises(DataError, match="late_fees"):
        one(late_fees=pl.DataFrame(fees))


def test_two_currencies_are_two_tables_and_one_sentence():
    rates = [{"currency": "USD", "date": "2025-01-01", "rate": 0.5}]
    documents = [invoice("a", "R-1", 100_000), invoice("a", "R-2", 50_000, currency="USD")]
    letter = one(tables={"documents": documents, "rates": rates})
    assert [table.sums[-1][1] for table in letter.tables] == ["EUR\u00a01,000.00", "USD\u00a0500.00"]
    assert letter.fields["letter_total"] == "EUR\u00a01,000.00 and USD\u00a0500.00"
    assert [row[0] for row in letter.ageing[0].rows] == ["EUR", "USD"]


def test_the_disputed_part_is_not_asked_for_and_the_letter_says_so():
    dispute = {"dispute_id": "x", "document_id": "R-1", "opened_on": "2025-03-01", "amount": 23_456_789}
    letter = one(tables={"disputes": [dispute]})
    (table,) = letter.tables
    assert table.rows[0][-2:] == ("1,234,567.89", "1,000,000.00")
    assert "dispute" in table.note


def test_the_account_by_age_is_that_of_the_ageing():
    ledger = account()
    (letter,) = letters_of(ledger)
    aged = ageing(ledger, as_of=AS_OF, translate=False, output="polars").row(0, named=True)
    (row,) = letter.ageing[0].rows
    assert list(row[1:5]) == [
        language_of("de").number(round(100 * aged[name]), "EUR")
        for name in ("not_due", "past_due_1_30", "past_due_31_60", "past_due_61_90")
    ]
    assert row[-1] == language_of("de").number(round(100 * aged["net_balance"]), "EUR")


@pytest.mark.parametrize("seed", range(4))
def test_open_accounts_tie_out_to_the_ageing_in_each_currency(seed):
    ledger, as_of = random_ledger(seed, customers=25, rows=12), date(2024, 9, 30)
    found = open_accounts(ledger, as_of)
    columns = ["not_due", "past_due_1_30", "past_due_31_60", "past_due_61_90", "past_due_over_90"]
    columns += ["late_fees", "open_credits", "unapplied_cash", "net_balance"]
    aged = ageing(ledger, as_of=as_of, translate=False, output="polars").fill_null(0.0)
    aged = aged.filter(pl.any_horizontal(pl.col(*columns) != 0))  # two receipts that cancel are nothing open
    major = found.ages.with_columns(major_units(name, "currency") for name in columns)
    both = aged.join(major, on=["customer_id", "currency"], how="full", coalesce=True)
    assert both.height == aged.height == major.height
    for name in columns:
        assert both[name].to_list() == pytest.approx(both[f"{name}_right"].to_list(), abs=1e-9), name
    sums = found.items.group_by("customer_id", "currency").agg(pl.col("open").sum())
    tied = found.ages.join(sums, on=["customer_id", "currency"], how="left").fill_null(0)
    assert tied.filter(pl.col("open") - pl.col("unapplied_cash") != pl.col("net_balance")).height == 0


@pytest.mark.parametrize("items", range(4, 12))
def test_the_line_of_ageing_never_stands_alone_on_a_page(items, tmp_path):
    documents = [invoice("a", f"R-{place}", 123_400, due="2024-12-20") for place in range(items)]
    letter = one("de", tables={"documents": documents})
    pages = pdf_text(letter_pdf(letter, on=AS_OF), tmp_path).split("\f")
    (with_ageing,) = (page for page in pages if letter.ageing[0].title in page)
    assert SENDER["signature"] in with_ageing
    assert len(pages) - 1 == (1 if items <= 5 else 2)


# --- Formats ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_pdf_word_text_and_html_say_the_same(language, tmp_path):
    letter = one(language, addresses=pl.DataFrame({"customer_id": ["a"], "street": ["Weg 1"], "city": ["Bonn"]}))
    texts = {
        "pdf": pdf_text(letter_pdf(letter, on=AS_OF), tmp_path),
        "docx": docx_text(letter_docx(letter, on=AS_OF)),
        "txt": letter_text(letter, Wordings()),
        "html": html_text(letter_html(letter, Wordings())),
    }
    wanted = [letter.subject, "Alpha & Söhne", "Weg 1", "R-1", "DE89 3704 0044 0532 0130 00", SENDER["signature"]]
    wanted += [letter.tables[0].sums[-1][1], letter.tables[0].rows[0][-1], letter.ageing[0].rows[0][-1]]
    for kind, text in texts.items():
        for words in wanted:
            assert flat(words) in flat(text), (kind, words)
    pages = texts["pdf"].count("\f")
    assert pages <= 2
    assert letter.language.words["page"].format(page=1, pages=pages) in flat(texts["pdf"])


def html_text(page: str) -> str:
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_data(self, data: str) -> None:
            found.append(data)

    Reader().feed(page)
    return " ".join(found)


def test_a_long_table_goes_on_with_its_headings_and_keeps_its_sum(tmp_path):
    documents = [invoice("a", f"R-{n:03d}", 10_000 + n) for n in range(150)]
    letter = one(tables={"documents": documents})
    text = pdf_text(letter_pdf(letter, on=AS_OF), tmp_path)
    pages = text.split("\f")[:-1]
    assert len(pages) >= 4
    assert re.findall(r"R-\d{3}", text) == [row[0] for row in letter.tables[0].rows]
    assert all("Days past" in page for page in pages if re.search(r"R-\d{3}", page))
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in page
    with_sum = next(page for page in pages if "Please pay" in page)
    assert "R-149" in with_sum


def test_the_same_letter_is_the_same_bytes():
    first, second = one(), one()
    assert letter_pdf(first, on=AS_OF) == letter_pdf(second, on=AS_OF)
    assert letter_docx(first, on=AS_OF) == letter_docx(second, on=AS_OF)
    assert email_draft(first, Wordings()) == email_draft(second, Wordings())


def test_a_draft_opens_unsent_with_its_files(tmp_path):
    addresses = pl.DataFrame({"customer_id": ["a"], "email": ["ap@alpha.example"]})
    letter = one("de", addresses=addresses)
    pdf = letter_pdf(letter, on=AS_OF)
    draft = email.message_from_bytes(
        email_draft(letter, Wordings(), attachments=[("letter-a.pdf", "application/pdf", pdf)]),
        policy=email_policy.default,
    )
    assert draft["X-Unsent"] == "1"
    assert (draft["To"], draft["From"]) == ("ap@alpha.example", "Example Trading GmbH <accounts@example.com>")
    assert draft["Subject"] == letter.subject
    assert draft.get_body(("plain",)).get_content().splitlines()[0] == "Example Trading GmbH"
    assert "<h1>" in draft.get_body(("html",)).get_content()
    (attached,) = draft.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("letter-a.pdf", pdf)


@pytest.mark.libreoffice
def test_word_opens_in_libreoffice(tmp_path):
    if shutil.which("soffice") is None:
        pytest.skip("soffice is not installed")
    (tmp_path / "letter.docx").write_bytes(letter_docx(one("fr"), on=AS_OF))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", tmp_path, tmp_path / "letter.docx"]
    subprocess.run(command, capture_output=True, check=False, timeout=300)
    if not (tmp_path / "letter.pdf").is_file():
        pytest.skip("this LibreOffice has no writer")
    text = flat(pdf_text((tmp_path / "letter.pdf").read_bytes(), tmp_path))
    assert "Rappel de paiement" in text
    assert "Page 1 sur" in text


# --- Hostile names ----------------------------------------------------------------------------------------------------


def test_hostile_names_go_through_every_format_as_text(tmp_path):
    found = hostile_letters()
    assert set(found) == set(HOSTILE)
    for letter in found.values():
        assert letter_pdf(letter, on=AS_OF).startswith(b"%PDF-")
        with zipfile.ZipFile(io.BytesIO(letter_docx(letter, on=AS_OF))) as parts:
            assert parts.testzip() is None
        assert letter_text(letter, Wordings())
    page = letter_html(found["script"], Wordings())
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    text = letter_text(found["template"], Wordings())
    assert "{{ 7*7 }} {% for a in b %}" in text
    assert found["template"].address == (HOSTILE["template"],)
    assert found["nothing"].address == ("nothing",)
    assert found["spaces"].address == ("spaces",)
    assert len(found["endless"].address[0]) == 300
    script = flat(pdf_text(letter_pdf(found["script"], on=AS_OF), tmp_path))
    assert "<script>alert('x')</script>" in script


def test_a_template_of_the_user_never_runs_what_a_customer_is_called(tmp_path):
    (tmp_path / "en").mkdir()
    own = (
        "{% extends 'shipped/en/reminder.txt' %}"
        "{% block subject %}{{ customer.name }} {{ letter.total }}{% endblock %}"
        "{% block before %}{{ customer.name }}\n\n{{ recipient.recipient }}{% endblock %}"
    )
    (tmp_path / "en" / "reminder.txt").write_text(own, encoding="utf-8")
    found = hostile_letters(wordings=Wordings(tmp_path))
    assert found["template"].subject.startswith("{{ 7*7 }} {% for a in b %}")
    for letter in found.values():
        assert "\n" not in letter.subject
        assert "\r" not in letter.subject
        assert len(letter.before) <= 2
        draft = email.message_from_bytes(email_draft(letter, Wordings(tmp_path)), policy=email_policy.default)
        assert set(draft.keys()) == {"X-Unsent", "Subject", "From", "MIME-Version", "Content-Type"}


def test_no_header_of_a_draft_can_be_added():
    addresses = pl.DataFrame(
        {
            "customer_id": list(HOSTILE),
            "email": [
                "a@b.example\r\nBcc: c@d.example",
                *["x@y.example, z@y.example"] * (len(HOSTILE) - 2),
                "<a@b.example>",
            ],
            "recipient": ["Alpha\r\nBcc: c@example.com"] * len(HOSTILE),
        }
    )
    for letter in hostile_letters(addresses=addresses).values():
        draft = email.message_from_bytes(email_draft(letter, Wordings()), policy=email_policy.default)
        assert draft["Bcc"] is None
        assert draft["To"] is None
    quoted = sender_of({"name": 'A "B" \\ <c@example.com>\r\nBcc: x', "email": "a@example.com"})
    letter = one(sender=quoted)
    draft = email.message_from_bytes(email_draft(letter, Wordings()), policy=email_policy.default)
    assert draft["Bcc"] is None
    assert [address.addr_spec for address in draft["From"].addresses] == ["a@example.com"]


def test_merge_fields_never_run_as_formulas_and_are_escaped_once(tmp_path):
    customers = [{"customer_id": key, "name": name} for key, name in HOSTILE.items()]
    ledger = ledger_of(customers=customers, documents=[invoice(key, key, 100_000) for key in HOSTILE], contacts=[])
    letters = letters_of(ledger)
    named = {letter.customer_id: [] for letter in letters}
    write_lists(tmp_path, letters, dunning_proposal(ledger, as_of=AS_OF), names=named, formats=("pdf",))
    rows = list(csv.DictReader(io.StringIO((tmp_path / "mail-merge.csv").read_text(encoding="utf-8-sig"))))
    by_id = {row["customer_id"]: row for row in rows}
    assert by_id["formula"]["customer_name"] == f"'{HOSTILE['formula']}"
    assert by_id["plus"]["customer_name"] == "'+1+1"
    for row in rows:
        for value in row.values():
            assert not re.match(r"[=@\t\r]", value), value
            assert "\n" not in value
    assert len(rows) == len(HOSTILE)


def test_characters_without_a_glyph_are_boxes_and_said(tmp_path):
    letter = hostile_letters()["emoji"]
    assert set(characters_without_glyph(letter)) == set("🏭株式会社")
    notes = " ".join(letter_notes(letter, ("pdf",)))
    assert "U+682A" in notes
    assert "□" in pdf_text(letter_pdf(letter, on=AS_OF), tmp_path)
    assert "株式会社" in letter_html(letter, Wordings())


def test_marks_of_direction_fall_away_and_lines_become_one():
    assert clean("\u202eevil\u202c \u2066x\u2069\ufeff") == "evil x"
    assert clean("a\r\n\tb\x00c") == "a b c"
    assert clean("x" * 500) == "x" * 299 + "…"
    assert clean("half \ud83d a pair") == "half \ufffd a pair"
    assert clean(None) == ""
    assert clean("1\u00a0234") == "1\u00a0234"


def test_right_to_left_reads_from_right_to_left(tmp_path):
    from credrisk.reports.letters.pdf import _shown

    assert _shown("a שלום") == "a םולש"


# --- Templates of the user --------------------------------------------------------------------------------------------


def own_template(folder: Path, text: str) -> Wordings:
    (folder / "en").mkdir()
    (folder / "en" / "reminder.txt").write_text(text, encoding="utf-8")
    return Wordings(folder)


def test_a_template_of_the_user_takes_the_place_of_the_shipped_one(tmp_path):
    text = (
        "{% extends 'shipped/en/reminder.txt' %}{% block subject %}Kind reminder {{ letter.reference }}{% endblock %}"
    )
    wordings = own_template(tmp_path, text)
    assert one(wordings=wordings).subject == "Kind reminder a"
    assert one(wordings=wordings).before == one().before
    assert one("de", wordings=wordings).subject == one("de").subject


def test_a_page_of_the_user_takes_the_place_of_the_shipped_one(tmp_path):
    (tmp_path / "letter.html").write_text("<p>{{ letter.address[0] }}</p>", encoding="utf-8")
    assert letter_html(one(wordings=Wordings(tmp_path)), Wordings(tmp_path)) == "<p>Alpha &amp; Söhne</p>\n"


def test_fixed_words_of_the_user_take_the_place_of_the_shipped_ones(tmp_path):
    (tmp_path / "de").mkdir()
    words = tmp_path / "de" / "words.toml"
    words.write_text('closing = "Beste Grüße"\npage = "Blatt {page}/{pages}"\n', encoding="utf-8")
    letter = one("de", wordings=Wordings(tmp_path))
    assert (letter.closing, letter.page("1", "2")) == ("Beste Grüße", "Blatt 1/2")
    assert letter.language.words["please_pay"] == "Zu zahlen"
    assert one("fr", wordings=Wordings(tmp_path)).closing == one("fr").closing
    for wrong in ('fax = "Fax"', 'closing = ""', "closing = 1", 'page = "Seite {page}"', 'closing = "{x.__class__}"'):
        words.write_text(wrong, encoding="utf-8")
        with pytest.raises(ParameterError, match=r"words\.toml"):
            one("de", wordings=Wordings(tmp_path))


@pytest.mark.parametrize(
    "text",
    [
        "{% block subject %}{{ ''.__class__.__mro__ }}{% endblock %}",
        "{% block subject %}{{ letter.nothing_like_it }}{% endblock %}",
        "{% block subject %}{{ letter.total",
        "{% block subject %}{% for a in range(10 ** 9) %}x{% endfor %}{% endblock %}",
        "{% block subject %}{% for a in range(99999) %}x{% endfor %}{% endblock %}",
        "{% block subject %} {% endblock %}",
        "{% block subject %}{% include '../../secret' %}{% endblock %}",
        "{% block subject %}{{ letter.update({'total': '1'}) }}{% endblock %}",
        "{% block subject %}{{ 1 / 0 }}{% endblock %}",
        "{% block subject %}{{ [1][7] + 1 }}{% endblock %}",
        "{% extends 'en/reminder.txt' %}{% block subject %}x{% endblock %}",
        "no block at all",
    ],
)
def test_a_template_that_reaches_out_or_cannot_be_filled_is_refused_with_its_name(tmp_path, text):
    rest = "{% block before %}x{% endblock %}{% block after %}x{% endblock %}" if "{%" in text else ""
    with pytest.raises(ParameterError, match="templates"):
        one(wordings=own_template(tmp_path, text + rest))


def test_a_wording_of_the_policy_without_a_template_names_what_to_write():
    policy = Policy.default()
    content = policy.content()
    content["dunning"]["levels"][0]["wording"] = "very_kind"
    with pytest.raises(ParameterError, match=r"de/very_kind\.txt"):
        letters_of(account(), policy=Policy.of(content))


# --- Sender and addresses ---------------------------------------------------------------------------------------------


def test_details_that_the_sender_does_not_give_are_left_out_and_said():
    bare = sender_of({"name": "Example Trading"})
    letter = one(sender=bare)
    assert letter.payment == ()
    assert "street and number" in missing_details(bare)
    assert "IBAN or account number" in missing_details(bare)
    text = letter_text(letter, Wordings())
    assert "Payment details" not in text
    assert ": \n" not in text
    assert letter_pdf(letter, on=AS_OF)
    assert letter_docx(letter, on=AS_OF)
    assert missing_details(SENDER) == []


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"name": " "},
        {"name": "A", "fax": "1"},
        {"name": "A", "street": 12},
        {"name": "A", "iban": "DE88 3704 0044 0532 0130 00"},
        {"name": "A", "iban": "no"},
    ],
)
def test_a_sender_that_cannot_be_right_is_refused(details):
    with pytest.raises(ParameterError, match="sender"):
        sender_of(details)


def test_the_sender_is_read_from_toml(tmp_path):
    file = tmp_path / "sender.toml"
    file.write_text('[sender]\nname = "Example"\niban = "GB82WEST12345698765432"\n', encoding="utf-8")
    assert read_sender(file)["iban"] == "GB82 WEST 1234 5698 7654 32"
    file.write_text('name = "Example"\n', encoding="utf-8")
    with pytest.raises(ParameterError, match=r"\[sender\]"):
        read_sender(file)
    with pytest.raises(ParameterError, match="existing"):
        read_sender(tmp_path / "none.toml")


def test_addresses_of_one_customer_twice_are_refused():
    with pytest.raises(DataError, match="addresses"):
        one(addresses=pl.DataFrame({"customer_id": ["a", "a"], "city": ["Bonn", "Ulm"]}))
    with pytest.raises(DataError, match="addresses"):
        one(addresses=pl.DataFrame({"city": ["Bonn"]}))


# --- Statements, follow-ups -------------------------------------------------------------------------------------------


def test_a_statement_ties_out_to_the_balance():
    tables = {"receipts": [{"receipt_id": "r", "customer_id": "a", "date": "2025-03-01", "amount": 1_001}]}
    ledger = account(**tables)
    (statement,) = statements_of_account(ledger, ["a"], as_of=AS_OF, sender=SENDER, language="en")
    (table,) = statement.tables
    assert [row[0] for row in table.rows] == ["G-1", "R-1", "R-2", "R-3"]
    assert table.rows[0][1] == "Credit note"
    spoken = language_of("en")
    total = 123_456_789 + 10_050 + 77_700 - 5_025
    assert [amount for _, amount in table.sums] == [
        spoken.money(amount, "EUR") for amount in (total, -1_001, total - 1_001)
    ]
    aged = ageing(ledger, as_of=AS_OF, translate=False, output="polars").row(0, named=True)
    assert round(100 * aged["net_balance"]) == total - 1_001


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_payment_not_applied_stands_by_itself_and_not_among_the_credit_notes(language, tmp_path):
    receipt = {"receipt_id": "r", "customer_id": "a", "date": "2025-03-01", "amount": 1_001}
    spoken = language_of(language)
    for tables, more in (({"receipts": [receipt]}, (-1_001,)), ({}, ())):
        (statement,) = statements_of_account(account(**tables), ["a"], as_of=AS_OF, sender=SENDER, language=language)
        (aged,) = statement.ageing
        places = {heading: place for place, heading in enumerate(aged.headings)}
        assert aged.rows[0][places[spoken.words["credits"]]] == spoken.number(-5_025, "EUR")
        assert (spoken.words["unapplied_cash"] in places) == bool(more)
        assert aged.rows[0][places[spoken.words["credits"]] + 1 : -1] == tuple(spoken.number(n, "EUR") for n in more)
        assert len(aged.widths) == len(aged.headings)
        assert sum(aged.widths) == pytest.approx(1)
        text = pdf_text(letter_pdf(statement, on=AS_OF), tmp_path)
        assert all(word in text for heading in aged.headings for word in heading.split())


def test_a_statement_without_anything_open_says_so_and_a_stranger_is_refused():
    ledger = account(customers=[{"customer_id": "a"}, {"customer_id": "b", "country": "FR"}])
    (statement,) = statements_of_account(ledger, ["b"], as_of=AS_OF, sender=SENDER)
    assert statement.before[-1] == language_of("fr").words["nothing_open"]
    assert letter_pdf(statement, on=AS_OF)
    with pytest.raises(DataError, match="not in the ledger"):
        statements_of_account(ledger, ["zz"], as_of=AS_OF, sender=SENDER)


def test_open_promises_become_entries_for_the_day_after_the_grace():
    from icalendar import Calendar

    promises = [
        {"promise_id": "p", "customer_id": "a", "made_on": "2025-03-20", "due_on": "2025-03-30", "amount": 100_000},
        {"promise_id": "q", "customer_id": "a", "made_on": "2025-03-01", "due_on": "2025-03-05", "amount": 100_000},
    ]
    customers = [{"customer_id": "a", "name": "Alpha\r\nBEGIN:VEVENT"}]
    ledger = account(customers=customers, promises=promises)
    found = promise_follow_ups(ledger, as_of=AS_OF, output="polars")
    assert found.select("promise_id", "follow_up_on", "outstanding").rows() == [("p", date(2025, 4, 3), 1_000.0)]
    content = follow_up_calendar(found, as_of=AS_OF, currency="EUR")
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    assert event.decoded("dtstart") == date(2025, 4, 3)
    assert str(event["summary"]) == "Promise of Alpha BEGIN:VEVENT: has 1,000 EUR come?"
    assert content == follow_up_calendar(found, as_of=AS_OF, currency="EUR")


def test_formats_are_read_in_order_and_once():
    assert read_formats("eml, PDF,pdf") == ("pdf", "eml")
    for wrong in ("", "fax", "pdf,,fax"):
        with pytest.raises(ParameterError, match="format"):
            read_formats(wrong)


def test_the_page_lists_every_field_of_a_template():
    page = (Path(__file__).parents[2] / "docs" / "letters.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `((?:letter|customer|recipient|sender)\.\w+)` \|", page, flags=re.MULTILINE))
    (statement,) = statements_of_account(account(), ["a"], as_of=AS_OF, sender=SENDER)
    given = one().fields.keys() | statement.fields.keys()
    fields = {f"recipient.{name}" for name in RECIPIENT_FIELDS} | {f"sender.{name}" for name in SENDER_FIELDS}
    fields |= {name.replace("_", ".", 1) for name in given if name.startswith(("letter_", "customer_"))}
    assert listed == fields
