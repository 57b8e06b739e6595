"""The state of a day's choice: which options there are, which are taken by whom, and what everybody has left."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from credrisk.decisions.policy_collection import Collection
from credrisk.decisions.queue_assignment import assign, assign_in_order, upgrade
from credrisk.decisions.queue_prices import Flags, Floats, Ints, Options
from credrisk.decisions.queue_workforce import Workforce

__all__ = ["SLACK", "Day"]

SLACK = 1e-9
"""So that 0.29 x 100 gives 29 slots in spite of floats."""


@dataclass
class Day:
    """The state of the choice: what is taken by whom, and what everybody has left."""

    units: pl.DataFrame
    force: Workforce
    table: pl.DataFrame
    options: Options
    gain: Floats
    only_by_hand: Flags
    left: Floats
    taken: dict[int, tuple[int, int, str]] = field(default_factory=dict)

    @classmethod
    def begin(cls, units: pl.DataFrame, fallback: pl.DataFrame, force: Workforce) -> Day:
        """Return the morning of the day: nothing is taken, everybody has all of the time."""
        numbered = units.select("unit", number=pl.int_range(pl.len(), dtype=pl.Int64))
        table = (
            force.options.join(numbered, on="unit", how="inner")
            .join(fallback.select("unit", instead="score"), on="unit", how="left")
            .with_columns(value=pl.col("score") - pl.col("instead").fill_null(0.0))
            .sort("number", "mildness")
        )
        options = Options(
            table["number"].to_numpy().astype(np.int64),
            table["value"].to_numpy().astype(np.float64),
            table["effort"].to_numpy().astype(np.float64),
            table["kind"].to_numpy().astype(np.int64),
            force.able,
        )
        gain = table["gain"].to_numpy().astype(np.float64)
        return cls(
            units, force, table, options, gain, table["instead"].is_null().to_numpy(), force.budget.astype(np.float64)
        )

    def free(self) -> Flags:
        """Tell of each option whether its unit is not taken yet."""
        done = np.zeros(self.units.height, dtype=bool)
        done[list(self.taken)] = True
        free: Flags = ~done[self.options.unit]
        return free

    def worth(self) -> Flags:
        """Tell of each option whether it gains something, more than what goes out by itself, and is still free."""
        worth: Flags = self.free() & (self.gain > 0) & (self.options.value > 0)
        return worth

    def take(self, order: Ints, slot: str, left: Floats | None = None) -> None:
        """Take the options of ``order`` that fit, one after the other."""
        places, who = assign_in_order(self.options, order, self.left if left is None else left)
        self._keep(places, who, slot)

    def take_best(self, left: Floats) -> float:
        """Take what gains most in ``left``, and return the bound."""
        part, places = self.options.chosen(self.worth())
        found = assign(part, left)
        self._keep(places[found.option], found.collector, "gain")
        left[:] = found.left
        return found.bound

    def upgrade(self) -> None:
        """Give units taken for their gain a better option where the time is left."""
        units = [unit for unit, (_, _, slot) in self.taken.items() if slot == "gain"]
        if not units or self.force.in_contacts:
            return
        held = np.array([self.taken[unit][:2] for unit in units], dtype=np.int64)
        places, who = held[:, 0].copy(), held[:, 1].copy()
        upgrade(self.options, places, who, self.left)
        self._keep(places, who, "gain")

    def by_deadline(self) -> Ints:
        """Return the options of accounts near an insurer's deadline, the nearest first."""
        deadline = self._of_units(self.units["insurer_deadline"].cast(pl.Int32).fill_null(-1).to_numpy())
        return self._in_turn(self.worth() & (deadline >= 0), deadline)

    def by_pin(self) -> Ints:
        """Return the options of pinned accounts, at a loss too."""
        return self._in_turn(self.free() & self._of_units(self.units["pinned"].to_numpy()), np.zeros(len(self.gain)))

    def by_density(self) -> Ints:
        """Return what still gains, by gain a minute."""
        places = np.flatnonzero(self.worth())
        density = self.options.value[places] / self.options.minutes[places]
        return places[np.argsort(-density, kind="stable")]

    def neglected(self, rules: Collection) -> tuple[Ints, Flags]:
        """Return the options of small accounts, the longest not contacted first, and which were not in this cycle.

        Of each unit the one that takes least time; only where nothing goes out by itself.
        """
        small = self._of_units(self.units["small"].to_numpy())
        keep = self.free() & small & self.only_by_hand & (self.gain >= rules.coverage_minimum_gain)
        places = np.flatnonzero(keep)
        last = self.units["last_contact_on"].cast(pl.Int32).fill_null(-(2**30)).to_numpy()[self.options.unit[places]]
        gain, unit, effort = self.gain[places], self.options.unit[places], self.options.minutes[places]
        cheapest = places[np.lexsort((-gain, effort, unit))]
        cheapest = cheapest[np.r_[True, np.diff(self.options.unit[cheapest]) > 0]] if len(cheapest) else cheapest
        chosen = np.isin(places, cheapest)
        order = np.lexsort((unit[chosen], -gain[chosen], last[chosen]))
        found = places[chosen][order]
        return found, ~self._of_units(self.units["lately"].to_numpy())[found]

    def homes(self, places: Ints) -> Ints:
        """Return one collector for each option, in turn by capacity among those who are able; nothing is drawn."""
        count = np.zeros(len(self.left))
        budget = np.where(self.force.budget > 0, self.force.budget, np.nan)
        found = np.empty(len(places), dtype=np.int64)
        for at, kind in enumerate(self.options.kind[places].tolist()):
            load = np.where(self.force.able[kind], (count + 1) / budget, np.inf)
            found[at] = int(np.nanargmin(load)) if np.isfinite(load).any() else -1
            count[found[at]] += found[at] >= 0
        return found

    def draw(self, share: Floats, explore: float, seed: int) -> pl.DataFrame:
        """Draw contacts in what was set aside, and return the chances of the units that have one."""
        chance: dict[int, tuple[int, float]] = {}
        if explore > 0:
            self._draw(share, np.random.default_rng(seed), chance)
        chance |= {unit: (place, 1.0) for unit, (place, _, slot) in self.taken.items() if slot != "explore"}
        places = [place for place, _ in chance.values()]
        return self.table[places].select(
            "unit", "action", selection_probability=pl.Series([p for _, p in chance.values()], dtype=pl.Float64)
        )

    def _draw(self, share: Floats, random: np.random.Generator, chance: dict[int, tuple[int, float]]) -> None:
        pool, home = self._pool(share)
        spare = np.zeros(len(share))
        for who in range(len(share)):
            effort = self.options.minutes[pool[home == who]]
            most = float(effort.max(initial=0.0))
            spare[who] = (
                share[who] - most * min(math.floor(share[who] / most + SLACK), len(effort)) if most else share[who]
            )
        before = len(self.taken)
        # What the draw cannot use goes to gain before anything is drawn.
        self.take(self.by_density(), "gain", left=self.left + spare)
        if len(self.taken) > before:
            kept = self.free()[pool]
            pool, home = pool[kept], home[kept]
        for who in range(len(share)):
            own = pool[home == who]
            most = float(self.options.minutes[own].max(initial=0.0))
            count = min(math.floor((share[who] - spare[who]) / most + SLACK), len(own)) if most else 0
            if count == 0:
                continue
            chance |= {int(self.options.unit[place]): (int(place), count / len(own)) for place in own.tolist()}
            drawn = own[np.sort(random.choice(len(own), size=count, replace=False))]
            self._keep(drawn, np.full(count, who), "explore")

    def _pool(self, share: Floats) -> tuple[Ints, Ints]:
        """Return an option of each unit that may be drawn, and by whom: the highest gain that fits the share."""
        able = self.worth()
        places = np.flatnonzero(able)
        first = places[np.unique(self.options.unit[places], return_index=True)[1]] if len(places) else places
        home_of = np.full(self.units.height, -1, dtype=np.int64)
        home_of[self.options.unit[first]] = self.homes(first)
        home = home_of[self.options.unit[places]]
        fits = (home >= 0) & (self.options.minutes[places] <= np.r_[share, 0.0][home] + SLACK)
        fits &= self.force.able[self.options.kind[places], np.maximum(home, 0)]
        places, home = places[fits], home[fits]
        order = np.lexsort((-self.gain[places], self.options.unit[places]))
        places, home = places[order], home[order]
        best = np.r_[True, np.diff(self.options.unit[places]) > 0] if len(places) else np.empty(0, dtype=bool)
        return places[best], home[best]

    def contacts(self, fallback: pl.DataFrame, options: pl.DataFrame) -> pl.DataFrame:
        """Return the units contacted, by hand and by what goes out by itself."""
        names, minutes = self.force.names, self.table["minutes"].to_list()
        actions, of_unit = self.table["action"].to_list(), self.units["unit"].to_list()
        rows = [
            (of_unit[unit], actions[place], slot, names[who], minutes[place])
            for unit, (place, who, slot) in self.taken.items()
        ]
        schema = {
            "unit": pl.String,
            "action": pl.String,
            "slot": pl.String,
            "collector_today": pl.String,
            "minutes_today": pl.Float64,
        }
        by_hand = pl.DataFrame(rows, schema=schema, orient="row")
        nobody = [pl.lit(None, pl.String).alias("collector_today"), pl.lit(0.0).alias("minutes_today")]
        sent = fallback.join(by_hand, on="unit", how="anti").select(
            "unit", "action", pl.lit("automatic").alias("slot"), *nobody
        )
        # A pin on an account for which nothing is done by hand is kept by what goes out by itself, at a loss too.
        pinned = self.units.filter("pinned").select("unit")
        alone = (
            options.join(pinned, on="unit", how="semi")
            .filter(pl.col("uses_capacity").any().over("unit").not_())
            .sort("unit", "gain", "mildness", descending=[False, True, False])
            .unique("unit", keep="first", maintain_order=True)
            .select("unit", "action", pl.lit("pin").alias("slot"), *nobody)
        )
        sent = sent.join(alone, on="unit", how="anti")
        return pl.concat([by_hand, sent, alone])

    def _keep(self, places: Ints, who: Ints, slot: str) -> None:
        for place, person in zip(places.tolist(), who.tolist(), strict=True):
            self.taken[int(self.options.unit[place])] = (place, person, slot)

    def _of_units(self, values: np.ndarray) -> np.ndarray:
        return values[self.options.unit]

    def _in_turn(self, keep: Flags, first: np.ndarray) -> Ints:
        """Return the options kept by ``first``, then by the best value of their unit, then by their own."""
        places = np.flatnonzero(keep)
        best = np.full(self.units.height, -np.inf)
        np.maximum.at(best, self.options.unit[places], self.options.value[places])
        unit, value = self.options.unit[places], self.options.value[places]
        return places[np.lexsort((-value, unit, -best[unit], first[places]))]
