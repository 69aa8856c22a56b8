"""dj-stripe's own webhook view in a Django site of its own; run by an environment of its own.

Nothing is imported here but Django and dj-stripe: `bench/djstripe.py` sets it up and starts it.
"""

import os
import sys
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import include, path

KEY, ENDPOINT = "sk_test_" + "bench" * 5, "11111111-1111-4111-8111-111111111111"

settings.configure(
    SECRET_KEY="the bench has no secrets",  # noqa: S106
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "djstripe",
            "USER": os.environ["BENCH_DATABASE_USER"],
            "HOST": os.environ["BENCH_DATABASE_HOST"],
            # The product's own pool, so that neither side pays more for its connections.
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"pool": {"min_size": 1, "max_size": 12, "timeout": 10}},
        }
    },
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "djstripe"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    USE_TZ=True,
    LOGGING={
        "version": 1,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "root": {"handlers": ["console"], "level": "ERROR"},
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    STRIPE_TEST_SECRET_KEY=KEY,
    STRIPE_LIVE_MODE=False,
    STRIPE_API_HOST=os.environ["BENCH_STRIPE"],
    DJSTRIPE_FOREIGN_KEY_TO_FIELD="id",
)
django.setup()


def prepare() -> None:
    """Tables, and what dj-stripe would else ask Stripe for at each event: whose key it is."""
    call_command("migrate", verbosity=0)
    own: Any = {"id": "acct_bench", "livemode": False}
    account = _model("Account").objects.update_or_create(id=own["id"], defaults=own)[0]
    _model("APIKey").objects.update_or_create(
        secret=KEY,
        defaults={"type": "secret", "livemode": False, "djstripe_owner_account": account},
    )
    _model("WebhookEndpoint").objects.update_or_create(
        djstripe_uuid=ENDPOINT,
        defaults={
            "id": "we_bench",
            "djstripe_owner_account": account,
            "livemode": False,
            "enabled_events": ["*"],
            "secret": os.environ["STRIPE_WEBHOOK_SECRET"],
            "status": "enabled",
            "url": "http://127.0.0.1/",
        },
    )


def count() -> None:
    """What came of the events, so that nobody takes refusals for speed."""
    triggers = _model("WebhookEventTrigger").objects
    print(triggers.filter(processed=True).count(), _model("Charge").objects.count())


def _model(name: str) -> Any:
    return apps.get_model("djstripe", name)


urlpatterns = [
    path("stripe/", include("djstripe.urls", namespace="djstripe")),
    path("", lambda request: HttpResponse("ready")),
]
if __name__ == "__main__":
    {"prepare": prepare, "count": count}[sys.argv[1]]()
else:
    application = get_wsgi_application()
