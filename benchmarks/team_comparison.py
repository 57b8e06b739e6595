"""How often collectors who are alike are told apart, and how often one who is better is found; writes docs/team.md.

Two worlds: accounts drawn at random with a known lift, and simulated ledgers, whose collectors are alike. About four
minutes on one core.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
from sections import write_section

from credrisk import PaymentTiming, payment_items, simulate_ledger
from credrisk.decisions.team_accounts import NOBODY, account_owners
from credrisk.decisions.team_case_mix import case_mix
from credrisk.decisions.team_cash import team_cash

PAGE = Path(__file__).parents[1] / "docs" / "team.md"
TEAMS = {"5 x 60": [60] * 5, "40 to 200": [40, 200, 80, 120, 60], "14 x 60": [60] * 14}
LIFTS = (1.15, 1.25, 1.4)
DRAWN, LEDGERS, DAYS_BACK = 400, 40, (0, 196)


def drawn_team(seed: int, sizes: list[int], lift: dict[int, float] | None = None) -> pl.DataFrame:
    """Draw accounts of unlike size and chance to pay; six in ten pay all four of their invoices together or none."""
    random, parts = np.random.default_rng(seed), []
    for place, count in enumerate(sizes):
        amount = np.exp(random.normal(8 + 0.2 * (place % 5), 1.2, count))
        chance = np.clip(random.beta(max(6 - place, 2), 4 + place, count), 0.02, 0.7)
        draw = random.random((count, 4))
        together = random.random(count) < 0.6
        draw[together] = draw[together][:, :1]
        paid = draw < (chance * (lift or {}).get(place, 1.0))[:, None]
        parts.append(
            pl.DataFrame(
                {
                    "collector": f"c{place:02d}",
                    "expected": amount * chance,
                    "actual": amount * paid.mean(axis=1),
                    "variance": amount**2 * chance * (1 - chance),
                }
            )
        )
    return pl.concat(parts)


def outside(verdicts: list[str]) -> str:
    far = np.mean([verdict.endswith("998") for verdict in verdicts])
    return f"{len(verdicts):,} | {100 * np.mean([v != 'within' for v in verdicts]):.1f} % | {100 * far:.2f} %"


def of_ledgers() -> list[str]:
    verdicts: list[str] = []
    for seed in range(11, 11 + LEDGERS):
        ledger = simulate_ledger(customers=600, months=20, seed=seed).ledger()
        for back in DAYS_BACK:
            end = ledger.settings.covers_to - timedelta(days=back)
            start = end - timedelta(days=28)
            # The model only forecasts who rolls over, which is not looked at here.
            timing = PaymentTiming(trees=5, max_items=500, max_rows=5_000).fit(
                payment_items(ledger, as_of=start), as_of=start
            )
            cash = team_cash(ledger, start=start, end=end, timing=timing, expected_by="share_table")
            accounts = cash.accounts.join(account_owners(ledger, start=start, end=end), on="customer_id", how="left")
            table = case_mix(accounts.filter(pl.col("collector") != NOBODY)).table
            verdicts += table["verdict"].drop_nulls().to_list()
    return verdicts


def main() -> None:
    rows = ["| Alike collectors | Judged | Outside 95 % | Outside 99.8 % |", "|---|---|---|---|"]
    for words, sizes in TEAMS.items():
        found = [case_mix(drawn_team(seed, sizes)).table["verdict"].drop_nulls() for seed in range(1000, 1000 + DRAWN)]
        rows.append(f"| drawn accounts, {words} | {outside([v for of in found for v in of])} |")
    rows.append(f"| {LEDGERS} simulated ledgers, two periods each, share table | {outside(of_ledgers())} |")
    rows += [
        "",
        "| One of six, 150 accounts each, collects more by | Found above 95 % | Seen from, as stated |",
        "|---|---|---|",
    ]
    for lift in LIFTS:
        made = [case_mix(drawn_team(seed, [150] * 6, {2: lift})).table.row(2, named=True) for seed in range(1000, 1300)]
        share = np.mean([row["verdict"].startswith("above") for row in made])
        seen = np.mean([row["detectable"] for row in made])
        rows.append(f"| {100 * (lift - 1):.0f} % | {100 * share:.0f} % | {100 * seen:.0f} % above the team |")
    write_section("team-comparison", "\n".join(rows), page=PAGE)


if __name__ == "__main__":
    main()
