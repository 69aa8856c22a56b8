"""Run beside a product that was ill-treated: mends what is missing, then prints its books as JSON.

Imports nothing that would start the tests' own database: it looks at the product's.
"""

import json
import time
from typing import Any

import django

SECONDS = 1200


def main() -> None:
    """Mend until nothing waits, two times over, and print."""
    django.setup()
    from tests.books import books, books_hold

    for _ in range(2):
        _settle()
    books_hold()
    print(plain(books()))


def plain(dump: dict[str, Any]) -> str:
    """The books as one text, the same whenever they are."""
    return json.dumps(dump, default=str, sort_keys=True)


def _settle() -> None:
    from api.clock import now
    from api.models import WebhookEvent, WebhookStatus

    deadline = time.monotonic() + SECONDS
    _mend()
    while (waiting := WebhookEvent.objects.filter(status=WebhookStatus.WAITING)).exists():
        # What came too early is due again now; the product's own worker handles it.
        waiting.exclude(error="").update(next_attempt_at=now())
        if time.monotonic() > deadline:
            raise RuntimeError(f"{waiting.count()} events still wait.")
        time.sleep(0.1)
    _mend()
    failed = WebhookEvent.objects.filter(status=WebhookStatus.FAILED)
    if failed.exists():
        raise RuntimeError(f"Failed: {list(failed.values_list('stripe_event_id', 'error'))}")


def _mend() -> None:
    from api.services.gaps import gaps_mend

    gaps_mend()


if __name__ == "__main__":
    main()
