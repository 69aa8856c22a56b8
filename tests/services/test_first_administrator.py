"""The first administrator of a fresh site is invited by a link, once there is nobody else."""

from io import StringIO

import pytest
from django.core.management import call_command

from api.models import AuditLine, Role, User
from api.services.users import staff_link_read
from tests.people import staff

pytestmark = pytest.mark.django_db
DORA = "dora@example.org"


def invite(*more: str) -> str:
    """What the command prints."""
    said = StringIO()
    call_command("first_administrator", "Dora@Example.org", *more, stdout=said)
    return said.getvalue().strip()


def test_a_fresh_site_invites_its_first_administrator_by_a_link_that_works() -> None:
    link = invite()
    assert link.startswith("http")
    number, token = link.rstrip("/").split("/")[-2:]
    user = staff_link_read(number, token)
    assert user is not None
    assert (user.email, user.role, user.has_usable_password()) == (DORA, Role.ADMINISTRATOR, False)
    assert set(AuditLine.objects.values_list("action", flat=True)) == {
        "staff.added",
        "staff.link_made",
    }


def test_asked_again_there_is_no_second_account_and_a_link_only_when_it_is_wished_for() -> None:
    invite()
    assert not invite().startswith("http")
    assert invite("--again").startswith("http")
    assert User.objects.count() == 1


def test_once_somebody_administers_nobody_is_invited() -> None:
    staff(Role.ADMINISTRATOR)
    before = User.objects.count()
    assert not invite().startswith("http")
    assert not invite("--again").startswith("http")
    assert User.objects.count() == before


def test_other_roles_do_not_stand_in_the_way() -> None:
    staff(Role.FINANCE)
    assert invite().startswith("http")
