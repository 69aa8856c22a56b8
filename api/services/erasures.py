"""Forgetting a donor: at once what may go, at its date what the law keeps, with a certificate of both.

UK GDPR article 17(3)(b): what accounts need stays, apart, for finance alone, six years after the end of
the accounting year of the last gift (Charities Act 2011 section 131; HMRC's record keeping).
"""

from datetime import date, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, QuerySet

from api.clock import charity_date, charity_year_end, now
from api.errors import MoveRefused, NotFound
from api.models import (
    SUBSCRIPTION_ENDED,
    AuditLine,
    Donation,
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
    WebhookEvent,
)
from api.services import jobs
from api.services.audit import audit_record
from api.services.donor_sign_ins import donor_sign_ins_forget, donors_of
from api.services.erasure_documents import WHY_KEPT, YEARS_KEPT, certificate_words
from api.services.gateways import storage, stripe_customers
from api.services.mail_addresses import address_suppress
from api.services.personal_texts import ERASED, cleaned, donor_words, stripe_cleaned
from api.services.receipt_marks import AnyReceipt
from api.services.subscriptions import subscription_stop

STAND_IN = "Erased donor"
# Stripe may send news of a customer for a while: what it sends is cleaned, too.
STRIPE_NEWS = timedelta(days=120)
_EVENTS_AT_ONCE = 500


def erasure_retained_until(donor: Donor) -> date | None:
    """Until when name and address are kept for the accounts; None: no gift of theirs ever came."""
    last = Payment.objects.filter(donation__donor=donor).aggregate(last=Max("received_at"))["last"]
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
    """Stop the plans, have Stripe forget the customer, then forget here. Safe to call again."""
    erasure = Erasure.objects.select_related("donor").get(pk=erasure_id)
    if erasure.state != ErasureState.WAITING:
        return
    stopped = erasure_live_plans(erasure.donor)
    for plan in stopped:
        subscription_stop(plan)
    if erasure.stripe_customer_id:
        stripe_customers.customer_delete(erasure.stripe_customer_id)
    with transaction.atomic():
        donor = Donor.objects.select_for_update().get(pk=erasure.donor_id)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL domaap.erasing = 'on'")
        _forget(erasure, donor, plans_stopped=len(stopped))


def erasure_news_clean(customer_id: str) -> int:
    """Clean what Stripe sent about a forgotten customer since. Returns how many events were cleaned."""
    erasure = (
        Erasure.objects.exclude(stripe_customer_id="")
        .select_related("donor")
        .filter(stripe_customer_id=customer_id)
        .first()
    )
    if erasure is None or erasure.state == ErasureState.WAITING:
        return 0
    since = erasure.erased_at or erasure.asked_at
    return _events_clean(_events_of(erasure.donor, customer_id, since=since), [])


def erasures_finish() -> int:
    """Each night: clean what Stripe still sent, and let go what the law has no use for any more."""
    today = charity_date(now())
    for erasure in Erasure.objects.exclude(stripe_customer_id="").filter(
        state__in=(ErasureState.ERASED, ErasureState.FINISHED)
    ):
        erasure_news_clean(erasure.stripe_customer_id)
        if erasure.erased_at and erasure.erased_at < now() - STRIPE_NEWS:
            Erasure.objects.filter(pk=erasure.pk).update(stripe_customer_id="")
    due = RetainedRecord.objects.filter(keep_until__lt=today)
    finished = list(due.values_list("erasure_id", flat=True))
    with transaction.atomic():
        due.filter(erasure__in=finished).delete()
        Erasure.objects.filter(pk__in=finished).update(
            state=ErasureState.FINISHED, finished_at=now()
        )
        for erasure in Erasure.objects.filter(pk__in=finished).select_related("donor"):
            audit_record(
                action="donor.retained_deleted", subject=f"donor:{erasure.donor.reference}"
            )
    return len(finished)


def _forget(erasure: Erasure, donor: Donor, *, plans_stopped: int) -> None:
    """All of it in one transaction: either a donor is forgotten or nothing has changed."""
    if donor.erased_at is not None:
        raise MoveRefused("This donor is forgotten already.")
    words = donor_words(donor)
    kept_until = _retain(erasure, donor)
    if erasure.wants_silence:
        address_suppress(donor.email, SuppressedReason.ERASED)
    counts = {
        "events of Stripe's cleaned": _events_clean(
            _events_of(donor, erasure.stripe_customer_id), words
        ),
        "lines of the audit log cleaned": _audit_clean(donor, words),
        "e-mails emptied": _messages_blank(donor),
        "notes deleted": DonorNote.objects.filter(donor=donor).delete()[0],
        "tags taken off": DonorTag.objects.filter(donor=donor).delete()[0],
        "receipts without name and address": _receipts_blank(donor),
        "gifts without the donor's message": Donation.objects.filter(donor=donor)
        .exclude(message="")
        .update(message=""),
        "tributes deleted": _tributes_delete(donor),
        "notes on refunds emptied": Refund.objects.filter(donation__donor=donor)
        .exclude(note="")
        .update(note=ERASED),
        "notes on payments emptied": FollowUp.objects.filter(donation__donor=donor)
        .exclude(note="")
        .update(note=ERASED),
        "reasons for changes of plans emptied": _reasons_blank(donor),
        "kept views and schedules cleaned": _kept_searches_clean(words),
        "files of staff removed": _files_remove(),
        "monthly plans stopped": plans_stopped,
    }
    name_search, email_key = donor.name_search, donor.email_key
    _stand_in(donor)
    # Another donor of the address goes on signing in.
    if not donors_of(email_key).exists():
        counts["sign-ins removed"] = donor_sign_ins_forget(email_key)
    counts["words of the name taken out of the search"] = _words_remove(name_search)
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
    written.filter(state=MessageState.QUEUED).update(state=MessageState.HELD)
    return written.update(to="", subject=ERASED, text="", html="", error="")


def _audit_clean(donor: Donor, words: list[str]) -> int:
    """What was changed of the donor, before and after; who did it and when stays."""
    subjects = [f"donor:{donor.reference}"]
    subjects += [f"donation:{one}" for one in donor.donations.values_list("reference", flat=True)]
    subjects += [
        f"subscription:{one}" for one in donor.subscriptions.values_list("reference", flat=True)
    ]
    changed = 0
    for line in AuditLine.objects.filter(subject__in=subjects):
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


def _events_of(donor: Donor, customer_id: str, *, since: Any = None) -> QuerySet[WebhookEvent]:
    """What Stripe told about the donor: by the ids of their payments and plans, and of the customer."""
    names: set[str | None] = {customer_id}
    for path in ("donations__stripe_payment_intent_id", "donations__stripe_invoice_id"):
        names |= set(Donor.objects.filter(pk=donor.pk).values_list(path, flat=True))
    names |= set(donor.subscriptions.values_list("stripe_subscription_id", flat=True))
    names |= set(
        Payment.objects.filter(donation__donor=donor).values_list("stripe_charge_id", flat=True)
    )
    patterns = [f'%"{name}"%' for name in sorted(one for one in names if one)]
    events = WebhookEvent.objects.extra(where=["payload::text LIKE ANY(%s)"], params=[patterns])
    # A year's events of everybody are read once for this: they are younger than the donor.
    return events.filter(received_at__gte=since or donor.created_at - timedelta(days=1))


def _events_clean(events: QuerySet[WebhookEvent], words: list[str]) -> int:
    changed = 0
    for event in events.iterator(chunk_size=_EVENTS_AT_ONCE):
        payload = dict(event.payload)
        payload["data"] = stripe_cleaned(payload.get("data"), words)
        error = cleaned(event.error, words)
        if payload != event.payload or error != event.error:
            WebhookEvent.objects.filter(pk=event.pk).update(payload=payload, error=error)
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
    return changed


def _files_remove() -> int:
    """Files that staff had made may name the donor: they can be made again, without."""
    runs = ReportRun.objects.filter(state=RunState.READY)
    for run in runs:
        transaction.on_commit(partial(storage.file_remove, run.stored_as))
    return runs.update(state=RunState.EXPIRED)


def _words_remove(name_search: str) -> int:
    """Words of the name that no other donor's name has."""
    alone = [
        word
        for word in name_search.split()
        if not Donor.objects.filter(name_search__contains=f" {word}").exists()
    ]
    return NameWord.objects.filter(word__in=alone).delete()[0]
