"""What gunicorn serves."""

import atexit
import os
import sys
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.db import connection

from donor_management.charsets import charset_drop
from donor_management.env import SettingError

# The exit code by which a gunicorn worker says that another try would end alike.
GUNICORN_BOOT_ERROR = 3

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "donor_management.settings")
try:
    _django = get_wsgi_application()
except SettingError as error:
    print(f"Domaap can't start. {error}", file=sys.stderr, flush=True)
    sys.exit(GUNICORN_BOOT_ERROR)


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Answer one request."""
    return _django(charset_drop(environ), start_response)


from api.services.metrics import metrics_flush_start  # noqa: E402 (models are there only now)

metrics_flush_start()
# Left open, its threads hold up the end of the process for seconds each.
atexit.register(connection.close_pool)  # type: ignore[attr-defined]
