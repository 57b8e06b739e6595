"""Where the real ledgers and recorded bodies are: beside the checkout, never in it."""

from __future__ import annotations

from pathlib import Path

SHARED = Path(__file__).parents[1].parent / "shared"
