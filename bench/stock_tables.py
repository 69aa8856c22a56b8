"""The stock changelists of gifts and donors, as any Django project has them: `python -m bench.stock_tables`.

Runs with bench.stock_settings; says as JSON how many milliseconds each page took.
"""

import json
import os
import time
from statistics import median
from typing import Any

TRIES = 3


def main() -> None:
    """Each page a few times, the slow ones once."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.stock_settings"
    import django

    django.setup()
    from bench.stock_admin import pages_of

    found: dict[str, float] = {}
    for name, page in pages_of().items():
        spent: list[float] = []
        for _ in range(TRIES):
            began = time.perf_counter()
            page()
            spent.append((time.perf_counter() - began) * 1000)
            if spent[-1] > 5000:
                break
        found[name] = median(spent)
    print(json.dumps(found))
    _close()


def _close() -> None:
    from django.db import connections

    connections["default"].close_pool()  # type: ignore[attr-defined]


urlpatterns: list[Any] = []

if __name__ == "__main__":
    main()
