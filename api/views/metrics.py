"""Numbers for Prometheus: for this machine, or by a token; to everybody else there is no such page."""

import secrets

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from api.services.client_addresses import is_this_machine
from api.services.metrics import metrics_text


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus may ask: from the loopback and through no proxy, or with METRICS_TOKEN as its bearer."""
    if not _may(request):
        raise Http404
    return HttpResponse(metrics_text(), content_type=CONTENT_TYPE_LATEST)


def _may(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN:
        is_right = secrets.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
        return scheme.lower() == "bearer" and is_right
    return is_this_machine(request.META)
