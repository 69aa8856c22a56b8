"""Staff accounts."""

from api.models import User

DEMO_STAFF = "staff@example.org"


def demo_staff_seed(password: str) -> User:
    """The demo login of the embedded mode, made when missing."""
    user = User.objects.filter(email=DEMO_STAFF).first()
    if user is None:
        user = User.objects.create_superuser(DEMO_STAFF, password, first_name="Dora")
    return user
