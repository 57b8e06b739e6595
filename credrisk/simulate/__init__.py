"""Ledgers with known truth: what a model could know at best is known, so it can be measured.

:func:`simulate` draws customers with a latent financial health and writes down what a seller's books would show of it:
orders, invoices, late and partial payments, disputes, promises, insolvencies, write-offs and recoveries, with all the
delays and mistakes of real posting. The truth (health, failure intensity, outcome) is kept apart from the ledger.

The modules follow what is simulated: ``accounts`` (customers, groups, habits), ``health``, ``failure``, ``sales``,
``disputes``, ``collection`` (when customers mean to pay, contacts, promises), ``deductions`` (short payments and late
fees), ``cash`` (receipts and applications), ``write_off``, ``limits`` (attributes and cover), ``statements``,
``rates`` and ``names``; ``scenarios`` (what changes on the way, on demand); ``books`` and ``credit_file`` turn what
happened into the ledger's tables, ``card`` describes it.

``oracle`` says how well anybody could know: from the visible ledger alone (``oracle_evidence`` reads it,
``oracle_delays`` and ``oracle_signs`` are the likelihoods, ``oracle_particles`` and ``oracle_filter`` the posterior of
the health, ``oracle_today`` whether the customer still lives, ``oracle_future`` what is booked), and from the truth.

``contact_world`` lays potential outcomes over a ledger: what contacting each account would truly gain
(``contact_world_gains``), by a mechanism (``contact_world_mechanism``) that moves the payment days
(``contact_world_items``); day by day (``contact_world_run``), as a history of offers (``contact_world_offers``), and
for who knows the truth (``contact_world_oracle``).
"""

from credrisk.simulate.scenarios import SCENARIOS
from credrisk.simulate.simulator import Simulation, simulate_ledger

__all__ = ["SCENARIOS", "Simulation", "simulate_ledger"]
