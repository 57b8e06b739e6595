"""Write the documents that are generated from the code: docs/features.md and docs/data-model.md.

python -m benchmarks.documents
"""

from __future__ import annotations

from pathlib import Path

from credrisk.atomic import write_text
from credrisk.features.documentation import features_page
from credrisk.ledger.documentation import data_model

DOCS = Path(__file__).parents[1] / "docs"


def main() -> None:
    for name, text in (("features.md", features_page()), ("data-model.md", data_model())):
        write_text(DOCS / name, text)
        print(f"docs/{name}")


if __name__ == "__main__":
    main()
