"""The browser of tests: signs staff in as the product does."""

import re
from html import unescape
from typing import Any

import django.test
from django.conf import settings

from api.models import SessionKind, User
from api.services.sessions import Tokens, session_start
from api.views.session_cookies import REFRESH_COOKIE
from donor_management.charsets import charset_drop


class Client(django.test.Client):
    """Django's test client; `force_login(user)` gives it what a sign-in gives a browser."""

    tokens: Tokens

    def request(self, **request: Any) -> Any:
        """As it comes through donor_management/wsgi.py."""
        return super().request(**charset_drop(request))

    def force_login(self, user: Any, backend: str | None = None) -> None:
        """A session of its own, as after password and second factor."""
        assert isinstance(user, User)
        self.tokens = session_start(user=user, device="Test", address="127.0.0.1")
        self.cookies[settings.JWT_COOKIE_NAME] = self.tokens.access
        self.cookies[REFRESH_COOKIE] = self.tokens.refresh


def bearer(user: User) -> dict[str, str]:
    """The header of an app that this person signed in with: `client.get(url, headers=bearer(dora))`."""
    tokens = session_start(user=user, kind=SessionKind.APP, device="App")
    return {"Authorization": f"Bearer {tokens.access}"}


def act(client: Client, noun: str = "events", action: str = "retry", **told: Any) -> str:
    """Choose rows and say what to do; the page that comes."""
    address = f"/admin/tables/{noun}/action/"
    answer = client.post(address, {"action": action, **told}, follow=True)
    return unescape(answer.content.decode())


def yes_of(page: str) -> dict[str, str]:
    """What the yes of a preview says."""
    hidden = re.findall('type="hidden" name="(expected|highest)" value="([0-9a-f]+)"', page)
    return {**dict(hidden), "confirm": "yes"}
