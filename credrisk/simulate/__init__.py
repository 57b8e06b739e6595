"""Ledgers with known truth: what a model could know at best is known, so it can be measured.

:func:`simulate` draws customers with a latent financial health and writes down what a seller's books would show of it:
orders, invoices, late and partial payments, disputes, promises, insolvencies, write-offs and recoveries, with all the
delays and mistakes of real posting. The truth (health, failure intensity, outcome) is kept apart from the ledger.

The modules follow what is simulated: ``accounts`` (customers, groups, habits), ``health``, ``failure``, ``sales``,
``disputes``, ``collection`` (when customers mean to pay, contacts, promises), ``deductions`` (short payments and late
fees), ``cash`` (receipts and applications), ``write_off``, ``limits`` (attributes and cover), ``statements``,
``rates`` and ``names``; ``books`` and ``credit_file`` turn what happened into the ledger's tables, ``card``
describes it.
"""

from credrisk.simulate.simulator import Simulation, simulate_ledger

__all__ = ["Simulation", "simulate_ledger"]
