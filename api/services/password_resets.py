"""A forgotten password: a link by e-mail that works once, and word to its owner when a password is changed.

Whether an account exists is told by no answer and no clock: the same is written down and queued for
everybody, and the worker finds out that there is nobody. The second factor is still asked for afterwards.
"""

import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.utils.http import base36_to_int

from api.clock import charity_date, now
from api.models import Message, MessageKind, User
from api.services import jobs
from api.services.audit import audit_record
from api.services.messages import message_send, message_write
from api.services.sign_in_pauses import reset_counters, try_begin
from api.services.users import link_number, link_user

LINK_LIFE = timedelta(hours=1)
# The link of a moment ago still works: whoever asks again and again fills nobody's mailbox.
EMAIL_EVERY = timedelta(minutes=2)
EMAILS_MOST = 5  # Within the life of a link.


class ResetTokens(PasswordResetTokenGenerator):
    """Django's tokens: bound to the password, the last sign-in and the address, so that each ends the link."""

    key_salt = "domaap.password-reset"

    def check_token(self, user: User | None, token: str | None) -> bool:
        """Whether it is of this person, and younger than LINK_LIFE."""
        if not user or not token or not super().check_token(user, token):
            return False
        age = self._num_seconds(self._now()) - base36_to_int(token.partition("-")[0])
        return bool(age <= LINK_LIFE.total_seconds())


_TOKENS = ResetTokens()


@transaction.atomic
def password_reset_ask(*, email: str, address: str | None) -> None:
    """Somebody forgot the password of this address. Raises SignInPaused, whether there is an account or not."""
    email = email.replace("\0", "").strip().lower()[:254]
    try_begin(reset_counters(email=email, address=address))
    user = User.objects.filter(email=email, is_active=True, is_staff=True).first()
    jobs.defer("password_reset_email", user_id=user.pk if user else 0, mark=uuid.uuid4().hex)


def password_reset_send(user_id: int, mark: str) -> None:
    """Write and send the link. Safe to call again: one e-mail for a mark, and none with a link that is over."""
    key = f"{MessageKind.PASSWORD_RESET}:{mark}"
    message = Message.objects.filter(key=key).first() or _reset_write(user_id, key)
    if message is None or message.created_at < now() - LINK_LIFE:
        return
    message_send(message)


def password_reset_read(number: str, token: str) -> User | None:
    """Whose link it is; None when it is over, used, or nobody's."""
    user = link_user(number)
    return user if _TOKENS.check_token(user, token) else None


def password_changed_tell(user_id: int, mark: str) -> None:
    """Tell somebody that their password is another one now. Safe to call again."""
    user = User.objects.get(pk=user_id)
    message = message_write(
        kind=MessageKind.PASSWORD_CHANGED,
        key=f"{MessageKind.PASSWORD_CHANGED}:{mark}",
        to=user.email,
        words={
            "person": user,
            "changed_at": now(),
            "written_on": charity_date(now()),
            "link": f"{settings.SITE_URL}/admin/password-forgotten/",
        },
    )
    message_send(message)


@transaction.atomic
def _reset_write(user_id: int, key: str) -> Message | None:
    # Locked, so that two at once don't both find that none was sent lately.
    user = User.objects.select_for_update().filter(pk=user_id, is_active=True).first()
    if user is None or _has_enough(user):
        return None
    audit_record(action="staff.reset_asked", subject=f"user:{user.pk}")
    path = f"/admin/password-reset/{link_number(user)}/{_TOKENS.make_token(user)}/"
    return message_write(
        kind=MessageKind.PASSWORD_RESET,
        key=key,
        to=user.email,
        words={
            "person": user,
            "link": settings.SITE_URL + path,
            "written_on": charity_date(now()),
        },
    )


def _has_enough(user: User) -> bool:
    """Whether links that still work were sent just now, or often."""
    lately = Message.objects.filter(
        kind=MessageKind.PASSWORD_RESET, to=user.email, created_at__gt=now() - LINK_LIFE
    ).order_by("-id")
    moments = list(lately.values_list("created_at", flat=True)[:EMAILS_MOST])
    return len(moments) == EMAILS_MOST or any(at > now() - EMAIL_EVERY for at in moments)
