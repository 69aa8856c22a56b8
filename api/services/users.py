"""Staff accounts."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from api.models import User, permission_right

DEMO_STAFF = "staff@example.org"


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


def demo_staff_seed(password: str) -> User:
    """The demo login of the embedded mode, made when missing."""
    user = User.objects.filter(email=DEMO_STAFF).first()
    if user is None:
        user = User.objects.create_superuser(DEMO_STAFF, password, first_name="Dora")
    return user
