"""How long a monthly list of five and a half million companies takes, and how much memory.

Draws a list in the format of Companies House about invented companies, in a zip of the true size, and reads it twice:
all of it into the register frame as Parquet, and the rows of ten thousand customers. Writes docs/sources-uk.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import polars as pl
from sections import ROOT, write_section

PAGE = ROOT / "docs" / "sources-uk.md"
NAME = "BasicCompanyDataAsOneFile-2026-01-01"
ADDRESS = ("CareOf", "POBox", "AddressLine1", " AddressLine2", "PostTown", "County", "Country", "PostCode")
COLUMNS = (
    "CompanyName",
    " CompanyNumber",
    *(f"{' ' if part.startswith(' ') else ''}RegAddress.{part.strip()}" for part in ADDRESS),
    "CompanyCategory",
    "CompanyStatus",
    "CountryOfOrigin",
    "DissolutionDate",
    "IncorporationDate",
    *(f"Accounts.{part}" for part in ("AccountRefDay", "AccountRefMonth", "NextDueDate", "LastMadeUpDate")),
    "Accounts.AccountCategory",
    "Returns.NextDueDate",
    "Returns.LastMadeUpDate",
    *(f"Mortgages.NumMort{part}" for part in ("Charges", "Outstanding", "PartSatisfied", "Satisfied")),
    *(f"SICCode.SicText_{n}" for n in range(1, 5)),
    "LimitedPartnerships.NumGenPartners",
    "LimitedPartnerships.NumLimPartners",
    "URI",
    *(
        f"{blank}PreviousName_{n}.{part}"
        for n in range(1, 11)
        for blank, part in (("", "CONDATE"), (" ", "CompanyName"))
    ),
    "ConfStmtNextDueDate",
    " ConfStmtLastMadeUpDate",
)


def draw(folder: Path, companies: int) -> Path:
    """Write the list; every sixth company has a former name."""
    drawn = random.Random(1)
    words = ["".join(drawn.choices("ABCDEFGHIKLMNOPRSTUVW", k=drawn.randint(4, 10))) for _ in range(5_000)]
    middle = (
        '"Private Limited Company","Active","United Kingdom","","02/01/2008","31","12","30/09/2026","31/12/2024",'
        '"TOTAL EXEMPTION FULL","30/01/2017","02/01/2016","1","1","0","0",'
        '"62020 - Information technology consultancy activities","","","","0","0"'
    )
    path = folder / f"{NAME}.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(f"{NAME}.csv", "w", force_zip64=True) as file,
    ):
        file.write((",".join(COLUMNS) + "\r\n").encode())
        rows: list[str] = []
        for n in range(1, companies + 1):
            one, two, three = drawn.choice(words), drawn.choice(words), drawn.choice(words)
            former = f'"01/05/2012","{three} {one} LIMITED"' if n % 6 == 0 else '"",""'
            rows.append(
                f'"{one} {two} LIMITED","{n:08}","","","{n % 200} {three} ROAD","","{two}TOWN","","ENGLAND",'
                f'"AB{n % 90} {n % 9}CD",{middle},"http://business.data.gov.uk/id/company/{n:08}",{former}'
                + ',"",""' * 9
                + ',"16/01/2027","02/01/2026"\r\n'
            )
            if len(rows) == 100_000 or n == companies:
                file.write("".join(rows).encode())
                rows.clear()
    return path


def measure(task: str, path: Path, folder: Path) -> None:
    """Do one reading in this process and print rows, seconds and the most memory."""
    from credrisk.sources.companies_house_bulk import Snapshot, read_register, write_register

    snapshot, start = Snapshot.of(path), time.perf_counter()
    if task == "whole":
        rows = write_register(snapshot, folder / "register.parquet")
    else:
        rows = read_register(snapshot, numbers=[f"{n:08}" for n in range(1, 5_000_001, 500)]).height
    seconds, peak = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(rows, round(seconds, 1), round(time.process_time(), 1), round(peak, 2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=5_600_000)
    parser.add_argument("--task", nargs=3, metavar=("TASK", "LIST", "FOLDER"), help="used by the script itself")
    asked = parser.parse_args()
    if asked.task:
        measure(asked.task[0], Path(asked.task[1]), Path(asked.task[2]))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = draw(folder, asked.companies)
        with zipfile.ZipFile(path) as archive:
            unpacked = archive.infolist()[0].file_size
        lines = []
        for task, words in (("whole", "all names, as Parquet"), ("customers", "the names of 10,000 companies")):
            command = [sys.executable, __file__, "--task", task, str(path), str(folder)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            rows, wall, cpu, peak = done.stdout.split()
            lines.append(f"| {words} | {int(rows):,} | {wall} s | {cpu} s | {peak} GiB |")
    text = f"""Written by `python benchmarks/company_list.py` on {os.cpu_count()} cores, Python
{platform.python_version()}, Polars {pl.__version__}, the machine's load {os.getloadavg()[2]:.0f}: a list of
{asked.companies:,} invented companies, {unpacked / 2**30:.1f} GiB unpacked, read out of its zip.

| what | rows | wall time | CPU time | memory at most |
|---|---:|---:|---:|---:|
""" + "\n".join(lines)
    write_section("company-list", text, page=PAGE)


if __name__ == "__main__":
    main()
