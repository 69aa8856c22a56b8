"""What the pages of all runs of e-mails share: how far one is; pausing it, going on with it, stopping it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from api.clock import duration_words
from api.errors import MoveRefused, NotFound
from api.models import MailRun, MailRunState
from api.services.mail_runs import (
    MailRuns,
    RunFigures,
    mail_run_figures,
    mail_run_find,
    mail_run_move,
)
from api.views.access import actor

_MOVES = {
    "pause": MailRunState.PAUSED,
    "resume": MailRunState.RUNNING,
    "stop": MailRunState.STOPPED,
}


def run_found[R: MailRun](runs: MailRuns[R], reference: str) -> R:
    """The run of an address. Raises Http404."""
    try:
        return mail_run_find(runs, reference)
    except NotFound as error:
        raise Http404 from error


def run_progress[R: MailRun](runs: MailRuns[R], reference: str) -> HttpResponse:
    """How far one is, for the page that shows it."""
    run = run_found(runs, reference)
    figures = mail_run_figures(runs, run)
    return JsonResponse(
        {
            "state": run.state,
            "is_under_way": run.state == MailRunState.RUNNING,
            "progress": figures.percent,
            "words": _words(run, figures),
        }
    )


def run_act[R: MailRun](request: HttpRequest, runs: MailRuns[R], reference: str) -> None:
    """Do what the pressed button says; a refusal is shown on the next page. Raises Http404."""
    to = _MOVES.get(request.POST.get("do", ""))
    if to is None:
        raise Http404
    try:
        mail_run_move(runs, reference=reference, to=to, actor=actor(request))
    except NotFound as error:
        raise Http404 from error
    except MoveRefused as error:
        messages.error(request, error.detail)


def _words(run: MailRun, figures: RunFigures) -> str:
    """A run's state, counts and time left in one line."""
    words = f"{run.get_state_display()}: {figures.written:,} of {run.total:,}"
    left = figures.seconds_left
    if run.state != MailRunState.RUNNING or left is None:
        return words
    return f"{words}, about {duration_words(left)} left"
