"""Staff who sign in."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models

from api.models.rights import ROLE_RIGHTS, Right, Role, permission_right


class StaffManager(UserManager["User"]):
    """Makes users by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":  # type: ignore[override]
        """A user who signs in with this address."""
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":  # type: ignore[override]
        """An administrator."""
        return self.create_user(
            email, password, is_staff=True, is_superuser=True, role=Role.ADMINISTRATOR, **extra
        )


class User(AbstractUser):
    """A member of staff; donors have no user of this kind. What they may do is told by their role."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)
    role = models.CharField(max_length=16, choices=Role, blank=True)
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    # What an API client's token allows; only set while the row stands for that program.
    scopes: frozenset[Right] | None = None
    objects: ClassVar[StaffManager] = StaffManager()

    class Meta:
        ordering: ClassVar[list[str]] = ["email"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(role="") | models.Q(role__in=list(Role.values)),
                name="user_role_is_known",
            ),
        ]

    @property
    def rights(self) -> frozenset[Right]:
        """All that this person may do; nothing once the account is closed."""
        if self.scopes is not None:
            return self.scopes
        if not self.is_active or not self.is_staff:
            return frozenset()
        if self.is_superuser:
            return frozenset(Right)
        return ROLE_RIGHTS[Role(self.role)] if self.role else frozenset()

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Django's permissions. On our own tables a superuser too may only what there is a right for."""
        if perm.startswith("api."):
            right = permission_right(perm)
            return obj is None and right is not None and self.has_right(right)
        return bool(super().has_perm(perm, obj))

    def has_right(self, right: Right) -> bool:
        """Whether this person may do that."""
        return right in self.rights
