"""ERP exports to ledger tables; public company information to facts and events."""
