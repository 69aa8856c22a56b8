"""Where Stripe delivers events: one view for every route."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from api.counters import count
from api.errors import PROBLEM_TYPE, WebhookRefused
from api.services.inbox import event_receive

WEBHOOK_PATHS: tuple[str, ...] = settings.WEBHOOK_PATHS
_KEPT = b'{"received": true, "duplicate": false}'
_KNOWN = b'{"received": true, "duplicate": true}'


def is_webhook(path: str) -> bool:
    """Whether an address is one of Stripe's; also without its last slash, for nobody redirects a delivery."""
    return path in WEBHOOK_PATHS or f"{path}/" in WEBHOOK_PATHS


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Keep a signed event and say 200; anyone may call, only Stripe's signature gets in.

    https://docs.stripe.com/webhooks#verify-official-libraries
    """
    body = _body(request)
    if body is None:
        return _refusal(413, f"A delivery holds at most {settings.WEBHOOK_BODY_LIMIT_BYTES} bytes.")
    try:
        is_new = event_receive(
            body=body,
            signature=request.headers.get("Stripe-Signature", ""),
            route=request.path,
        )
    except WebhookRefused as error:
        count("domaap_webhooks", outcome="refused")
        return _refusal(error.status, error.detail)
    count("domaap_webhooks", outcome="new" if is_new else "known")
    response = HttpResponse(_KEPT if is_new else _KNOWN, content_type="application/json")
    response.is_on_record = True  # type: ignore[attr-defined]  # The event's own row tells of it.
    return response


def _body(request: HttpRequest) -> bytes | None:
    """What was delivered; None when it is longer than any event, which is then not read."""
    most = settings.WEBHOOK_BODY_LIMIT_BYTES
    if request.headers.get("Transfer-Encoding") and request.META.get("wsgi.input_terminated"):
        # In pieces, from a proxy that did not know the length: Django would read nothing of it.
        pieces: bytes = request.META["wsgi.input"].read(most + 1)
        return pieces if len(pieces) <= most else None
    length = request.headers.get("Content-Length", "0")
    return request.body if length.isdecimal() and int(length) <= most else None


def _refusal(status: int, detail: str) -> JsonResponse:
    body = {
        "type": "urn:domaap:problem:webhook_refused",
        "title": WebhookRefused.title,
        "status": status,
        "detail": detail,
        "code": WebhookRefused.code,
        "fields": {},
    }
    return JsonResponse(body, status=status, content_type=PROBLEM_TYPE)
