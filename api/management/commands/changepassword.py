"""`manage.py changepassword EMAIL`: Django's own, after which no old sign-in opens anything."""

from typing import Any

from django.contrib.auth.management.commands import changepassword

from api.models import User
from api.services.users import password_follow


class Command(changepassword.Command):
    """Change the password of a member of staff on the server."""

    help = "Change the password of a member of staff and sign them out everywhere."

    def handle(self, *args: Any, **options: Any) -> str | None:
        """Ask for it twice, as Django does; then end what was begun with the old one."""
        said = super().handle(*args, **options)
        password_follow(user=User.objects.get(email=options["username"]), actor=None)
        return said
