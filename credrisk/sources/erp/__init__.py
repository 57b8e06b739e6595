"""Exports of accounting systems, each recognised by its files and turned into the ledger's tables."""
