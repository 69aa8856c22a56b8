"""What gunicorn serves."""

import os
import sys

from django.core.wsgi import get_wsgi_application

from donor_management.env import SettingError

# The exit code by which a gunicorn worker says that another try would end alike.
GUNICORN_BOOT_ERROR = 3

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "donor_management.settings")
try:
    application = get_wsgi_application()
except SettingError as error:
    print(f"Domaap can't start. {error}", file=sys.stderr, flush=True)
    sys.exit(GUNICORN_BOOT_ERROR)
