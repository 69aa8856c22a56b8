"""What staff, and the donor, do with a donor whose every word can be told; run within the product's settings.

`python -m tests.chaos.forgotten_deeds plant|forget`
"""

import sys
from datetime import date

import django

CANARY = {
    "name": "Xqjcanaryname Ünikódqj",
    "email": "xqjcanarymail@example.org",
    "phone": "07700 900999",
    "address": {
        "line1": "77 Xqjcanaryline Road",
        "line2": "Xqjcanaryhamlet",
        "city": "Xqjcanarytown",
        "postcode": "ZE3 9JZ",
        "country": "GB",
    },
}
STATEMENT = """Date,Description,Reference,Amount
2026-11-02,FASTER PAYMENT FROM XQJCANARYNAME ÜNIKÓDQJ,THANK YOU,5.00
2026-11-03,STRIPE PAYMENTS UK,STRIPE A1,120.00
"""


def plant() -> None:
    """A word of the donor in each field that staff or the donor write, and in each kind of file."""
    from api.models import (
        Donation,
        Donor,
        ReceiptFault,
        RefundReason,
        Role,
        SavedView,
        Subscription,
    )
    from api.services import (
        bank_lines,
        donor_notes,
        donor_sign_ins,
        donors,
        email_changes,
        follow_ups,
        name_words,
        plan_changes,
        receipt_replacements,
        refunds,
        report_runs,
        statement_periods,
        statement_runs,
        tags,
    )
    from tests.people import staff

    donor = Donor.objects.get(email=CANARY["email"])
    gwen, farid = staff(Role.FUNDRAISER), staff(Role.FINANCE)
    donor_notes.donor_note_add(donor=donor, text="Xqjcanarynote: likes rivers", author=gwen)
    tags.tag_add(donor=donor, name="river", actor=gwen)
    version = donors.donor_version(donor)
    changes = {"line2": "Xqjcanaryhamlet, moved"}
    donors.donor_edit(reference=donor.reference, changes=changes, version=version, actor=gwen)
    query = "q=Xqjcanaryname+%C3%9Cnik%C3%B3dqj"
    SavedView.objects.create(owner=gwen, table="donors", name="Xqjcanaryname's gifts", query=query)
    paid = Donation.objects.filter(donor=donor, status="succeeded", subscription=None)
    given = paid.select_related("receipt").earliest("pk")
    receipt_replacements.receipt_replace(
        number=given.receipt.number, reason=ReceiptFault.ADDRESS, actor=gwen
    )
    asked = refunds.RefundRequest(100, RefundReason.ASKED_BY_DONOR, "Xqjcanary asked", farid, farid)
    refunds.refund_start(donation_id=given.pk, request=asked)
    failed = Donation.objects.get(donor=donor, status="failed")
    follow_ups.follow_up_write_off(
        donation_reference=failed.reference, reference="F1", actor=gwen, note="Xqjcanary moved away"
    )
    plan_changes.plan_cancel(plan=Subscription.objects.get(donor=donor), why="Xqjcanary's reason")
    donor_sign_ins.donor_link_ask(email=donor.email, address=None, browser="b")
    email_changes.email_change_ask(
        email_key=donor.email_key, email="xqjcanarynew@example.org", address=None
    )
    bank_lines.bank_lines_import(STATEMENT.encode(), file_name="november.csv", actor=farid)
    for form in ("csv", "xlsx"):
        report_runs.run_start(
            kind="table",
            name="donors",
            title="Donors",
            parameters={"query": ""},
            form=form,
            actor=gwen,
        )
    report_runs.run_start(
        kind="report", name="top-donors", title="Top donors", parameters={}, form="pdf", actor=gwen
    )
    today = date.today()  # noqa: DTZ011
    period = statement_periods.period_read({"from": f"{today:%Y-%m-01}", "to": today.isoformat()})
    statement_runs.statement_run_start(period=period, language="", actor=farid)
    while name_words.name_words_gather():
        pass


def forget() -> None:
    """As the donor does on their own page."""
    from api.services.donor_pages import donor_account_close

    email = str(CANARY["email"])
    assert donor_account_close(email_key=email, typed=email) == 1


if __name__ == "__main__":
    django.setup()
    {"plant": plant, "forget": forget}[sys.argv[1]]()
