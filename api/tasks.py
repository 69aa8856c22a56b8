"""What the worker may run: thin, one call each."""

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from api.services import (
    alert_emails,
    checkups,
    donor_sign_ins,
    email_changes,
    erasures,
    gaps,
    give_links,
    invoices,
    ledger_seals,
    mail_events,
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


@app.task(retry=_PATIENT)
def receipt_email(*, donation_id: int) -> None:
    """Write and send the receipt of a settled gift."""
    try:
        receipt_emails.receipt_email_send(donation_id)
    finally:
        # Jobs run in threads that nobody tidies: the connection goes back to the pool here.
        connections.close_all()


@app.task(retry=_PATIENT)
def receipt_copy_email(*, donation_id: int, once: str) -> None:
    """Write and send a copy of a receipt that staff asked for."""
    try:
        receipt_emails.receipt_copy_send(donation_id, once)
    finally:
        connections.close_all()


@app.task(retry=_PATIENT)
def message_email(*, message_id: int) -> None:
    """Send an e-mail that was written before."""
    try:
        message_log.message_email_send(message_id)
    finally:
        connections.close_all()


# One chunk of statements at a time: receipts of today's gifts have the other hand of the worker.
@app.task(retry=_PATIENT, lock="statements")
def statement_chunk(*, run_id: int, after: int) -> None:
    """Send statements to the next donors of a run."""
    try:
        statement_runs.statement_chunk_send(run_id, after)
    finally:
        connections.close_all()


@app.task(retry=_PATIENT)
def donor_link_email(*, donor_link_id: int) -> None:
    """Send a donor the link that was asked for."""
    try:
        donor_sign_ins.donor_link_email_send(donor_link_id)
    finally:
        connections.close_all()


@app.task(retry=_PATIENT)
def email_change_email(*, email_change_id: int, side: str) -> None:
    """Ask one of the two addresses about a change of address."""
    try:
        email_changes.email_change_email_send(email_change_id, side=side)
    finally:
        connections.close_all()


@app.task(retry=_PATIENT)
def alert_email(*, alert_id: int) -> None:
    """Write and send an alert to staff."""
    try:
        alert_emails.alert_email_send(alert_id)
    finally:
        connections.close_all()


@app.task(retry=_PATIENT)
def password_reset_email(*, user_id: int, mark: str) -> None:
    """Write and send a link for a new password, if there is anybody to send it to."""
    try:
        password_resets.password_reset_send(user_id, mark)
    finally:
        connections.close_all()


@app.task(retry=_PATIENT)
def password_changed_email(*, user_id: int, mark: str) -> None:
    """Tell a member of staff that their password was changed."""
    try:
        password_resets.password_changed_tell(user_id, mark)
    finally:
        connections.close_all()


@app.task(retry=_PATIENT)
def give_link_email(*, follow_up_id: int) -> None:
    """Write and send a link to give again."""
    try:
        give_links.give_link_send(follow_up_id)
    finally:
        connections.close_all()


@app.task(retry=_PATIENT)
def failure_describe(*, donation_id: int) -> None:
    """Ask Stripe why a month failed: its event does not tell."""
    try:
        invoices.failure_describe(donation_id)
    finally:
        connections.close_all()


@app.task(lock="rehearsal")
def rehearsal_run(*, rehearsal_id: int) -> None:
    """Rehearse policies that somebody wants to compare, one comparison at a time."""
    try:
        rehearsals.rehearsal_run(rehearsal_id)
    finally:
        connections.close_all()


@app.task(retry=_PATIENT)
def plan_change_email(*, plan_change_id: int) -> None:
    """Tell a donor what was changed of their plan."""
    try:
        plan_messages.plan_change_email_send(plan_change_id)
    finally:
        connections.close_all()


@app.task(retry=_PATIENT)
def debit_notice_email(*, subscription_id: int, why: str) -> None:
    """Tell the payer of a Direct Debit what is collected and when, before it is."""
    try:
        plan_messages.debit_notice_email_send(subscription_id, why=why)
    finally:
        connections.close_all()


@app.task(retry=_PATIENT)
def recovery_step(*, recovery_id: int) -> None:
    """Do at once what is to be done about a payment that has just failed."""
    try:
        recoveries.recovery_step(recovery_id)
    finally:
        connections.close_all()


@app.task(retry=_PATIENT)
def payment_failed_email(*, recovery_step_id: int) -> None:
    """Tell a donor that a gift failed."""
    try:
        plan_messages.payment_failed_email_send(recovery_step_id)
    finally:
        connections.close_all()


@app.task(retry=_PATIENT)
def card_expires_email(*, subscription_id: int, expires_on: str) -> None:
    """Tell a donor that a card expires."""
    try:
        plan_messages.card_expires_email_send(subscription_id, expires_on=expires_on)
    finally:
        connections.close_all()


@app.periodic(cron="*/10 * * * *")
@app.task(queue="clock", queueing_lock="recoveries_run")
def recoveries_run(timestamp: int) -> None:
    """Every ten minutes: steps about failed payments that are due."""
    try:
        recoveries.recoveries_run()
    finally:
        connections.close_all()


@app.periodic(cron="0 9 * * *")
@app.task(queue="clock", queueing_lock="cards_remind")
def cards_remind(timestamp: int) -> None:
    """Each morning: cards that expire soon."""
    try:
        plan_mending.cards_remind()
    finally:
        connections.close_all()


@app.periodic(cron="45 3 * * *")
@app.task(queue="clock", queueing_lock="plans_mend")
def plans_mend(timestamp: int) -> None:
    """Each night: our plans against Stripe's."""
    try:
        plan_mending.plans_mend()
    finally:
        connections.close_all()


@app.task(retry=_PATIENT)
def plan_pay_failed(*, subscription_id: int, reference: str) -> None:
    """Try what failed from a new card or account."""
    try:
        plan_methods.plan_pay_failed(subscription_id=subscription_id, reference=reference)
    finally:
        connections.close_all()


@app.task(retry=_PATIENT)
def plan_method_describe(*, subscription_id: int) -> None:
    """Ask Stripe what a plan is paid with."""
    try:
        plan_methods.plan_method_describe(subscription_id)
    finally:
        connections.close_all()


@app.periodic(cron="* * * * *")
@app.task(queue="clock", queueing_lock="ledger_seal")
def ledger_seal(timestamp: int) -> None:
    """Seal what was posted since the last minute."""
    try:
        while ledger_seals.ledger_seal():
            pass
    finally:
        connections.close_all()


@app.periodic(cron="* * * * *")
@app.task(queue="clock", queueing_lock="summaries_fold")
def summaries_fold(timestamp: int) -> None:
    """Add up what the kept sums were told since the last minute."""
    try:
        summaries.summaries_fold()
    finally:
        connections.close_all()


@app.task(retry=_PATIENT)
def erasure(*, erasure_id: int) -> None:
    """Forget a donor."""
    try:
        erasures.erasure_carry_out(erasure_id)
    finally:
        connections.close_all()


@app.periodic(cron="45 4 * * *")
@app.task(queue="clock", queueing_lock="erasures_finish")
def erasures_finish(timestamp: int) -> None:
    """Each night: let go what the law has no use for any more."""
    try:
        erasures.erasures_finish()
    finally:
        connections.close_all()


@app.periodic(cron="30 4 * * *")
@app.task(queue="clock", queueing_lock="summaries_prove")
def summaries_prove(timestamp: int) -> None:
    """Each night: hold the kept sums against a recount."""
    try:
        summaries.summaries_prove()
    finally:
        connections.close_all()


@app.periodic(cron="*/5 * * * *")
@app.task(queue="clock", queueing_lock="name_words_gather")
def name_words_gather(timestamp: int) -> None:
    """Take words of new donors' names into the list that mistyped searches are compared with."""
    try:
        while name_words.name_words_gather():
            pass
    finally:
        connections.close_all()


@app.periodic(cron="*/10 * * * *")
@app.task(queue="clock", queueing_lock="returned_mail")
def returned_mail(timestamp: int) -> None:
    """Read what mail servers sent back, where a mailbox is set."""
    try:
        if settings.BOUNCE_IMAP_HOST:
            mail_events.returned_mailbox_read()
    finally:
        connections.close_all()


@app.periodic(cron="*/5 * * * *")
@app.task(queue="clock", queueing_lock="gaps_mend")
def gaps_mend(timestamp: int) -> None:
    """Ask Stripe for what no delivery brought."""
    try:
        gaps.gaps_mend()
    finally:
        connections.close_all()


@app.task(retry=RetryStrategy(max_attempts=3, wait=60), lock="reconcile")
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
def reconcile_nightly(timestamp: int) -> None:
    """Each night: the last 35 days."""
    try:
        run = reconciliation_runs.reconciliation_of_night()
        reconcile.defer(reconciliation_id=run.pk)
    finally:
        connections.close_all()


@app.periodic(cron="15 * * * *")
@app.task(queue="clock", queueing_lock="sign_ins_clean")
def sign_ins_clean(timestamp: int) -> None:
    """Each hour: forget old counters and sessions that ended long ago."""
    try:
        rate_limits.rate_limits_clean()
        sign_in_pauses.pauses_clean()
        sessions.sessions_clean()
        donor_sign_ins.donor_sign_ins_clean()
        call_command("clearsessions")
    finally:
        connections.close_all()


@app.task(retry=RetryStrategy(max_attempts=3, wait=10))
def report_run(*, run_id: int) -> None:
    """Make a file that somebody asked for."""
    try:
        report_runs.run_carry_out(run_id)
    finally:
        connections.close_all()


@app.task(retry=_PATIENT)
def report_email(*, run_id: int) -> None:
    """Tell the recipient of a scheduled report that it is ready."""
    try:
        report_emails.report_email_send(run_id)
    finally:
        connections.close_all()


@app.periodic(cron="*/10 * * * *")
@app.task(queue="clock", queueing_lock="report_schedules")
def report_schedules_run(timestamp: int) -> None:
    """Every ten minutes: reports whose day has come."""
    try:
        report_schedules.schedules_run()
    finally:
        connections.close_all()


@app.periodic(cron="15 2 * * *")
@app.task(queue="clock", queueing_lock="report_runs_expire")
def report_runs_expire(timestamp: int) -> None:
    """Each night: files that are past their time."""
    try:
        report_runs.runs_expire()
    finally:
        connections.close_all()


@app.periodic(cron="5 * * * *")
@app.task(queue="clock", queueing_lock="checkup")
def checkup(timestamp: int) -> None:
    """Each hour: let the doctor look, so that Prometheus and the page of staff know."""
    try:
        checkups.checkup_run()
    finally:
        connections.close_all()
