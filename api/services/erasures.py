"""Forgetting a donor: at once what may go, at its date what the law keeps, with a certificate of both.

UK GDPR article 17(3)(b): what accounts need stays, apart, for finance alone, six years after the end of
the accounting year of the last gift (Charities Act 2011 section 131; HMRC's record keeping).
"""

from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Q

from api.clock import charity_date, charity_year_end, now
from api.errors import MoveRefused, NotFound
from api.models import (
    SUBSCRIPTION_ENDED,
    AuditLine,
    BankLine,
    Donation,
    DonationStatus,
    Donor,
    DonorNote,
    DonorTag,
    Erasure,
    ErasureState,
    FollowUp,
    MailEvent,
    Message,
    MessageState,
    NameWord,
    Payment,
    PlanChange,
    Receipt,
    Refund,
    ReplacedReceipt,
    ReportRun,
    ReportSchedule,
    RetainedRecord,
    RunState,
    SavedView,
    Subscription,
    SuppressedReason,
    User,
)
from api.services import jobs
from api.services.audit import audit_record
from api.services.donor_sign_ins import donor_sign_ins_forget, donors_of
from api.services.erasure_documents import WHY_KEPT, YEARS_KEPT, certificate_words
from api.services.forgotten_events import events_clean, events_clean_late, events_of
from api.services.forgotten_gifts import donations_begun, donations_withdraw
from api.services.forgotten_list import forgotten_list_keep, forgotten_list_remembered
from api.services.forgotten_names import forgotten_names_keep, stripe_names
from api.services.gateways import stripe_customers
from api.services.mail_addresses import address_suppress
from api.services.personal_texts import (
    ERASED,
    cleaned,
    donor_emails,
    donor_words,
    own_name_words,
    search_words,
)
from api.services.receipt_marks import AnyReceipt
from api.services.report_runs import runs_forget
from api.services.subscriptions import subscription_stop

STAND_IN = "Erased donor"
# What came at the very moment of an erasure is looked for once more.
_LOOK_AGAIN = timedelta(days=2)


def erasure_retained_until(donor: Donor) -> date | None:
    """Until when name and address are kept for the accounts; None: no gift of theirs came or is on its way."""
    last = Payment.objects.filter(donation__donor=donor).aggregate(last=Max("received_at"))["last"]
    if donor.donations.filter(status=DonationStatus.PROCESSING).exists():
        last = now()  # A debit takes days: its money may come any time.
    if last is None:
        return None
    end = charity_year_end(charity_date(last))
    return end.replace(year=end.year + YEARS_KEPT)


def erasure_live_plans(donor: Donor) -> list[Subscription]:
    """Plans that the erasure will stop."""
    return list(donor.subscriptions.exclude(status__in=SUBSCRIPTION_ENDED).select_related("fund"))


def erasure_ask(*, donor: Donor, actor: User | None, wants_silence: bool = True) -> Erasure:
    """Have a donor forgotten by the worker, within moments. It can't be undone.

    `wants_silence`: no appeal goes to the address again, even if somebody types it anew; only a hash of
    it is kept. Asked twice it is one erasure.
    """
    with transaction.atomic():
        Donor.objects.select_for_update().get(pk=donor.pk)
        known = Erasure.objects.filter(donor=donor).first()
        if known is not None:
            return known
        erasure = Erasure.objects.create(
            donor=donor,
            asked_by=actor,
            wants_silence=wants_silence,
            stripe_customer_id=donor.stripe_customer_id or "",
        )
        audit_record(action="donor.erasure_asked", subject=f"donor:{donor.reference}", actor=actor)
        jobs.defer("erasure", erasure_id=erasure.pk)
    return erasure


def erasure_find(reference: str) -> Erasure:
    """By its reference. Raises NotFound."""
    found = Erasure.objects.select_related("donor", "asked_by").filter(reference=reference).first()
    if found is None:
        raise NotFound("There is no erasure with this reference.")
    return found


def erasure_carry_out(erasure_id: int) -> None:
    """Stop plans and begun gifts, have Stripe forget the customer, then forget here. Safe to call again.

    Raises MoveRefused when the donor began to give meanwhile: the next try stops that, too.
    """
    erasure = Erasure.objects.select_related("donor").get(pk=erasure_id)
    if erasure.state != ErasureState.WAITING:
        return
    forgotten_list_keep(erasure)
    donor = erasure.donor
    stopped = erasure_live_plans(donor)
    for plan in stopped:
        subscription_stop(plan, why="donor forgotten")
    withdrawn = donations_withdraw(donor)
    erasure.stripe_customer_id = donor.stripe_customer_id or ""
    if erasure.stripe_customer_id:
        stripe_customers.customer_delete(erasure.stripe_customer_id)
    with transaction.atomic():
        donor = Donor.objects.select_for_update().get(pk=donor.pk)
        is_new = donor.stripe_customer_id not in (None, erasure.stripe_customer_id)
        begun = donations_begun(donor).exclude(pk__in=withdrawn)
        if is_new or begun.exists() or erasure_live_plans(donor):
            raise MoveRefused("This donor gives just now.")
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL domaap.erasing = 'on'")
        _forget(erasure, donor, plans_stopped=len(stopped))
    _clean_late(erasure)


def _clean_late(erasure: Erasure) -> None:
    names = stripe_names(erasure.donor, erasure.stripe_customer_id)
    events_clean_late(names, since=erasure.asked_at)


def erasures_repeat() -> int:
    """Forget again whom a restored database knows again. Safe to call any time; returns how many are asked for."""
    again = 0
    for donor, wants_silence in forgotten_list_remembered():
        waiting = Erasure.objects.filter(donor=donor).first()
        if waiting is None:
            erasure_ask(donor=donor, actor=None, wants_silence=wants_silence)
            again += 1
        elif waiting.asked_at < now() - _LOOK_AGAIN:
            jobs.defer("erasure", erasure_id=waiting.pk)  # Its job was lost, or was given up.
            again += 1
    return again


def erasures_finish() -> int:
    """Each night: what came late is cleaned, and what the law has no use for any more goes. Returns how many."""
    erasures_repeat()
    for erasure in Erasure.objects.exclude(stripe_customer_id="").filter(erased_at__isnull=False):
        _clean_late(erasure)
        if erasure.erased_at and erasure.erased_at < now() - _LOOK_AGAIN:
            Erasure.objects.filter(pk=erasure.pk).update(stripe_customer_id="")
    finished = 0
    for record in RetainedRecord.objects.select_related("erasure__donor").order_by("pk"):
        finished += _retained_follow(record)
    return finished


@transaction.atomic
def _retained_follow(record: RetainedRecord) -> bool:
    """Keep a record as long as the last gift asks for, which may have come since, or failed. True: it is over."""
    donor = record.erasure.donor
    until = erasure_retained_until(donor)
    if until is not None and until >= charity_date(now()):
        if until != record.keep_until:
            record.keep_until = until
            record.save(update_fields=["keep_until"])
        return False
    _bank_lines_clean(record)
    record.delete()
    Erasure.objects.filter(pk=record.erasure_id).update(
        state=ErasureState.FINISHED, finished_at=now()
    )
    audit_record(action="donor.retained_deleted", subject=f"donor:{donor.reference}")
    return True


def _bank_lines_clean(record: RetainedRecord) -> None:
    """Lines of the bank's statement that name the person: part of the accounts until now."""
    if " " not in record.name:
        return  # Of one word it may be anybody's.
    free = BankLine.objects.filter(payout=None)
    for line in free.filter(
        Q(description__icontains=record.name) | Q(reference__icontains=record.name)
    ):
        line.description, line.reference = ERASED, f"{ERASED} {line.pk}"
        line.save(update_fields=["description", "reference"])


def _forget(erasure: Erasure, donor: Donor, *, plans_stopped: int) -> None:
    """All of it in one transaction: either a donor is forgotten or nothing has changed."""
    if donor.erased_at is not None:
        raise MoveRefused("This donor is forgotten already.")
    words, searched, emails = donor_words(donor), search_words(donor), donor_emails(donor)
    own_words = own_name_words(donor)
    kept_until = _retain(erasure, donor)
    if erasure.wants_silence:
        address_suppress(donor.email, SuppressedReason.ERASED)
    names = stripe_names(donor, erasure.stripe_customer_id)
    forgotten_names_keep(donor, names | emails)
    counts = {
        "events of Stripe's cleaned": events_clean(events_of(names), words),
        "lines of the audit log cleaned": _audit_clean(donor, words),
        "e-mails emptied": _messages_blank(donor),
        "notes deleted": DonorNote.objects.filter(donor=donor).delete()[0],
        "tags taken off": DonorTag.objects.filter(donor=donor).delete()[0],
        "receipts without name and address": _receipts_blank(donor),
        "gifts without the donor's message": _gifts_blank(donor),
        "tributes deleted": _tributes_delete(donor),
        "notes on refunds emptied": Refund.objects.filter(donation__donor=donor)
        .exclude(note="")
        .update(note=ERASED),
        "notes on payments emptied": FollowUp.objects.filter(donation__donor=donor)
        .exclude(note="")
        .update(note=ERASED),
        "reasons for changes of plans emptied": _reasons_blank(donor),
        "kept views and schedules cleaned": _kept_searches_clean(searched),
        "files of staff removed": runs_forget(),
        "monthly plans stopped": plans_stopped,
    }
    counts["words of the name taken out of the search"] = NameWord.objects.filter(
        word__in=own_words
    ).delete()[0]
    _stand_in(donor)
    # Another donor of an address goes on signing in.
    alone = [email for email in sorted(emails) if not donors_of(email).exists()]
    if alone:
        counts["sign-ins removed"] = sum(donor_sign_ins_forget(email) for email in alone)
    erasure.state = ErasureState.ERASED if kept_until else ErasureState.FINISHED
    erasure.erased_at = now()
    erasure.finished_at = None if kept_until else erasure.erased_at
    erasure.certificate = certificate_words(counts, kept_until, wants_silence=erasure.wants_silence)
    erasure.save()
    audit_record(action="donor.erased", subject=f"donor:{donor.reference}", actor=erasure.asked_by)


def _retain(erasure: Erasure, donor: Donor) -> date | None:
    """Put apart what the accounts need."""
    until = erasure_retained_until(donor)
    if until is None or until < charity_date(now()):
        return None
    receipts = {
        receipt.number: {name: said[name] for name in ("donor_name", "donor_address_lines")}
        for receipt, said in _receipts_of(donor)
    }
    RetainedRecord.objects.create(
        erasure=erasure,
        name=donor.name,
        address_lines=donor.address_lines,
        country=donor.country,
        receipts=receipts,
        keep_until=until,
        why=WHY_KEPT,
    )
    return until


def _stand_in(donor: Donor) -> None:
    """The row stays, since gifts hang on it; it says nothing of the person any more."""
    donor.name = STAND_IN
    donor.email = f"{donor.reference.lower()}@erased.invalid"
    donor.name_key, donor.email_key = STAND_IN.casefold(), donor.email
    for name in ("phone", "line1", "line2", "city", "postcode", "country"):
        setattr(donor, name, "")
    donor.language, donor.stripe_customer_id, donor.erased_at = "en", None, now()
    donor.save()


def _gifts_blank(donor: Donor) -> int:
    """What the donor wished to say; and the mark of what the form held, from which it could be guessed."""
    gifts = Donation.objects.filter(donor=donor)
    gifts.exclude(request_fingerprint="").update(request_fingerprint="")
    gifts.filter(donor_details__isnull=False).update(donor_details=None)
    return gifts.exclude(message="").update(message="")


def _receipts_blank(donor: Donor) -> int:
    """Receipts made again name nobody; the originals' words are with what is retained."""
    receipts = _receipts_of(donor)
    for receipt, said in receipts:
        receipt.document = {
            **said,
            "donor_name": STAND_IN,
            "donor_address_lines": [],
            "tribute": None,
        }
        receipt.save(update_fields=["document"])
    return len(receipts)


def _tributes_delete(donor: Donor) -> int:
    """In whose memory or honour the donor gave: the law asks for none of it."""
    for rows in (donor.donations, donor.subscriptions):
        rows.filter(tribute__isnull=False).update(tribute=None)
    return donor.tributes.all().delete()[0]


def _reasons_blank(donor: Donor) -> int:
    """What the donor wrote when a plan was stopped."""
    said = PlanChange.objects.filter(subscription__donor=donor, after__has_key="why")
    for change in said:
        change.after["why"] = ""
        change.save(update_fields=["after"])
    return len(said)


def _receipts_of(donor: Donor) -> list[tuple[AnyReceipt, dict[str, Any]]]:
    """Those that were made, also those that were replaced, with what they say."""
    receipts: list[AnyReceipt] = [
        *Receipt.objects.filter(donation__donor=donor),
        *ReplacedReceipt.objects.filter(donation__donor=donor),
    ]
    return [(receipt, receipt.document) for receipt in receipts if receipt.document is not None]


def _messages_blank(donor: Donor) -> int:
    """That an e-mail went, of which kind and when, stays; what was in it goes. What waits is not sent."""
    written = Message.objects.filter(donor=donor)
    MailEvent.objects.filter(message__in=written).update(reason="")
    on_their_way = (MessageState.QUEUED, MessageState.SENDING)
    written.filter(state__in=on_their_way).update(state=MessageState.HELD)
    return written.update(to="", subject=ERASED, text="", html="", error="")


def _audit_clean(donor: Donor, words: list[str]) -> int:
    """What was changed of the donor, before and after; who did it and when stays."""
    subjects = [f"donor:{donor.reference}"]
    subjects += [f"donation:{one}" for one in donor.donations.values_list("reference", flat=True)]
    subjects += [
        f"subscription:{one}" for one in donor.subscriptions.values_list("reference", flat=True)
    ]
    changed = 0
    # What was taken away as a file is on record with what it was filtered by.
    files = Q(subject__startswith="table ")
    for line in AuditLine.objects.filter(files | Q(subject__in=subjects)):
        detail = cleaned(line.detail, words)
        for side in ("before", "after"):
            if isinstance(detail.get(side), dict):
                detail[side] = {
                    name: ERASED if isinstance(value, str) and value else value
                    for name, value in detail[side].items()
                }
        detail |= {name: ERASED for name in ("why", "note", "text") if detail.get(name)}
        if detail != line.detail:
            AuditLine.objects.filter(pk=line.pk).update(detail=detail)
            changed += 1
    return changed


def _kept_searches_clean(words: list[str]) -> int:
    """Searches that staff kept and that name the donor."""
    changed = 0
    for model, name in (
        (SavedView, "query"),
        (ReportRun, "parameters"),
        (ReportSchedule, "parameters"),
    ):
        for row in model._default_manager.all():
            value = getattr(row, name)
            after = "" if isinstance(value, str) and cleaned(value, words) != value else value
            after = cleaned(value, words) if not isinstance(value, str) else after
            if after != value:
                model._default_manager.filter(pk=row.pk).update(**{name: after})
                changed += 1
                if isinstance(row, ReportRun):  # Without its search it would be of everybody.
                    ReportRun.objects.filter(pk=row.pk).update(state=RunState.EXPIRED)
    for view in SavedView.objects.all():
        if cleaned(view.name, words) != view.name:
            SavedView.objects.filter(pk=view.pk).update(name=f"View {view.pk}")
    return changed
