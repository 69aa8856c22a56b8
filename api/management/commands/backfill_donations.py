"""`manage.py backfill_donations [--commit] [--from 2020-01-01] [--to 2026-01-01] [--fund CODE]`."""

import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable
from datetime import date
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from api.clock import day_begin
from api.errors import NotFound, StripeRefused, StripeUnavailable
from api.money import money_text
from api.services.backfill_tallies import Tally, Unplaced
from api.services.backfills import BackfillRequest, backfill

_HELP = """Bring in the history of this site's Stripe account: charges that were made before this site or
beside it (in the Dashboard, by Checkout, by another site) become donations, with their plans,
refunds, disputes, fees and payouts.

Without --commit it is a dry run: all is read and counted, nothing is written.
Safe to kill: the same command goes on where it was. Safe to run twice: what is here is left alone.

History gets no receipt number and no e-mail from us: the system that took the money thanked for
it. Later payments of a plan that was brought in come as events and get our receipts.
"""
_BAR = 24
# A log that is not a terminal gets a line this often.
_QUIET_SECONDS = 5.0


class Command(BaseCommand):
    """The way in for a charity that has taken donations by Stripe before."""

    help = _HELP

    def create_parser(self, *args: Any, **options: Any) -> Any:
        """Keep the lines of the help as they are."""
        return super().create_parser(*args, formatter_class=RawDescriptionHelpFormatter, **options)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Dates are the charity's own; the end is not included."""
        parser.add_argument("--commit", action="store_true", help="write; without it: a dry run")
        parser.add_argument("--from", dest="first", type=date.fromisoformat, metavar="DATE")
        parser.add_argument(
            "--to", dest="last", type=date.fromisoformat, metavar="DATE", help="not included"
        )
        parser.add_argument(
            "--fund",
            default="",
            metavar="CODE",
            help="for gifts that name none of our funds by their metadata's `fund` or their product; "
            "default: general, and a gift that names a fund that is not here is not brought in",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how far it is, then what was made, left alone and not placed."""
        first, last = options["first"], options["last"]
        if first and last and first >= last:
            raise CommandError("--from must be before --to.")
        request = BackfillRequest(
            is_commit=options["commit"],
            begins_at=day_begin(first) if first else None,
            ends_at=day_begin(last) if last else None,
            fund_code=options["fund"],
        )
        progress = Progress(sys.stderr, time.monotonic)
        try:
            tally = backfill(request, tell=progress.tell)
        except (StripeUnavailable, StripeRefused) as error:
            raise CommandError(
                "Stripe did not answer, or refused; logs/application.log says what. "
                "What was brought in stays: the same command goes on where it was."
            ) from error
        except NotFound as error:
            raise CommandError(error.detail) from error
        finally:
            progress.close()
        for line in report(tally, is_commit=request.is_commit):
            self.stdout.write(line)


class Progress:
    """One line for each list: a bar on a terminal, else a line now and then."""

    def __init__(self, out: TextIO, seconds: Callable[[], float]) -> None:
        self._out, self._seconds = out, seconds
        self._is_live = out.isatty()
        self._name, self._line = "", ""
        self._begun = self._said = self._told = seconds()

    def tell(self, name: str, done: int, part: float | None) -> None:
        """`done` objects of a list are behind us, `part` of it in time (not known: None)."""
        moment = self._seconds()
        if name != self._name:
            self.close()
            # Its first page was asked for when the list before it had ended.
            self._name, self._begun, self._said = name, self._told, moment
        self._told = moment
        self._line = _progress_line(name, done, part, moment - self._begun)
        if self._is_live:
            self._out.write(f"\r\x1b[K{self._line}")
            self._out.flush()
        elif moment - self._said >= _QUIET_SECONDS:
            self._said = moment
            self._out.write(self._line + "\n")
            self._out.flush()
            self._line = ""

    def close(self) -> None:
        """The list's last word."""
        if self._line:
            self._out.write("\n" if self._is_live else self._line + "\n")
            self._out.flush()
        self._line = ""


def report(tally: Tally, *, is_commit: bool) -> list[str]:
    """What a run did, or would do, for people."""
    verb = "Brought in" if is_commit else "Would be brought in"
    lines = [f"{verb}:", f"  donors: {tally.donors}"]
    for (what, currency), total in tally.totals().items():
        lines.append(f"  {what}: {total.count}, {money_text(total.amount_minor, currency)}")
    months = [(month, what, code) for what, code, month in tally.made if what.endswith(" gifts")]
    lines += ["By month:"] if months else []
    for month, what, code in sorted(months):
        total = tally.made[what, code, month]
        lines.append(f"  {month} {what}: {total.count}, {money_text(total.amount_minor, code)}")
    passed = sorted((why, count) for why, count in tally.passed.items() if count)
    lines += ["Left alone:"] if passed else []
    lines += [f"  {why}: {count}" for why, count in passed]
    lines.append("Could not be placed:" if tally.unplaced else "Everything could be placed.")
    for why, left in sorted(tally.unplaced.items()):
        lines += _unplaced_lines(why, left)
    if not is_commit:
        lines.append("This was a dry run: nothing was written. Run it again with --commit.")
    return lines


def _unplaced_lines(why: str, left: Unplaced) -> list[str]:
    sums = ", ".join(money_text(total, currency) for currency, total in sorted(left.sums.items()))
    rest = left.count - len(left.examples)
    more = f" and {rest} more" if rest else ""
    return [f"  {why}: {left.count}, {sums}", f"    {', '.join(left.examples)}{more}"]


def _progress_line(name: str, done: int, part: float | None, seconds: float) -> str:
    words = [f"{name.replace('_', ' '):<21}"]
    if part is not None:
        full = round(part * _BAR)
        words.append(f"[{'#' * full}{'.' * (_BAR - full)}] {part:4.0%}")
    words.append(f"{done:,} done")
    if seconds > 0:
        words.append(f"{done / seconds:,.0f}/s")
    if part:
        left = round(seconds * (1 - part) / part)
        words.append(f"about {left // 3600}:{left // 60 % 60:02}:{left % 60:02} left")
    return "  ".join(words)
