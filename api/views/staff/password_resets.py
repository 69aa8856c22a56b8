"""Forgotten passwords: ask for a link by e-mail, and choose a new password by it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from api.errors import DomaapError
from api.services.client_addresses import client_address
from api.services.password_resets import password_reset_ask, password_reset_read
from api.views.staff.sign_ins import page
from api.views.staff.users import password_page


@never_cache
@require_http_methods(["GET", "POST"])
def password_forgotten(request: HttpRequest) -> HttpResponse:
    """Anyone may ask. The answer is the same whether there is such an account or not."""
    email, error = request.POST.get("email", "").strip()[:254], None
    if request.method == "POST" and "@" in email:
        try:
            password_reset_ask(email=email, address=client_address(request.META))
        except DomaapError as refused:
            error = refused
        else:
            return page(request, "password_asked", "Look into your e-mail", email=email)
    is_missing = request.method == "POST" and not error
    words = {"email": email, "error": error, "is_missing": is_missing}
    return page(request, "password_forgotten", "Forgotten your password?", **words)


@never_cache
@require_http_methods(["GET", "POST"])
def password_reset(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """Whoever holds the link chooses a new password; they then sign in with it and their second factor."""
    return password_page(request, password_reset_read(number, token))
