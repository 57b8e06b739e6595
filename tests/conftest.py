"""What tests of several packages share: one Spark in local mode."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("credrisk", deadline=None)
settings.load_profile("credrisk")  # a slow machine is no fault of the code


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Start Spark once; skip where it cannot be, fail there where CI is set."""
    lacking = [name for name, found in (("pyspark", find_spec("pyspark")), ("Java", shutil.which("java"))) if not found]
    if lacking:
        missing = f"{' and '.join(lacking)} not installed"
        if os.environ.get("CI", "").lower() in {"true", "1"}:
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": str(tmp_path_factory.mktemp("spark")),
        "spark.sql.shuffle.partitions": "2",
        # Compiling each plan takes longer than running it on so few rows.
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    }
    session = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    yield session
    session.stop()
