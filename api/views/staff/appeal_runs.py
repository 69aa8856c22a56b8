"""Appeals by e-mail: written, tried, aimed, rehearsed, sent; what came of each."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from api.clock import day_words
from api.errors import Invalid, MoveRefused
from api.models import (
    AppealGiving,
    AppealRun,
    Campaign,
    ConsentBasis,
    Fund,
    Language,
    MailRunState,
    Right,
    Tag,
)
from api.services.appeal_audiences import appeal_audience, appeal_samples
from api.services.appeal_emails import (
    AppealText,
    appeal_preview,
    appeal_text_keep,
    appeal_text_read,
    appeal_texts,
)
from api.services.appeal_runs import (
    APPEALS,
    NAME_MOST,
    AppealChoice,
    appeal_run_answers,
    appeal_run_choose,
    appeal_run_discard,
    appeal_run_draft,
    appeal_run_start,
)
from api.services.gateways.mail import MailError
from api.services.mail_runs import mail_run_figures, mail_runs_recent
from api.services.message_wordings import preview_send
from api.views.access import actor, staff_context, staff_page
from api.views.staff.donor_forms import errors_place
from api.views.staff.mail_runs import run_act, run_found, run_progress


class NameForm(forms.Form):
    """How staff call a new appeal."""

    name = forms.CharField(max_length=NAME_MOST, label="Its name, for you alone")


class ChoiceForm(forms.Form):
    """Whom an appeal is for. What is left empty leaves nobody out."""

    basis = forms.ChoiceField(
        choices=[("", "Consent or soft opt-in"), *ConsentBasis.choices],
        required=False,
        label="Said yes by",
    )
    fund = forms.ModelChoiceField(
        Fund.objects.all(), required=False, empty_label="Any purpose", label="Gave to"
    )
    gave_from = forms.DateField(
        required=False,
        label="Gave from",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    gave_to = forms.DateField(
        required=False,
        label="Gave until",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    giving = forms.ChoiceField(
        choices=[("", "Regularly or not"), *AppealGiving.choices],
        required=False,
        label="How they give",
    )
    tag = forms.ModelChoiceField(Tag.objects.all(), required=False, empty_label="Any or none")
    campaign = forms.ModelChoiceField(
        Campaign.objects.all(),
        required=False,
        empty_label="No appeal",
        label="Gifts by its button count to",
    )

    def choice(self) -> AppealChoice:
        """What was chosen."""
        return AppealChoice(**self.cleaned_data)


class WordsForm(forms.Form):
    """What an appeal says in one language."""

    subject = forms.CharField(max_length=150)
    first = forms.CharField(
        max_length=300,
        label="First sentence",
        help_text="It stands above the greeting: what mail programs show beside the subject.",
    )
    body = forms.CharField(
        max_length=5000,
        label="What you say",
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text="Plain words; an empty line begins a new paragraph. Greeting, button, your address and the way "
        "to hear no more are added by us.",
    )

    def text(self) -> AppealText:
        """What was typed."""
        return AppealText(**self.cleaned_data)


@staff_page(Right.MESSAGES_VIEW)
@require_safe
def appeal_runs(request: HttpRequest) -> HttpResponse:
    """The newest appeals, and the form for another one."""
    return render(request, "staff/appeal_runs.html", _list_context(request, NameForm()))


@staff_page(Right.MESSAGES_VIEW, Right.APPEALS_SEND)
@require_POST
def appeal_run_new(request: HttpRequest) -> HttpResponse:
    """Begin to write one."""
    form = NameForm(request.POST)
    if form.is_valid():
        try:
            run = appeal_run_draft(name=form.cleaned_data["name"], actor=actor(request))
            return redirect("appeal-run", run.reference)
        except Invalid as error:
            errors_place(form, error.fields)
    context = _list_context(request, form)
    return render(request, "staff/appeal_runs.html", context, status=400)


@staff_page(Right.MESSAGES_VIEW)
@require_safe
def appeal_run_page(request: HttpRequest, reference: str) -> HttpResponse:
    """A draft with its words, its readers and its rehearsal; or how far its sending is and what came of it."""
    run = run_found(APPEALS, reference)
    form = ChoiceForm({name: _key(getattr(run, name)) for name in ChoiceForm.base_fields})
    return _page(request, run, form)


@staff_page(Right.MESSAGES_VIEW, Right.APPEALS_SEND)
@require_POST
def appeal_run_aim(request: HttpRequest, reference: str) -> HttpResponse:
    """Keep whom it is for, and rehearse."""
    run, form = run_found(APPEALS, reference), ChoiceForm(request.POST)
    if not form.is_valid():
        return _page(request, run, form, status=400)
    try:
        appeal_run_choose(reference=reference, choice=form.choice(), actor=actor(request))
    except Invalid as error:
        errors_place(form, error.fields)
        return _page(request, run, form, status=400)
    except MoveRefused as error:
        messages.error(request, error.detail)
        return redirect("appeal-run", reference)
    return redirect(reverse("appeal-run", args=[reference]) + "?rehearse=yes#rehearsed")


@staff_page(Right.MESSAGES_VIEW, Right.APPEALS_SEND)
@require_POST
def appeal_run_act(request: HttpRequest, reference: str) -> HttpResponse:
    """Start, pause, resume or stop; or throw a draft away."""
    run, do = run_found(APPEALS, reference), request.POST.get("do", "")
    try:
        if do == "discard":
            appeal_run_discard(reference=reference, actor=actor(request))
            messages.success(request, f"“{run.name}” was thrown away.")
            return redirect("appeal-runs")
        if do == "start":
            appeal_run_start(reference=reference, actor=actor(request))
        else:
            run_act(request, APPEALS, reference)
    except MoveRefused as error:
        messages.error(request, error.detail)
    return redirect("appeal-run", reference)


@staff_page(Right.MESSAGES_VIEW)
@require_safe
def appeal_run_progress(request: HttpRequest, reference: str) -> HttpResponse:
    """How far one is, for the page that shows it."""
    return run_progress(APPEALS, reference)


@staff_page(Right.MESSAGES_VIEW, Right.APPEALS_SEND)
@require_http_methods(["GET", "HEAD", "POST"])
def appeal_run_words(request: HttpRequest, reference: str, language: str) -> HttpResponse:
    """Write it in one language, see it, send it to oneself, keep it."""
    run = run_found(APPEALS, reference)
    if language not in Language.values:
        raise Http404
    spoken, is_asked = Language(language), request.method == "POST"
    kept = appeal_text_read(run, spoken)
    is_new = not is_asked and kept == AppealText()
    form = WordsForm(None if is_new else request.POST if is_asked else vars(kept))
    if is_asked and form.is_valid():
        try:
            if done := _words_do(request, run, spoken, form.text()):
                return done
        except Invalid as error:
            errors_place(form, error.fields)
    context = staff_context(
        request,
        f"{run.name}, in {spoken.label}",
        form=form,
        preview=_preview(run, spoken, form),
        has_mailer=bool(settings.MAILERS),
        back=reverse("appeal-run", args=[reference]),
        back_words=run.name,
    )
    return render(request, "staff/wording.html", context)


def _words_do(
    request: HttpRequest, run: AppealRun, language: Language, text: AppealText
) -> HttpResponse | None:
    if "keep" in request.POST:
        try:
            appeal_text_keep(run=run, language=language, text=text, actor=actor(request))
            messages.success(request, f"Kept, in {language.label}.")
        except MoveRefused as error:
            messages.error(request, error.detail)
        return redirect("appeal-run", run.reference)
    if "try" in request.POST:
        try:
            preview_send(appeal_preview(run, language, text), actor=actor(request))
            messages.success(request, f"Sent to {actor(request).email}. Nothing is kept yet.")
        except MailError as error:
            messages.error(request, str(error))
    return None


def _preview(run: AppealRun, language: Language, form: WordsForm) -> Any:
    if not form.is_valid():
        return None
    try:
        return appeal_preview(run, language, form.text())
    except Invalid:
        return None


def _page(
    request: HttpRequest, run: AppealRun, form: ChoiceForm, *, status: int = 200
) -> HttpResponse:
    is_draft = run.state == MailRunState.DRAFT
    is_rehearsed = is_draft and status == 200 and "rehearse" in request.GET
    texts = appeal_texts(run)
    context = staff_context(
        request,
        run.name,
        run=run,
        form=form,
        words=[(language, language.value in texts) for language in Language],
        may_send=actor(request).has_right(Right.APPEALS_SEND),
        audience=appeal_audience(run) if is_rehearsed else None,
        samples=appeal_samples(run) if is_rehearsed else [],
        chosen=_chosen(run),
        figures=None if is_draft else mail_run_figures(APPEALS, run),
        answers=None if is_draft else appeal_run_answers(run),
        time_zone=settings.CHARITY_TIME_ZONE,
    )
    template = "staff/appeal_draft.html" if is_draft else "staff/appeal_run.html"
    return render(request, template, context, status=status)


def _chosen(run: AppealRun) -> list[str]:
    """Whom it is for, as words."""
    gave = [
        f"to {run.fund.name}" if run.fund else "",
        f"from {day_words(run.gave_from, is_short=True)}" if run.gave_from else "",
        f"until {day_words(run.gave_to, is_short=True)}" if run.gave_to else "",
    ]
    said = [
        f"said yes by {run.get_basis_display().lower()}" if run.basis else "",
        f"gave {' '.join(filter(None, gave))}" if any(gave) else "",
        run.get_giving_display().lower() if run.giving else "",
        f"have the tag {run.tag.name}" if run.tag else "",
    ]
    return [words for words in said if words]


def _list_context(request: HttpRequest, form: NameForm) -> dict[str, Any]:
    return staff_context(
        request,
        "Appeals by e-mail",
        form=form,
        runs=mail_runs_recent(APPEALS),
        may_send=actor(request).has_right(Right.APPEALS_SEND),
        time_zone=settings.CHARITY_TIME_ZONE,
    )


def _key(value: Any) -> Any:
    """What a form's field calls a row."""
    return getattr(value, "pk", value)
