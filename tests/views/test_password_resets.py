"""A forgotten password: a link that works once, for an hour, and tells nobody whether there is an account."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from api.models import AuditLine, Message, MessageKind, StaffSession, User
from api.services.jobs import CAUSE
from api.services.password_resets import (
    EMAILS_MOST,
    LINK_LIFE,
    ResetTokens,
    password_changed_tell,
    password_reset_send,
)
from api.services.sessions import session_start
from api.services.users import link_number
from tests.clients import Client
from tests.people import staff
from tests.views.test_sign_in import PASSWORD, browser, farid, password, post

__all__ = ["browser", "farid"]
pytestmark = pytest.mark.django_db
ASK = "/admin/password-forgotten/"
NEW = {"new_password1": "winter coats 77", "new_password2": "winter coats 77"}


@pytest.fixture(autouse=True)
def queue(no_jobs: None) -> None:
    """Nothing is queued yet."""


def jobs(task: str) -> list[dict[str, Any]]:
    """What is queued for a task."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args FROM procrastinate_jobs WHERE task_name = %s ORDER BY id",
            [f"api.tasks.{task}"],
        )
        found = [json.loads(args) for (args,) in cursor.fetchall()]
    return [{key: value for key, value in args.items() if key != CAUSE} for args in found]


def ask(browser: Client, email: str, **more: Any) -> Any:
    """Fill in the form."""
    return post(browser, ASK, {"email": email}, **more)


def link(browser: Client, email: str) -> str:
    """Ask, let the worker send, and open the e-mail."""
    Message.objects.update(created_at=F("created_at") - timedelta(minutes=5))
    ask(browser, email)
    password_reset_send(**jobs("password_reset_email")[-1])
    found = re.search(r"http://localhost:3000(/admin/password-reset/\S+)", newest().text)
    assert found
    return found[1]


def newest() -> Message:
    """The e-mail that was written last."""
    return Message.objects.latest("id")


def test_a_new_password_ends_every_session_is_told_and_opens_nothing_without_the_second_factor(
    browser: Client, farid: User
) -> None:
    session = session_start(user=farid).session
    path = link(browser, " Farid@Example.org ")
    assert (newest().to, newest().kind) == (farid.email, MessageKind.PASSWORD_RESET)
    assert path in newest().html
    assert (
        "There is a problem" in post(browser, path, {**NEW, "new_password2": "x"}).content.decode()
    )
    assert post(browser, path, NEW)["Location"] == "/admin/login/"
    assert StaffSession.objects.get(pk=session.pk).ended_why == "password changed"
    assert "This link is over" in post(browser, path, NEW).content.decode()
    assert password(browser, farid.email, PASSWORD).status_code == 200
    assert password(browser, farid.email, NEW["new_password1"])["Location"].endswith(
        "second-factor/"
    )
    assert browser.get("/admin/account/")["Location"].startswith("/admin/login/")

    [told] = jobs("password_changed_email")
    for _ in range(2):
        password_changed_tell(**told)
    mails = Message.objects.filter(kind=MessageKind.PASSWORD_CHANGED)
    assert [mail.to for mail in mails] == [farid.email]
    assert "Was it not you?" in mails[0].text and "Was it not you?" in mails[0].html
    assert AuditLine.objects.filter(action="staff.reset_asked", actor=None).count() == 1
    assert AuditLine.objects.filter(action="staff.password_set").count() == 1


def test_the_answer_and_the_work_are_the_same_whether_there_is_an_account(
    browser: Client, farid: User
) -> None:
    closed = staff(farid.role, "Carl")
    User.objects.filter(pk=closed.pk).update(is_active=False)
    ask(browser, "first@example.org")
    answers, queries = [], []
    for email in (farid.email, closed.email, "nobody@example.org"):
        with CaptureQueriesContext(connection) as asked:
            answers.append(ask(browser, email).content.decode().replace(email, "X"))
        queries.append(len(asked))
    assert answers[0] == answers[1] == answers[2] and len(set(queries)) == 1
    assert "If there is an account" in answers[0]
    queued = jobs("password_reset_email")
    assert [job["user_id"] for job in queued] == [0, farid.pk, 0, 0]
    for job in [*queued, *queued]:
        password_reset_send(**job)
    assert [mail.to for mail in Message.objects.all()] == [farid.email]
    assert "Enter your e-mail address" in ask(browser, "farid").content.decode()


def test_links_end_with_time_a_sign_in_and_a_newer_password_and_never_fit_another_account(
    browser: Client, farid: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = link(browser, farid.email)
    late = ResetTokens()._now() + LINK_LIFE + timedelta(seconds=5)
    with monkeypatch.context() as patch:
        patch.setattr(ResetTokens, "_now", lambda self: late)
        assert "This link is over" in browser.get(path).content.decode()
    other = staff(farid.role, "Gita")
    number, token = path.split("/")[3:5]
    for wrong in (
        path.replace(number, link_number(other)),
        path.replace(token, "x-y"),
        path[:-2] + "/",
    ):
        assert "This link is over" in browser.get(wrong).content.decode()
    welcome = path.replace("password-reset", "welcome")
    assert "This link is over" in browser.get(welcome).content.decode()
    assert "Keep this password" in browser.get(path).content.decode()
    session_start(user=farid)
    assert "This link is over" in browser.get(path).content.decode()
    second = link(browser, farid.email)
    User.objects.filter(pk=farid.pk).update(is_active=False)
    assert "This link is over" in browser.get(second).content.decode()


def test_who_asks_often_waits_and_shuts_out_nobody_and_no_mailbox_is_filled(
    browser: Client, farid: User
) -> None:
    answers = [ask(browser, farid.email, REMOTE_ADDR="203.0.113.9").status_code for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]
    assert ask(browser, farid.email, REMOTE_ADDR="198.51.100.1").status_code == 200
    assert ask(browser, "else@example.org", REMOTE_ADDR="203.0.113.9").status_code == 200
    for job in jobs("password_reset_email"):
        password_reset_send(**job)
    assert Message.objects.count() == 1  # The link of a moment ago still works.
    for _ in range(EMAILS_MOST + 2):
        Message.objects.update(created_at=F("created_at") - timedelta(minutes=3))
        password_reset_send(farid.pk, f"{Message.objects.count()}")
    assert Message.objects.count() == EMAILS_MOST


def test_a_late_worker_sends_no_link_that_is_over_and_staff_read_none(
    browser: Client, farid: User, client: Client
) -> None:
    link(browser, farid.email)
    Message.objects.update(created_at=F("created_at") - LINK_LIFE, state="queued")
    password_reset_send(**jobs("password_reset_email")[-1])
    assert newest().state == "queued"
    client.force_login(staff(farid.role, "Zoe"))
    page = client.get(f"/admin/messages/{newest().pk}/").content.decode()
    assert "What it says is for its reader alone." in page and "password-reset" not in page
    assert b"password-reset" not in client.get(f"/admin/messages/{newest().pk}/html/").content
    Message.objects.update(state="failed")
    client.post(f"/admin/messages/{newest().pk}/again/")
    assert newest().state == "failed"
