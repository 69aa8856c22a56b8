"""Whether a receipt is ours and holds: a page for anybody who was shown one, and the keys for doing it offline."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from api.errors import NotFound
from api.services.client_addresses import client_address
from api.services.rate_limits import request_take
from api.services.receipt_checks import receipt_check
from api.services.receipt_codes import receipt_keys
from api.services.receipts import charity_words


@never_cache
@require_safe
def receipt_verify(request: HttpRequest, code: str = "") -> HttpResponse:
    """The form, or what the code says: number, amount, day, whether it holds. Never a name."""
    typed = request.GET.get("code", "").replace("/", "").replace("\x00", "").strip()[:40]
    if not code and typed:
        return redirect("receipt-verify-code", typed)
    words = {**charity_words(), "code": code}
    if not code:
        return render(request, "pages/verify.html", words)
    taken = request_take("verify", str(client_address(request.META)))
    if not taken.is_allowed:
        response = render(request, "pages/verify.html", words | {"is_late": True}, status=429)
        response["Retry-After"] = str(taken.seconds_left)
        return response
    try:
        words["receipt"] = receipt_check(code)
    except NotFound:
        return render(request, "pages/verify.html", words | {"is_unknown": True}, status=404)
    return render(request, "pages/verify.html", words)


@require_safe
def receipt_verify_key(request: HttpRequest) -> HttpResponse:
    """The public keys as a file: for `tools/receipt_check.py`, or any program that knows Ed25519."""
    response = JsonResponse({"charity": charity_words()["charity_name"], "keys": receipt_keys()})
    response["Content-Disposition"] = 'attachment; filename="receipt-keys.json"'
    return response
