"""Write what is generated from the code: docs/features.md, docs/data-model.md and the tables of docs/policy.md.

python -m benchmarks.documents
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.sections import write_section
from credrisk.atomic import write_text
from credrisk.decisions.policy_documentation import policy_tables
from credrisk.features.documentation import features_page
from credrisk.ledger.documentation import data_model

DOCS = Path(__file__).parents[1] / "docs"


def main() -> None:
    for name, text in (("features.md", features_page()), ("data-model.md", data_model())):
        write_text(DOCS / name, text)
        print(f"docs/{name}")
    write_section("keys", policy_tables(), page=DOCS / "policy.md")
    print("docs/policy.md")


if __name__ == "__main__":
    main()
