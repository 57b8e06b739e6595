"""What the ledger says about a customer: the grid, one module a trade question, the panel, the labels."""
