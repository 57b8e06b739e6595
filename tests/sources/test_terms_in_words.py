"""Terms of payment as people write them: the net days, the end of the month, and what is read in two ways."""

from __future__ import annotations

import pytest

from credrisk.sources.terms_in_words import Terms, read_terms


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("30", 30),
        ("45.0", 45),
        ("30 days net", 30),
        ("14 days net", 14),
        ("Net 60", 60),
        ("NET30", 30),
        ("n/30", 30),
        ("N30", 30),
        ("30 days", 30),
        ("30 days from invoice date", 30),
        ("2/10 net 30", 30),
        ("2/10, n/30", 30),
        ("1.5/15 Net 45", 45),
        ("2% 10 net 30", 30),
        ("2% 10 days, net 30 days", 30),
        ("30 Tage netto", 30),
        ("30 Tage rein netto", 30),
        ("zahlbar innerhalb von 14 Tagen ohne Abzug", 14),
        ("14 Tage 2% Skonto, 30 Tage netto", 30),
        ("14 Tage 2 % 30 Tage netto", 30),
        ("30 Tage netto, 10 Tage 2% Skonto", 30),
        ("10 Tage 2%, 30 Tage", 30),
        ("30 jours", 30),
        ("30 jours date de facture", 30),
        ("30 días", 30),
        ("60 giorni data fattura", 60),
        ("30 dagen", 30),
        ("due on receipt", 0),
        ("sofort", 0),
        ("Comptant", 0),
    ],
)
def test_the_net_days_of_usual_phrases(text: str, days: int) -> None:
    assert read_terms(text) == Terms(days)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("EOM", Terms(0, "from")),
        ("end of month", Terms(0, "from")),
        ("fin de mois", Terms(0, "from")),
        ("EOM + 30", Terms(30, "from")),
        ("30 days from end of month", Terms(30, "from")),
        ("30 Tage nach Monatsende", Terms(30, "from")),
        ("end of month after 30 days", Terms(30, "to")),
    ],
)
def test_the_end_of_the_month(text: str, terms: Terms) -> None:
    assert read_terms(text) == terms


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Z030",
        "as agreed",
        "30 EOM",
        "net 30 EOM",
        "30 jours fin de mois",
        "30 jours fin de mois le 10",
        "30 Tage 2% 10 Tage",
        "2/10",
        "3/10/30",
        "30/60/90",
        "1 month",
        "10th of following month",
        "5000",
        "50% at order, 50% in 30 days",
    ],
)
def test_what_can_be_read_in_two_ways_or_not_at_all_is_not_read(text: str) -> None:
    assert read_terms(text) is None
