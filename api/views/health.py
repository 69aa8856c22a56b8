"""Whether we are alive and ready."""

from django.db import Error
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from api.services.doctor.database import is_ready


@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """The database answers too, and has the tables of this release; else 503 and which of the two it is."""
    try:
        is_migrated = is_ready()
    except Error:
        return JsonResponse({"status": "not ready", "waits_for": "database"}, status=503)
    if not is_migrated:
        return JsonResponse({"status": "not ready", "waits_for": "migrations"}, status=503)
    return JsonResponse({"status": "ok"})
