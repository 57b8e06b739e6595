"""Whether the ageing, the open items and the control account agree, and what an auditor would ask about the ledger."""
