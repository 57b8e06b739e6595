"""The receivables ledger: tables under contract, findings, tie-outs and the as-of cut."""

from credrisk.ledger.ledger import Ledger, LedgerSettings

__all__ = ["Ledger", "LedgerSettings"]
