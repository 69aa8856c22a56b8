"""`export`: a million gifts as Excel against XlsxWriter, and as CSV against psql's own \\copy, the same query.

`python -m bench.export ours|xlsxwriter FILE` makes one workbook by itself, so that its memory is its own.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bench.servers import PRODUCT
from embedded.postgres import postgres_url
from tools.places import PYTHON, ROOT

ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
ROUNDS = 3
QUERY = f"""SELECT gift.reference, donor.name, donor.email, gift.amount_minor, gift.currency, fund.name,
       campaign.name, gift.kind, gift.status, payment.method, gift.created_at, gift.settled_at, gift.is_anonymous
  FROM api_donation AS gift JOIN api_donor AS donor ON donor.id = gift.donor_id
  JOIN api_fund AS fund ON fund.id = gift.fund_id
  LEFT JOIN api_campaign AS campaign ON campaign.id = gift.campaign_id
  LEFT JOIN api_payment AS payment ON payment.donation_id = gift.id
 ORDER BY gift.id DESC LIMIT {ROWS}"""  # noqa: S608
HEADINGS = (
    *("Reference", "Donor", "E-mail", "Amount", "Currency", "Fund", "Appeal", "Kind", "Status"),
    *("Method", "Given on", "Paid at", "Anonymous"),
)
MONEY, DAY, MOMENT, BOOLEAN = 3, 10, 11, 12
CODES = {0, 4, 7, 8}  # As the table of gifts has them.


def export() -> None:
    """Both formats, by turns, the middle of three."""
    from api.models import Donation
    from bench.history import history_make

    missing = ROWS - Donation.objects.count()
    if missing > 0:
        history_make(missing)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        ours, theirs = (_workbook(side, place) for side in ("ours", "xlsxwriter"))
        for name, side in (("ours", ours), ("XlsxWriter", theirs)):
            rate = ROWS / side["seconds"]
            print(
                f"XLSX, {name}: {ROWS:,} rows in {side['seconds']:.1f} s ({rate:,.0f}/s), "
                f"memory {side['more_mb']:.0f} MB more than before, {side['peak_mb']:.0f} MB in all, "
                f"file {side['size_mb']:.0f} MB"
            )
        print(f"XLSX, ratio to XlsxWriter {theirs['seconds'] / ours['seconds']:.1f} (promise: 5)")
        print(f"XLSX, memory {ours['more_mb']:.0f} MB (promise: 64)")
        _csv(place)


def _workbook(side: str, place: Path) -> dict[str, float]:
    command = [str(PYTHON), "-m", "bench.export", side, str(place / f"{side}.xlsx")]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _csv(place: Path) -> None:
    psql = shutil.which("psql")
    if psql is None:
        print("CSV: not measured, this machine has no psql")
        return
    ours, theirs = [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        flat = " ".join(QUERY.split())
        copy = rf"\copy ({flat}) TO '{place / 'psql.csv'}' WITH (FORMAT csv, HEADER)"
        command = [psql, "-qX", postgres_url(ROOT, cluster=PRODUCT.cluster), "-c", copy]
        subprocess.run(command, check=True)
        theirs.append(time.perf_counter() - began)
        began = time.perf_counter()
        _csv_ours(place / "ours.csv")
        ours.append(time.perf_counter() - began)
    mine, floor = sorted(ours)[ROUNDS // 2], sorted(theirs)[ROUNDS // 2]
    print(f"CSV, ours {mine:.1f} s, psql {floor:.1f} s: ratio {floor / mine:.2f} (promise: 0.80)")


def _csv_ours(file: Path) -> None:
    from api.services.sheets import csv_stream

    with file.open("wb") as out:
        out.writelines(csv_stream(_sheet()))


def _sheet() -> Any:
    from api.services.sheets import CellKind, Sheet, SheetColumn, SheetQuery

    kinds = {
        MONEY: CellKind.MONEY,
        DAY: CellKind.DATE,
        MOMENT: CellKind.MOMENT,
        BOOLEAN: CellKind.BOOLEAN,
    }
    columns = [
        SheetColumn(
            label.lower(),
            label,
            kinds.get(place, CellKind.TEXT),
            currency="currency" if place == MONEY else "",
            is_summed=place == MONEY,
            is_code=place in CODES,
        )
        for place, label in enumerate(HEADINGS)
    ]
    return Sheet("Gifts", columns, SheetQuery(QUERY), (("Filter", "none"),))


def _ours(file: Path) -> None:
    from api.services.sheets import xlsx_write

    with file.open("wb") as out:
        xlsx_write(_sheet(), out)


def _xlsxwriter(file: Path) -> None:
    """As its manual has it for large files, with the same types and looks."""
    import xlsxwriter
    from django.db import connection, transaction

    zone = ZoneInfo("Europe/London")

    def local(moment: datetime) -> datetime:
        return moment.astimezone(zone).replace(tzinfo=None, microsecond=0)

    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        page = book.add_worksheet("Gifts")
        money = book.add_format({"num_format": "#,##0.00"})
        day = book.add_format({"num_format": "d mmm yyyy"})
        moment = book.add_format({"num_format": "d mmm yyyy hh:mm:ss"})
        page.freeze_panes(1, 0)
        page.write_row(0, 0, HEADINGS)
        with transaction.atomic(), connection.chunked_cursor() as cursor:
            cursor.execute(QUERY)
            number = 0
            while rows := cursor.fetchmany(2000):
                for row in rows:
                    number += 1
                    for place, value in enumerate(row):
                        if value is None:
                            continue
                        if place == MONEY:
                            page.write_number(number, place, value / 100, money)
                        elif place == DAY:
                            page.write_datetime(number, place, local(value).date(), day)
                        elif place == MOMENT:
                            page.write_datetime(number, place, local(value), moment)
                        elif place == BOOLEAN:
                            page.write_boolean(number, place, value)
                        else:
                            page.write_string(number, place, value)
        page.autofilter(0, 0, number, len(HEADINGS) - 1)


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """One workbook; says as JSON what it took."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "donor_management.settings"
    django.setup()
    from django.db import connection, connections

    side, file = sys.argv[1], Path(sys.argv[2])
    connection.ensure_connection()
    before, began = _memory(), time.perf_counter()
    {"ours": _ours, "xlsxwriter": _xlsxwriter}[side](file)
    spent, peak = time.perf_counter() - began, _memory()
    size = file.stat().st_size / 1e6
    facts = {"seconds": spent, "peak_mb": peak, "more_mb": peak - before, "size_mb": size}
    print(json.dumps(facts))
    connections["default"].close_pool()  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
