"""What needs a person: each kind with how many there are, and the rows that it opens."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Count, Min

from api.models import (
    DISPUTE_WAITS_FOR_US,
    Dispute,
    Message,
    MessageState,
    Payout,
    PayoutStatus,
    Reconciliation,
    ReconciliationStage,
    Right,
    SubscriptionStatus,
    WebhookEvent,
    WebhookStatus,
)
from api.services.bank_lines import (
    bank_lines_of_stripe_unmatched,
    bank_statement_ends_on,
    payouts_unmatched,
)
from api.services.plan_figures import PlanMonth

Rights = Callable[[Right], bool]
Query = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Rows:
    """Which rows a figure is made of: a table of staff and what it is filtered to."""

    noun: str
    query: Query = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """One thing that needs a person. `count` 0: looked at, and all is well.

    `name` is for programs; `words` say what it is, `fine` that there is none. `due_at`: the first time limit.
    """

    name: str
    count: int
    words: str
    fine: str
    rows: Rows
    due_at: datetime | None = None
    note: str = ""


def rows_address(rows: Rows) -> str:
    """Where these rows are shown: the only place that knows."""
    path = f"/admin/{rows.noun}/"
    return f"{path}?{urlencode(rows.query, doseq=True)}" if rows.query else path


def tasks_read(may: Rights, plans: Sequence[PlanMonth]) -> list[Task]:
    """Every kind that this person may see, those with a time limit first."""
    return [task for right, read in _KINDS if may(right) for task in read(plans)]


# What the doctor found not to work, the last time.
_UNSOUND = (
    "(SELECT count(*) FROM jsonb_array_elements(coalesce((SELECT findings FROM api_checkup"
    " ORDER BY id DESC LIMIT 1), '[]')) AS one WHERE one->>'state' = %s)"
)


def waiting_counts(rights: Collection[Right]) -> dict[str, int]:
    """How many things wait for who has these rights: one query, for every page."""
    asked: dict[str, tuple[str, Any]] = {
        name: (f"(SELECT count(*) FROM {table} WHERE status = ANY(%s))", statuses)  # noqa: S608  (our own table)
        for name, (right, table, statuses) in _WAITING.items()
        if right in rights
    }
    if Right.AUDIT_VIEW in rights:
        asked["unsound"] = (_UNSOUND, "problem")
    if not asked:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(sql for sql, _ in asked.values())}",
            [wanted for _, wanted in asked.values()],
        )
        return dict(zip(asked, cursor.fetchone() or (), strict=True))


def _disputes(_: Sequence[PlanMonth]) -> Iterator[Task]:
    waiting = Dispute.objects.filter(status__in=DISPUTE_WAITS_FOR_US)
    found = waiting.aggregate(count=Count("pk"), due=Min("evidence_due_at"))
    yield Task(
        "disputes_due",
        found["count"],
        "disputes wait for our answer" if found["count"] != 1 else "dispute waits for our answer",
        "no dispute waits for our answer",
        Rows("disputes", {"waits": "yes"}),
        due_at=found["due"],
    )


def _events(_: Sequence[PlanMonth]) -> Iterator[Task]:
    count = WebhookEvent.objects.filter(status=WebhookStatus.FAILED).count()
    yield Task(
        "failed_events",
        count,
        f"event{_s(count)} from Stripe could not be handled",
        "every event from Stripe was handled",
        Rows("events", {"status": "failed"}),
    )


def _differences(_: Sequence[PlanMonth]) -> Iterator[Task]:
    """Of the newest comparison that was finished, and whether one since could not be."""
    ended = Reconciliation.objects.order_by("-id")
    run = ended.filter(stage=ReconciliationStage.FINISHED).first()
    failed = ended.filter(stage=ReconciliationStage.FAILED).first()
    has_failed = bool(failed and (run is None or failed.pk > run.pk))
    count = run.differences.count() if run else 0
    agree = "" if has_failed else "our books agree with Stripe's"
    yield Task(
        "differences",
        count,
        f"difference{_s(count)} between our books and Stripe's",
        agree if run else "our books were not compared with Stripe's yet",
        # The page of comparisons shows the newest, which has failed: its own page has what it found.
        Rows(f"api/reconciliation/{run.pk}/change" if run and has_failed else "reconciliation"),
    )
    is_broken = bool(run and run.chain_broken)
    yield Task(
        "comparison_failed",
        int(is_broken or has_failed),
        "comparison found that the books were changed by hand"
        if is_broken
        else "comparison with Stripe could not be finished",
        "",
        Rows("reconciliation"),
    )


def _bank(_: Sequence[PlanMonth]) -> Iterator[Task]:
    """Only what the imported statements should show."""
    ends_on = bank_statement_ends_on()
    missing = payouts_unmatched().filter(arrives_on__lte=ends_on).count() if ends_on else 0
    yield Task(
        "payouts_unmatched",
        missing,
        f"payout{_s(missing)} not found on the bank statement",
        "every payout is on the bank statement"
        if ends_on
        else "no bank statement was imported yet",
        Rows("reconciliation"),
    )
    strange = len(bank_lines_of_stripe_unmatched()) if ends_on else 0
    yield Task(
        "bank_lines_unmatched",
        strange,
        f"bank line{_s(strange)} from Stripe that {'is' if strange == 1 else 'are'} no payout of ours",
        "",
        Rows("reconciliation"),
    )


def _payouts_failed(_: Sequence[PlanMonth]) -> Iterator[Task]:
    """The bank's last word: the newest payout came back, so the next ones may too."""
    newest = Payout.objects.order_by("-made_at", "-id").values_list("status", flat=True)[:1]
    failed = int(PayoutStatus.FAILED in newest)
    yield Task(
        "payout_failed",
        failed,
        "payout came back: the bank refused it",
        "",
        Rows("payouts", {"status": PayoutStatus.FAILED}),
    )


def _plans_failing(plans: Sequence[PlanMonth]) -> Iterator[Task]:
    last = {row.currency: row.failing_now.plans for row in plans}
    count = sum(last.values())
    yield Task(
        "plans_failing",
        count,
        f"monthly plan{_s(count)} whose payment fails",
        "every monthly plan is paid",
        Rows("plans", {"status": [SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID]}),
    )


def _messages(_: Sequence[PlanMonth]) -> Iterator[Task]:
    lost = [MessageState.FAILED, MessageState.BOUNCED]
    count = Message.objects.filter(state__in=lost).count()
    yield Task(
        "messages_refused",
        count,
        f"e-mail{_s(count)} that did not arrive",
        "every e-mail arrived",
        Rows("messages", {"state": lost}),
    )


def _s(count: int) -> str:
    return "" if count == 1 else "s"


_WAITING: dict[str, tuple[Right, str, list[Any]]] = {
    "disputes": (Right.BANK_VIEW, Dispute._meta.db_table, sorted(DISPUTE_WAITS_FOR_US)),
    "failed_events": (
        Right.EVENTS_VIEW,
        WebhookEvent._meta.db_table,
        [WebhookStatus.FAILED.value],
    ),
}
_KINDS: list[tuple[Right, Callable[[Sequence[PlanMonth]], Iterator[Task]]]] = [
    (Right.BANK_VIEW, _disputes),
    (Right.EVENTS_VIEW, _events),
    (Right.BOOKS_VIEW, _differences),
    (Right.BOOKS_VIEW, _bank),
    (Right.BANK_VIEW, _payouts_failed),
    (Right.GIVING_VIEW, _plans_failing),
    (Right.MESSAGES_VIEW, _messages),
]
