"""`receipts`: ten thousand receipts as PDF by two processes, against WeasyPrint's pages of the same words.

WeasyPrint is put into a place of its own (`var/bench/weasyprint`): it is no part of the product.
"""

import subprocess
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta

from tools.interpreters import uv_find
from tools.places import PYTHON, ROOT, VAR

RECEIPTS, THEIRS, PROCESSES = 10_000, 200, 2
FOLDER = VAR / "bench" / "weasyprint"
_NAMES = ("Amina Okafor", "Zoë O’Hara", "Łukasz Wójcik", "Priya Patel", "Siân Llewellyn")


def receipts() -> None:
    """Pages a second of both, with as many processes."""
    began = time.perf_counter()
    with ProcessPoolExecutor(PROCESSES) as pool:
        sizes = list(pool.map(_ours, *_shares(RECEIPTS)))
    ours = RECEIPTS / (time.perf_counter() - began)
    print(
        f"typst: {RECEIPTS:,} receipts, {ours:.0f} a second, {sum(sizes) / RECEIPTS:,.0f} bytes each"
    )
    python = _weasyprint_python()
    began = time.perf_counter()
    made = [
        subprocess.Popen([python, "-m", "bench.weasyprint_pages", str(begin), str(count)], cwd=ROOT)
        for begin, count in zip(*_shares(THEIRS), strict=True)
    ]
    if any(process.wait() for process in made):
        raise SystemExit("WeasyPrint did not run.")
    theirs = THEIRS / (time.perf_counter() - began)
    print(f"WeasyPrint: {THEIRS} pages, {theirs:.1f} a second")
    print(f"ratio to WeasyPrint {ours / theirs:.1f} (promise: 10)")


def fields(number: int) -> dict[str, str]:
    """What the receipt of this number says, for both sides."""
    amount = f"£{5 + number % 95}.00"
    on = date(2026, 1, 1) + timedelta(days=number % 300)
    return {
        "receipt_number": f"2026-{number:06d}",
        "charity_name": "Mill Lane Relief",
        "charity_status_line": "Registered charity no. 1234567 in England and Wales",
        "charity_number": "1234567",
        "charity_address": "1 Mill Lane, York YO1 7AA",
        "charity_email": "hello@example.org",
        "donor_name": _NAMES[number % len(_NAMES)],
        "received_on": on.isoformat(),
        "amount": amount,
        "total": amount,
        "fund_name": "Where it is needed most",
        "method": f"Visa card ending {number % 10_000:04d}",
        "frequency": "One-off",
        "reference": f"REF{number:017d}",
        "contact_line": "Questions about this gift? Write to hello@example.org.",
    }


def _shares(count: int) -> tuple[list[int], list[int]]:
    share = count // PROCESSES
    return [share * place for place in range(PROCESSES)], [share] * PROCESSES


def _ours(begin: int, count: int) -> int:
    """Bytes of so many receipts."""
    import django

    django.setup()
    from api.services.gateways.pdf import ReceiptDocument, ReceiptMarks, receipt_pdf
    from api.services.gateways.qr_codes import qr_svg
    from api.services.receipt_codes import ReceiptFacts, receipt_code, receipt_sign

    size = 0
    for number in range(begin, begin + count):
        words = fields(number)
        on = date.fromisoformat(words.pop("received_on"))
        document = ReceiptDocument(
            **words,
            received_on=on,
            donor_address_lines=("12 Church Road", "York", "YO1 7AB"),
            fee_cover=None,
            how_to_stop=None,
            tribute=None,
        )
        facts = ReceiptFacts(document.receipt_number, 2500, "GBP", on, "1234567")
        code = receipt_code(2026, number)
        shown = f"give.example.org/verify/{code}"
        address = f"https://{shown}#{receipt_sign(facts)}"
        marks = ReceiptMarks(code=code, address=address, shown_address=shown, qr=qr_svg(address))
        size += len(receipt_pdf(document, marks))
    return size


def _weasyprint_python() -> str:
    python, uv = str(FOLDER / "bin" / "python"), uv_find()
    for command in (
        [uv, "venv", "-q", "--allow-existing", "--python", str(PYTHON), str(FOLDER)],
        [uv, "pip", "install", "-q", "--python", python, "weasyprint>=70"],
    ):
        subprocess.run(command, check=True)
    return python
