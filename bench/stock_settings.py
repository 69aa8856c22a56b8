"""Django's own admin, without ours: what the tables of staff are measured against."""

from donor_management.settings import *  # noqa: F403
from donor_management.settings import INSTALLED_APPS as _OURS

INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig" if name == "django.contrib.admin" else name
    for name in _OURS
    if name != "unfold"
]
ROOT_URLCONF = "bench.stock_tables"
