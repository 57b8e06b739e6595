"""The main job, end to end: a ledger in, a ranked portfolio out."""
