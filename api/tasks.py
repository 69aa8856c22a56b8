"""What the worker may run: thin, one call each."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from api.services import (
    alert_emails,
    appeal_runs,
    checkups,
    donor_sign_ins,
    donors,
    email_changes,
    erasures,
    gaps,
    give_links,
    invoices,
    ledger_seals,
    mail_events,
    mail_runs,
    message_log,
    name_words,
    password_resets,
    plan_mending,
    plan_messages,
    plan_methods,
    rate_limits,
    receipt_emails,
    reconciliation_runs,
    recoveries,
    rehearsals,
    report_emails,
    report_runs,
    report_schedules,
    sessions,
    sign_in_pauses,
    statement_runs,
    summaries,
)

# What the clock starts is on the queue "clock", apart from what facts cause.
_PATIENT = RetryStrategy(max_attempts=12, exponential_wait=3)


def _tidied[**P, R](work: Callable[P, R]) -> Callable[P, R]:
    """Jobs run in threads that nobody tidies: the connection goes back to the pool when one is done."""

    @wraps(work)
    def carried_out(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return work(*args, **kwargs)
        finally:
            connections.close_all()

    return carried_out


@app.task(retry=_PATIENT)
@_tidied
def receipt_email(*, donation_id: int) -> None:
    """Write and send the receipt of a settled gift."""
    receipt_emails.receipt_email_send(donation_id)


@app.task(retry=_PATIENT)
@_tidied
def receipt_copy_email(*, donation_id: int, once: str) -> None:
    """Write and send a copy of a receipt that staff asked for."""
    receipt_emails.receipt_copy_send(donation_id, once)


@app.task(retry=_PATIENT)
@_tidied
def receipt_replaced_email(*, donation_id: int, number: str) -> None:
    """Write and send a receipt that took the place of a wrong one."""
    receipt_emails.receipt_replaced_send(donation_id, number)


@app.task(retry=_PATIENT)
@_tidied
def message_email(*, message_id: int) -> None:
    """Send an e-mail that was written before."""
    message_log.message_email_send(message_id)


# One chunk of such e-mails at a time: receipts of today's gifts have the other hand of the worker.
@app.task(retry=_PATIENT, lock="mail_runs")
@_tidied
def statement_chunk(*, run_id: int, after: int) -> None:
    """Send statements to the next donors of a run."""
    mail_runs.mail_run_chunk_send(statement_runs.STATEMENTS, run_id, after)


@app.task(retry=_PATIENT, lock="mail_runs")
@_tidied
def appeal_chunk(*, run_id: int, after: int) -> None:
    """Send an appeal to the next donors of a run."""
    mail_runs.mail_run_chunk_send(appeal_runs.APPEALS, run_id, after)


@app.task(retry=_PATIENT)
@_tidied
def donor_link_email(*, donor_link_id: int) -> None:
    """Send a donor the link that was asked for."""
    donor_sign_ins.donor_link_email_send(donor_link_id)


@app.task(retry=_PATIENT)
@_tidied
def email_change_email(*, email_change_id: int, side: str) -> None:
    """Ask one of the two addresses about a change of address."""
    email_changes.email_change_email_send(email_change_id, side=side)


@app.task(retry=_PATIENT)
@_tidied
def donor_customer_follow(*, donor_id: int) -> None:
    """Tell Stripe a donor's name and address of now."""
    donors.donor_customer_follow(donor_id)


@app.task(retry=_PATIENT)
@_tidied
def alert_email(*, alert_id: int) -> None:
    """Write and send an alert to staff."""
    alert_emails.alert_email_send(alert_id)


@app.task(retry=_PATIENT)
@_tidied
def password_reset_email(*, user_id: int, mark: str) -> None:
    """Write and send a link for a new password, if there is anybody to send it to."""
    password_resets.password_reset_send(user_id, mark)


@app.task(retry=_PATIENT)
@_tidied
def password_changed_email(*, user_id: int, mark: str) -> None:
    """Tell a member of staff that their password was changed."""
    password_resets.password_changed_tell(user_id, mark)


@app.task(retry=_PATIENT)
@_tidied
def give_link_email(*, follow_up_id: int) -> None:
    """Write and send a link to give again."""
    give_links.give_link_send(follow_up_id)


@app.task(retry=_PATIENT)
@_tidied
def failure_describe(*, donation_id: int) -> None:
    """Ask Stripe why a month failed: its event does not tell."""
    invoices.failure_describe(donation_id)


@app.task(retry=_PATIENT, lock="rehearsal")
@_tidied
def rehearsal_run(*, rehearsal_id: int) -> None:
    """Rehearse policies that somebody wants to compare, one comparison at a time."""
    rehearsals.rehearsal_run(rehearsal_id)


@app.task(retry=_PATIENT)
@_tidied
def plan_change_email(*, plan_change_id: int) -> None:
    """Tell a donor what was changed of their plan."""
    plan_messages.plan_change_email_send(plan_change_id)


@app.task(retry=_PATIENT)
@_tidied
def debit_notice_email(*, subscription_id: int, why: str) -> None:
    """Tell the payer of a Direct Debit what is collected and when, before it is."""
    plan_messages.debit_notice_email_send(subscription_id, why=why)


@app.task(retry=_PATIENT)
@_tidied
def recovery_step(*, recovery_id: int) -> None:
    """Do at once what is to be done about a payment that has just failed."""
    recoveries.recovery_step(recovery_id)


@app.task(retry=_PATIENT)
@_tidied
def payment_failed_email(*, recovery_step_id: int) -> None:
    """Tell a donor that a gift failed."""
    plan_messages.payment_failed_email_send(recovery_step_id)


@app.task(retry=_PATIENT)
@_tidied
def card_expires_email(*, subscription_id: int, expires_on: str) -> None:
    """Tell a donor that a card expires."""
    plan_messages.card_expires_email_send(subscription_id, expires_on=expires_on)


@app.periodic(cron="*/10 * * * *")
@app.task(queue="clock", queueing_lock="recoveries_run")
@_tidied
def recoveries_run(timestamp: int) -> None:
    """Every ten minutes: steps about failed payments that are due."""
    recoveries.recoveries_run()


@app.periodic(cron="0 9 * * *")
@app.task(queue="clock", queueing_lock="cards_remind")
@_tidied
def cards_remind(timestamp: int) -> None:
    """Each morning: cards that expire soon."""
    plan_mending.cards_remind()


@app.periodic(cron="45 3 * * *")
@app.task(queue="clock", queueing_lock="plans_mend")
@_tidied
def plans_mend(timestamp: int) -> None:
    """Each night: our plans against Stripe's."""
    plan_mending.plans_mend()


@app.task(retry=_PATIENT)
@_tidied
def plan_pay_failed(*, subscription_id: int, reference: str) -> None:
    """Try what failed from a new card or account."""
    plan_methods.plan_pay_failed(subscription_id=subscription_id, reference=reference)


@app.task(retry=_PATIENT)
@_tidied
def plan_method_describe(*, subscription_id: int) -> None:
    """Ask Stripe what a plan is paid with."""
    plan_methods.plan_method_describe(subscription_id)


@app.periodic(cron="* * * * *")
@app.task(queue="clock", queueing_lock="ledger_seal")
@_tidied
def ledger_seal(timestamp: int) -> None:
    """Seal what was posted since the last minute."""
    while ledger_seals.ledger_seal():
        pass


@app.periodic(cron="* * * * *")
@app.task(queue="clock", queueing_lock="summaries_fold")
@_tidied
def summaries_fold(timestamp: int) -> None:
    """Add up what the kept sums were told since the last minute."""
    summaries.summaries_fold()


@app.task(retry=_PATIENT)
@_tidied
def erasure(*, erasure_id: int) -> None:
    """Forget a donor."""
    erasures.erasure_carry_out(erasure_id)


@app.periodic(cron="45 4 * * *")
@app.task(queue="clock", queueing_lock="erasures_finish")
@_tidied
def erasures_finish(timestamp: int) -> None:
    """Each night: let go what the law has no use for any more."""
    erasures.erasures_finish()


@app.periodic(cron="30 4 * * *")
@app.task(queue="clock", queueing_lock="summaries_prove")
@_tidied
def summaries_prove(timestamp: int) -> None:
    """Each night: hold the kept sums against a recount."""
    summaries.summaries_prove()


@app.periodic(cron="*/5 * * * *")
@app.task(queue="clock", queueing_lock="name_words_gather")
@_tidied
def name_words_gather(timestamp: int) -> None:
    """Take words of new donors' names into the list that mistyped searches are compared with."""
    while name_words.name_words_gather():
        pass


@app.periodic(cron="*/10 * * * *")
@app.task(queue="clock", queueing_lock="returned_mail")
@_tidied
def returned_mail(timestamp: int) -> None:
    """Read what mail servers sent back, where a mailbox is set."""
    if settings.BOUNCE_IMAP_HOST:
        mail_events.returned_mailbox_read()


@app.periodic(cron="*/5 * * * *")
@app.task(queue="clock", queueing_lock="gaps_mend")
@_tidied
def gaps_mend(timestamp: int) -> None:
    """Ask Stripe for what no delivery brought."""
    gaps.gaps_mend()


@app.task(retry=RetryStrategy(max_attempts=3, wait=60), lock="reconcile")
@_tidied
def reconcile(*, reconciliation_id: int) -> None:
    """Compare our books with Stripe's; why it failed is kept on its row."""
    try:
        reconciliation_runs.reconciliation_run(reconciliation_id)
    except Exception as error:
        reconciliation_runs.reconciliation_fail(reconciliation_id, error)
        raise
    finally:
        connections.close_all()


@app.periodic(cron="30 3 * * *")
@app.task(queue="clock", queueing_lock="reconcile_nightly")
@_tidied
def reconcile_nightly(timestamp: int) -> None:
    """Each night: the last 35 days."""
    reconciliation_runs.reconciliation_nightly()


@app.periodic(cron="15 * * * *")
@app.task(queue="clock", queueing_lock="sign_ins_clean")
@_tidied
def sign_ins_clean(timestamp: int) -> None:
    """Each hour: forget old counters and sessions that ended long ago."""
    rate_limits.rate_limits_clean()
    sign_in_pauses.pauses_clean()
    sessions.sessions_clean()
    donor_sign_ins.donor_sign_ins_clean()
    call_command("clearsessions")


@app.task(retry=RetryStrategy(max_attempts=3, wait=10))
@_tidied
def report_run(*, run_id: int) -> None:
    """Make a file that somebody asked for."""
    report_runs.run_carry_out(run_id)


@app.task(retry=_PATIENT)
@_tidied
def report_email(*, run_id: int) -> None:
    """Tell the recipient of a scheduled report that it is ready."""
    report_emails.report_email_send(run_id)


@app.periodic(cron="*/10 * * * *")
@app.task(queue="clock", queueing_lock="report_schedules")
@_tidied
def report_schedules_run(timestamp: int) -> None:
    """Every ten minutes: reports whose day has come."""
    report_schedules.schedules_run()


@app.periodic(cron="15 2 * * *")
@app.task(queue="clock", queueing_lock="report_runs_expire")
@_tidied
def report_runs_expire(timestamp: int) -> None:
    """Each night: files that are past their time."""
    report_runs.runs_expire()


@app.periodic(cron="5 * * * *")
@app.task(queue="clock", queueing_lock="checkup")
@_tidied
def checkup(timestamp: int) -> None:
    """Each hour: let the doctor look, so that Prometheus and the page of staff know."""
    checkups.checkup_run()
