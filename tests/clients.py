"""The browser of tests: signs staff in as the product does."""

import django.test


class Client(django.test.Client):
    """Django's test client; `force_login(user)` gives it what a sign-in gives a browser."""
