"""python manage.py rehearse: a year of plans, failures and dunning in seconds, under one or two policies."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from api.clock import duration_words, now
from api.errors import DomaapError
from api.services.dunning_policies import policy_parse
from api.services.rehearsal.comparison import comparison_words
from api.services.rehearsal.outcome import Wanted, rehearse_policy
from api.services.rehearsals import rehearsal_carry_out, seconds_left


class Command(BaseCommand):
    """Nothing real is touched: no books, no Stripe, no e-mail."""

    help = "Rehearse dunning policies on a simulated clock, side by side."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many plans, for how long, under which policies."""
        parser.add_argument("--months", type=int, default=12)
        parser.add_argument("--plans", type=int, default=1000)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--policy", action="append", default=[], help="a policy's file; at most two"
        )
        parser.add_argument(
            "--one", action="store_true", help="rehearse the policy on standard input here"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how far it is, then the comparison."""
        wanted = Wanted(options["plans"], options["months"], options["seed"])
        if not (1 <= wanted.plans <= 100_000 and 1 <= wanted.months <= 36):
            raise CommandError("It takes 1 to 100000 plans and 1 to 36 months.")
        try:
            if options["one"]:
                self._one(wanted)
            else:
                self._compare(options["policy"], wanted)
        except DomaapError as error:
            raise CommandError(error.detail) from error

    def _one(self, wanted: Wanted) -> None:
        policy = policy_parse(sys.stdin.read())
        settings.DEBUG = False  # Django would write down each of a million queries

        def progress(percent: int) -> None:
            print(percent, flush=True)

        result = rehearse_policy(policy, wanted, progress=progress)
        print(json.dumps(result), flush=True)

    def _compare(self, files: list[str], wanted: Wanted) -> None:
        paths = files or [str(settings.DUNNING_POLICY_FILE)]
        if len(paths) > 2:
            raise CommandError("It takes one policy or two.")
        texts = [_text(path) for path in paths]
        begun = now()
        results = rehearsal_carry_out(texts, wanted, progress=self._progress())
        self.stdout.write(comparison_words(results))
        self.stdout.write(f"It took {duration_words(round((now() - begun).total_seconds()))}.")

    def _progress(self) -> Callable[[int], None]:
        """A line for every twentieth of the way."""
        first_day, shown = None, 0

        def progress(percent: int) -> None:
            nonlocal first_day, shown
            first_day = first_day or now()
            left = seconds_left(percent, first_day)
            if percent // 5 != shown // 5 and left is not None:
                shown = percent
                self.stderr.write(f"{percent} %, about {duration_words(left)} left")

        return progress


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"The policy {path} can't be read: {error}.") from error
