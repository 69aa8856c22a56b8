"""Appeals by e-mail: only to who said yes, as it stands when it is sent; each one once; no more when told so."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.conf import settings

from api.clock import now
from api.models import (
    AppealRun,
    AuditLine,
    Campaign,
    Consent,
    ConsentBasis,
    ConsentChannel,
    ConsentSource,
    ConsentState,
    Donor,
    Fund,
    MailEvent,
    MailRunState,
    Message,
    MessageKind,
    MessageState,
    Role,
    SuppressedReason,
    User,
)
from api.services.appeal_audiences import appeal_audience, appeal_receivers
from api.services.appeal_emails import AppealText, appeal_text_keep
from api.services.appeal_runs import (
    APPEALS,
    AppealChoice,
    appeal_run_choose,
    appeal_run_draft,
    appeal_run_start,
)
from api.services.consents import ConsentAnswer, consent_is_given, consent_record
from api.services.mail_addresses import address_suppress
from api.services.mail_runs import CHUNK, mail_run_chunk_send
from api.services.message_log import message_email_send
from api.services.tags import tag_add
from tests.clients import Client
from tests.gateways.test_mail import Postbox, postbox
from tests.giving_history import donor, paid, plan
from tests.people import staff
from tests.walks.tools import work

__all__ = ["postbox"]
pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/admin/appeal-emails/"
WORDS = {
    "subject": "The well is nearly dug",
    "first": "Twelve metres down, and the first water has come.",
    "body": "£25 lines one metre.\r\n\r\nThirty metres are still to line.",
}
TEXT = AppealText(**WORDS)


def says(who: Donor, state: str, basis: str = "", days_ago: int = 0) -> Donor:
    """A donor's answer about appeals by e-mail."""
    answer = ConsentAnswer(
        channel=ConsentChannel.EMAIL,
        state=ConsentState(state),
        source=ConsentSource.WEBSITE,
        at=now() - timedelta(days=days_ago),
        basis=ConsentBasis(basis) if basis else None,
        wording="Yes, write to me." if basis else "",
    )
    consent_record(donor=who, answer=answer, actor=None)
    return who


def willing(count: int) -> list[Donor]:
    """So many who said yes."""
    people = [donor(f"Donor {number}", f"d{number}@example.org") for number in range(count)]
    return [says(one, "given", "consent") for one in people]


@pytest.fixture
def gwen() -> User:
    """Gwen, who raises funds."""
    return staff(Role.FUNDRAISER)


@pytest.fixture
def draft(gwen: User) -> AppealRun:
    """An appeal that is written, and for everybody who may get it."""
    run = appeal_run_draft(name="Winter", actor=gwen)
    appeal_text_keep(run=run, language="en", text=TEXT, actor=gwen)
    return run


def written() -> list[str]:
    """Who got one."""
    return sorted(Message.objects.filter(kind=MessageKind.APPEAL).values_list("to", flat=True))


def test_who_is_left_out_is_told_why_and_nothing_goes_in_a_rehearsal(
    draft: AppealRun, gwen: User, client: Client
) -> None:
    says(donor("Amina", "amina@example.org"), "given", "consent")
    says(donor("A. Yusuf", "amina@example.org"), "given", "consent")
    says(donor("Ben", "ben@example.org"), "given", "soft_opt_in")
    donor("Chen", "chen@example.org")
    says(donor("Dafydd", "dafydd@example.org"), "refused")
    changed = says(donor("Ewa", "ewa@example.org"), "given", "consent", days_ago=2)
    says(changed, "withdrawn")
    back = says(donor("Fay", "fay@example.org"), "withdrawn", days_ago=2)
    says(back, "given", "consent")
    gone = says(donor("Gil", "gil@example.org"), "given", "consent")
    Donor.objects.filter(pk=gone.pk).update(erased_at=now())
    blank = says(donor("Hal", "hal@example.org"), "given", "consent")
    Donor.objects.filter(pk=blank.pk).update(email="")
    for name, reason in (("ida", "BOUNCED"), ("jo", "COMPLAINED"), ("kim", "ERASED")):
        lost = says(donor(name, f"{name}@example.org"), "given", "consent")
        address_suppress(lost.email, SuppressedReason[reason])
    told = appeal_audience(draft)
    assert vars(told) == {
        "chosen": 12,
        "erased": 1,
        "without_address": 1,
        "never_asked": 1,
        "said_no": 2,
        "other_basis": 0,
        "same_address": 1,
        "suppressed": 3,
        "receivers": 3,
        "consent": 6,
        "soft_opt_in": 1,
    }
    client.force_login(gwen)
    page = client.get(f"{PAGE}{draft.reference}/?rehearse=yes").content.decode()
    assert "Send 3 e-mails" in page and "called spam" in page
    assert not Message.objects.exists()
    draft.basis = ConsentBasis.SOFT_OPT_IN
    told = appeal_audience(draft)
    assert (told.receivers, told.other_basis) == (1, 6)


def test_it_is_for_those_who_were_chosen_alone(draft: AppealRun, gwen: User) -> None:
    water = Fund.objects.create(code="water", name="Clean water")
    monthly, old, new = willing(3)
    plan(monthly, "2026-01-05", 1000)
    paid(old, "2025-03-31T22:59:59", 1000, fund=water)
    paid(new, "2025-03-31T23:00:00", 1000, fund=water)  # 1 April in London
    paid(monthly, "2025-05-01", 1000)
    tag_add(donor=new, name="Walker", actor=gwen)
    tag = new.donor_tags.get().tag

    def reached(**choice: Any) -> list[Donor]:
        run = appeal_run_choose(
            reference=draft.reference, choice=AppealChoice(**choice), actor=gwen
        )
        return list(appeal_receivers(run).order_by("pk"))

    april = now().date().replace(year=2025, month=4, day=1)
    assert reached() == [monthly, old, new]
    assert reached(fund=water) == [old, new]
    assert reached(fund=water, gave_from=april) == [new]
    assert reached(gave_to=april - timedelta(days=1)) == [old]
    assert reached(giving="plan") == [monthly]
    assert reached(giving="no_plan") == [old, new]
    assert reached(tag=tag) == [new]
    assert reached(tag=tag, giving="plan") == []


def test_each_gets_one_in_their_language_with_the_way_out_and_no_second_one(
    draft: AppealRun, gwen: User, client: Client, postbox: Postbox
) -> None:
    people = willing(CHUNK + 2)
    Donor.objects.filter(pk=people[0].pk).update(language="cy")
    Donor.objects.filter(pk=people[1].pk).update(language="cy")
    twin = says(donor("Twin", people[2].email), "given", "consent")
    welsh = AppealText("Mae'r ffynnon bron yn barod", "Mae'r dŵr wedi dod.", "Diolch.")
    appeal_text_keep(run=draft, language="cy", text=welsh, actor=gwen)
    Campaign.objects.create(code="well", name="A well")
    appeal_run_choose(
        reference=draft.reference,
        choice=AppealChoice(campaign=Campaign.objects.get()),
        actor=gwen,
    )
    client.force_login(gwen)
    act = f"{PAGE}{draft.reference}/act/"
    client.post(act, {"do": "start"})
    client.post(act, {"do": "start"})  # A second click.
    run = AppealRun.objects.get()
    mail_run_chunk_send(APPEALS, run.pk, 0)
    AppealRun.objects.update(cursor=0)  # Its worker was killed before it was written down.
    mail_run_chunk_send(APPEALS, run.pk, 0)
    work()
    run.refresh_from_db()
    assert (run.state, run.total) == (MailRunState.FINISHED, CHUNK + 2)
    mails = postbox.mails()
    assert sorted(str(mail["To"]) for mail in mails) == sorted(one.email for one in people)
    assert not Message.objects.filter(donor=twin).exists()
    first = next(mail for mail in mails if mail["To"] == people[0].email)
    assert (first["Subject"], first["List-Unsubscribe-Post"]) == (
        "Mae'r ffynnon bron yn barod",
        "List-Unsubscribe=One-Click",
    )
    said = str(first.get_body(("html",)))
    assert "Annwyl" in said and "Rhoi nawr" in said and "campaign=3Dwell" in said
    english = Message.objects.get(to=people[3].email)
    assert "Dear Donor 3," in english.text and "Thirty metres are still to line." in english.text
    actions = AuditLine.objects.filter(subject=f"appeal-run:{run.reference}").order_by("pk")
    assert [line.action.partition(".")[2] for line in actions] == [
        "drafted",
        "worded",
        "worded",
        "aimed",
        "started",
    ]


def test_who_says_no_after_the_start_gets_none_whether_or_not_it_was_written(
    draft: AppealRun, gwen: User
) -> None:
    early, late, last = willing(3)
    appeal_run_start(reference=draft.reference, actor=gwen)
    says(late, "withdrawn")
    address_suppress(last.email, SuppressedReason.COMPLAINED)
    work()
    assert written() == [early.email]
    Message.objects.update(state=MessageState.QUEUED)  # The mail server asked us to try later.
    says(early, "withdrawn")
    message_email_send(Message.objects.get().pk)
    assert Message.objects.get().state == MessageState.HELD


def test_paused_it_stands_still_and_goes_on_where_it_was(
    draft: AppealRun, gwen: User, client: Client
) -> None:
    people = willing(CHUNK + 2)
    run = appeal_run_start(reference=draft.reference, actor=gwen)
    mail_run_chunk_send(APPEALS, run.pk, 0)
    client.force_login(gwen)
    act = f"{PAGE}{run.reference}/act/"
    client.post(act, {"do": "pause"})
    work()
    assert len(written()) == CHUNK
    assert "Paused: 25 of 27" in client.get(f"{PAGE}{run.reference}/").content.decode()
    client.post(act, {"do": "resume"})
    work()
    assert written() == sorted(one.email for one in people)
    progress = client.get(f"{PAGE}{run.reference}/progress/").json()
    assert (progress["progress"], progress["is_under_way"]) == (100, False)


def test_one_press_without_signing_in_ends_appeals_to_the_address_and_is_counted(
    draft: AppealRun, gwen: User, client: Client
) -> None:
    reader, other = willing(2)
    twin = says(donor("Twin", reader.email), "given", "consent")
    Donor.objects.filter(pk=reader.pk).update(language="cy")
    welsh = AppealText("Pwnc", "Yn gyntaf.", "Diolch.")
    appeal_text_keep(run=draft, language="cy", text=welsh, actor=gwen)
    run = appeal_run_start(reference=draft.reference, actor=gwen)
    work()
    text = Message.objects.get(donor=reader).text
    [path] = re.findall(rf"{settings.SITE_URL}(/giving/unsubscribe/\S+)", text)
    assert "Neidio" in client.get(path).content.decode()  # Its page speaks Welsh, too.
    assert consent_is_given(reader, ConsentChannel.EMAIL)  # Mail scanners open links.
    nobody = Client(enforce_csrf_checks=True)
    for _ in range(2):
        pressed = nobody.post(
            path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
        )
        assert pressed.status_code == 200
    assert not consent_is_given(reader, ConsentChannel.EMAIL)
    assert not consent_is_given(twin, ConsentChannel.EMAIL)
    assert consent_is_given(other, ConsentChannel.EMAIL)
    assert MailEvent.objects.count() == 1
    client.force_login(gwen)
    page = client.get(f"{PAGE}{run.reference}/").content.decode()
    assert re.search(r"Want no more appeals since</th><td class=\"number\">1<", page)
    # A yes of later and a second press of the old button: it counts again.
    says(reader, "given", "consent")
    nobody.post(path)
    assert not consent_is_given(reader, ConsentChannel.EMAIL)
    assert Consent.objects.filter(donor=reader).first() is not None


def test_it_is_seen_and_tried_before_it_is_kept_and_not_changed_once_it_goes(
    gwen: User, client: Client, postbox: Postbox
) -> None:
    willing(1)
    client.force_login(gwen)
    client.post(f"{PAGE}new/", {"name": "  Winter   2026 "})
    run = AppealRun.objects.get()
    assert run.name == "Winter 2026"
    act, page = f"{PAGE}{run.reference}/act/", f"{PAGE}{run.reference}/words/en/"
    client.post(act, {"do": "start"})
    client.post(act, {"do": "resume"})  # Not a way around it.
    run.refresh_from_db()
    assert run.state == MailRunState.DRAFT
    seen = client.post(page, {**WORDS, "see": "yes"}).content.decode()
    [mail] = re.findall(r'srcdoc="([^"]*)"', seen)
    assert "Thirty metres are still to line." in unescape(mail) and "Amina Yusuf" in mail
    client.post(page, {**WORDS, "try": "yes"})
    [tried] = postbox.mails()
    assert (tried["To"], tried["Subject"]) == ("gwen@example.org", "[Test] The well is nearly dug")
    assert not run.words.exists()
    refused = client.post(page, {**WORDS, "body": "Dear {{ name }}", "keep": "yes"})
    assert "Write plain words" in refused.content.decode()
    assert client.post(page, {**WORDS, "keep": "yes"}).status_code == 302
    days = {"gave_from": "2026-02-01", "gave_to": "2026-01-01"}
    wrong = client.post(f"{PAGE}{run.reference}/whom/", days)
    assert wrong.status_code == 400 and "before the first" in wrong.content.decode()
    client.post(act, {"do": "start"})
    client.post(page, {**WORDS, "subject": "Another", "keep": "yes"})
    client.post(f"{PAGE}{run.reference}/whom/", {"giving": "plan"})
    client.post(act, {"do": "discard"})
    run.refresh_from_db()
    assert (run.state, run.giving) == (MailRunState.RUNNING, "")
    assert run.words.get().subject == "The well is nearly dug"


def test_a_draft_is_thrown_away_and_an_auditor_reads_without_buttons(
    draft: AppealRun, gwen: User, client: Client
) -> None:
    willing(1)
    client.force_login(staff(Role.AUDITOR))
    page = client.get(f"{PAGE}{draft.reference}/?rehearse=yes").content.decode()
    assert "E-mails that go" in page and "Send 1 e-mail" not in page and "Throw" not in page
    assert client.post(f"{PAGE}{draft.reference}/act/", {"do": "discard"}).status_code == 403
    client.force_login(gwen)
    client.post(f"{PAGE}{draft.reference}/act/", {"do": "discard"})
    assert not AppealRun.objects.exists()
    assert AuditLine.objects.filter(action="appeals.discarded").count() == 1
