"""The floor of the webhook intake: a bare Django view with the same signature check and one INSERT."""

import json
import os
from typing import Any

import django
import stripe
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from donor_management import env

settings.configure(
    SECRET_KEY="the floor has no secrets",  # noqa: S106
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": env.env_databases()["default"]},
    INSTALLED_APPS=[],
    MIDDLEWARE=[],
    USE_TZ=True,
)
django.setup()
SECRET = os.environ["STRIPE_WEBHOOK_SECRET"].split(",")[0]


def keep(request: HttpRequest) -> HttpResponse:
    """Check, insert, answer."""
    body = request.body
    stripe.WebhookSignature.verify_header(
        body.decode(), request.headers["Stripe-Signature"], SECRET, tolerance=300
    )
    event: dict[str, Any] = json.loads(body)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bench_floor (event_id, payload) VALUES (%s, %s)"
            " ON CONFLICT (event_id) DO NOTHING",
            [event["id"], body.decode()],
        )
    return HttpResponse("{}", content_type="application/json", headers={"Content-Length": "2"})


urlpatterns = [path("floor/", keep), path("", lambda request: HttpResponse("ready"))]
application = get_wsgi_application()
