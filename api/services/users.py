"""Staff accounts: who works here, as what, and the demo login of the embedded mode."""

import uuid
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.tokens import default_token_generator
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from api.errors import NotFound, StaffRefused
from api.models import Role, StaffSession, User, permission_right
from api.services import jobs
from api.services.audit import audit_changes, audit_record
from api.services.sessions import sessions_end

DEMO_STAFF = "staff@example.org"
_LAST = "This is the last administrator. Make somebody else one first."
_TAKEN = "There is an account with this address already."


class RoleBackend(ModelBackend):
    """Signs in by e-mail address and password; Django's permissions are what the role's rights say."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Whether the person's role has the right behind the permission."""
        right = permission_right(perm)
        if not isinstance(user_obj, User) or obj is not None or right is None:
            return False
        return user_obj.has_right(right)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Whoever has any right sees our part of the admin."""
        return isinstance(user_obj, User) and app_label == "api" and bool(user_obj.rights)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """None are kept in the database."""
        return set()


def staff_all() -> QuerySet[User]:
    """Everybody who works here or did: no API clients."""
    return User.objects.filter(api_client=None).order_by("-is_active", "email")


def staff_find(user_id: int) -> User:
    """One of them. Raises NotFound."""
    user = staff_all().filter(pk=user_id).first()
    if user is None:
        raise NotFound("There is no such member of staff.")
    return user


@transaction.atomic
def staff_add(*, email: str, name: str, role: Role, actor: User | None) -> User:
    """A new member of staff, who chooses a password by a link (see `staff_link`)."""
    email = email.strip().lower()
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, is_staff=True)
    except IntegrityError as error:
        raise StaffRefused(_TAKEN, email=_TAKEN) from error
    _name_set(user, name)
    _role_set(user, role)
    user.save()
    audit_record(
        action="staff.added", subject=f"user:{user.pk}", actor=actor, after={"role": role.value}
    )
    return user


@transaction.atomic
def staff_change(
    *, user_id: int, actor: User, name: str | None = None, role: Role | None = None
) -> User:
    """Another name or role; None stays. Raises StaffRefused when no administrator would be left."""
    user = _locked(user_id)
    before = {"role": user.role, "name": user.get_full_name()}
    if role is not None:
        if role != Role.ADMINISTRATOR:
            _administrator_stays(user, role=_LAST)
        _role_set(user, role)
    if name is not None:
        _name_set(user, name)
    user.save()
    changes = audit_changes(before, {"role": user.role, "name": user.get_full_name()})
    if changes:
        audit_record(action="staff.changed", subject=f"user:{user.pk}", actor=actor, **changes)
    return user


@transaction.atomic
def staff_close(*, user_id: int, actor: User) -> User:
    """Nothing opens for this person from now on, whatever they are doing. Safe to call twice."""
    user = _locked(user_id)
    if user.is_active:
        _administrator_stays(user)
        _activity_set(user, is_active=False, actor=actor)
        sessions_end(user=user, why="account closed", actor=actor)
    return user


@transaction.atomic
def staff_reopen(*, user_id: int, actor: User) -> User:
    """The account opens again, with the password and second factor that it had."""
    user = _locked(user_id)
    if not user.is_active:
        _activity_set(user, is_active=True, actor=actor)
    return user


def staff_link(*, user: User, actor: User | None) -> str:
    """The path at which this person chooses a password: works once, for three days. Raises StaffRefused."""
    if not user.is_active:
        raise StaffRefused("The account is closed. Open it again first.")
    audit_record(action="staff.link_made", subject=f"user:{user.pk}", actor=actor)
    return f"/admin/welcome/{link_number(user)}/{default_token_generator.make_token(user)}/"


def staff_link_read(number: str, token: str) -> User | None:
    """Whose link it is; None when it is over, used, or nobody's."""
    user = link_user(number)
    return user if default_token_generator.check_token(user, token) else None


def link_number(user: User) -> str:
    """How a link for a password names its person."""
    return urlsafe_base64_encode(force_bytes(user.pk))


def link_user(number: str) -> User | None:
    """Whom a link names; None for nobody who may sign in."""
    try:
        user_id = int(urlsafe_base64_decode(number))
    except (ValueError, OverflowError):
        return None
    if not 0 < user_id < 2**63:
        return None
    return staff_all().filter(pk=user_id, is_active=True, is_staff=True).first()


@transaction.atomic
def password_set(
    *, user: User, password: str, actor: User | None, but: StaffSession | None = None
) -> None:
    """A new password; every other device is signed out, and the person is told by e-mail."""
    is_first = not user.has_usable_password()
    user.set_password(password)
    user.save(update_fields=["password"])
    password_follow(user=user, actor=actor, but=but, is_first=is_first)


@transaction.atomic
def password_follow(
    *, user: User, actor: User | None, but: StaffSession | None = None, is_first: bool = False
) -> None:
    """The password is another one now: that is on record, told to its owner, and ends what the old one began."""
    audit_record(action="staff.password_set", subject=f"user:{user.pk}", actor=actor)
    sessions_end(user=user, why="password changed", actor=actor, but=but)
    if not is_first:
        jobs.defer("password_changed_email", user_id=user.pk, mark=uuid.uuid4().hex)


@transaction.atomic
def administrator_first(*, email: str, is_again: bool = False) -> str | None:
    """The path at which the first administrator chooses a password.

    None when somebody administers already, or was invited and no new link is asked for.
    """
    there = list(_administrators())
    invited = next((user for user in there if user.email == email.strip().lower()), None)
    if any(user.password and user.has_usable_password() for user in there):
        return None
    if there and not (is_again and invited):
        return None
    user = invited or staff_add(email=email, name="", role=Role.ADMINISTRATOR, actor=None)
    return staff_link(user=user, actor=None)


def demo_staff_seed(password: str) -> User:
    """The demo login of the embedded mode, made when missing."""
    user = User.objects.filter(email=DEMO_STAFF).first()
    if user is None:
        user = User.objects.create_superuser(DEMO_STAFF, password, first_name="Dora")
    return user


def _administrators() -> QuerySet[User]:
    return User.objects.filter(
        Q(role=Role.ADMINISTRATOR) | Q(is_superuser=True), is_active=True, is_staff=True
    )


def _locked(user_id: int) -> User:
    """The person, and all administrators locked, so that two can't take each other's place away."""
    list(_administrators().select_for_update().order_by("pk"))
    return staff_all().select_for_update(of=("self",)).get(pk=user_id)


def _administrator_stays(user: User, **fields: str) -> None:
    others = _administrators().exclude(pk=user.pk)
    if _administrators().filter(pk=user.pk).exists() and not others.exists():
        raise StaffRefused(_LAST, **fields)


def _name_set(user: User, name: str) -> None:
    first, _, last = name.strip().partition(" ")
    user.first_name, user.last_name = first[:150], last[:150]


def _role_set(user: User, role: Role) -> None:
    user.role, user.is_superuser = role, role == Role.ADMINISTRATOR


def _activity_set(user: User, *, is_active: bool, actor: User) -> None:
    user.is_active = is_active
    user.save(update_fields=["is_active"])
    audit_record(
        action="staff.reopened" if is_active else "staff.closed",
        subject=f"user:{user.pk}",
        actor=actor,
        before={"is_active": not is_active},
        after={"is_active": is_active},
    )
