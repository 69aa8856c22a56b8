"""What staff change by a form of the admin says who did it, before and after."""

import pytest

from api.models import AuditLine, Campaign, Fund, Role
from api.services.funds import funds_seed
from tests.clients import Client
from tests.people import staff

pytestmark = pytest.mark.django_db


def signed_in(role: Role) -> Client:
    """A browser of someone with this role."""
    client = Client()
    client.force_login(staff(role))
    return client


def test_funds_and_appeals_changed_by_hand_say_who_did_it_before_and_after() -> None:
    client = signed_in(Role.ADMINISTRATOR)
    funds_seed()
    fund = Fund.objects.get(code="general")
    fields = {"code": "general", "name": "Anywhere", "purpose": fund.purpose, "position": 0}
    address = f"/admin/api/fund/{fund.pk}/change/"
    for _ in range(2):
        client.post(address, {**fields, "restriction": "unrestricted", "is_active": "on"})
    line = AuditLine.objects.get(subject=f"fund:{fund.pk}")
    assert (line.action, line.actor) == ("fund.changed", staff(Role.ADMINISTRATOR))
    assert line.detail == {"before": {"name": fund.name}, "after": {"name": "Anywhere"}}
    page = client.get(address).content.decode()
    assert "Who did what" in page and "<ins>Anywhere</ins>" in page
    client.post("/admin/api/campaign/add/", {"code": "xmas", "name": "Christmas"})
    campaign = Campaign.objects.get()
    made = AuditLine.objects.get(subject=f"campaign:{campaign.pk}")
    assert made.detail["after"]["name"] == "Christmas" and made.detail["before"] == {}
    assert signed_in(Role.SUPPORT).post(address, fields).status_code == 403
