"""Without the files beside the checkout these tests are skipped and counted; where CI is set they must be there."""

from __future__ import annotations

import os

import pytest
from beside import SHARED


@pytest.fixture(scope="session", autouse=True)
def files_beside_the_checkout() -> None:
    if SHARED.is_dir():
        return
    missing = f"the real ledgers and recorded bodies are not beside the checkout ({SHARED})"
    if os.environ.get("CI", "").lower() in {"true", "1"}:
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)
