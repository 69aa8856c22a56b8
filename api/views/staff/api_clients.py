"""Programs with a token: make one, see what they may and when they came, revoke."""

from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from api.errors import Invalid
from api.models import ApiClient, Right
from api.services.api_clients import (
    DAY_OVER,
    SCOPES,
    api_client_make,
    api_client_revoke,
    last_moment,
)
from api.views.access import actor, staff_context, staff_page
from api.views.staff.factors import fresh_act, fresh_page

MANAGE = staff_page(Right.STAFF_MANAGE)


class ApiClientForm(forms.Form):
    """A new program."""

    name = forms.CharField(
        max_length=80,
        help_text="Such as “Website counter”.",
        error_messages={"required": "Enter what the program is called."},
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        choices=[(right.value, right.label) for right in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one thing that it may do."},
    )
    expires_on = forms.DateField(
        label="Last day",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Empty: until it is revoked.",
    )

    def clean_expires_on(self) -> datetime | None:
        """The end of that day, UTC."""
        try:
            return last_moment(self.cleaned_data["expires_on"])
        except Invalid:
            raise forms.ValidationError(DAY_OVER) from None


@require_safe
@MANAGE
def api_clients(request: HttpRequest) -> HttpResponse:
    """Every program that has or had a token."""
    rows = ApiClient.objects.select_related("made_by")[:500]
    labels = dict(Right.choices)
    clients = [(row, [labels.get(scope, scope) for scope in row.scopes]) for row in rows]
    context = staff_context(request, "API clients", clients=clients)
    return render(request, "staff/api_clients.html", context)


@require_http_methods(["GET", "POST"])
@MANAGE
@fresh_page
def api_client_new(request: HttpRequest) -> HttpResponse:
    """Make one; its token is on the page that follows, and nowhere else ever."""
    form = ApiClientForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        client, token = api_client_make(
            name=said["name"],
            scopes=[Right(scope) for scope in said["scopes"]],
            expires_at=said["expires_on"],
            actor=actor(request),
        )
        context = staff_context(request, "Its token", api_client=client, token=token)
        return render(request, "staff/api_client_token.html", context)
    context = staff_context(request, "New API client", form=form)
    return render(request, "staff/api_client_new.html", context)


@require_POST
@MANAGE
@fresh_act
def api_client_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Its token opens nothing from now on."""
    client = get_object_or_404(ApiClient, pk=pk)
    api_client_revoke(client, actor=actor(request))
    messages.success(request, f"The token of {client.name} opens nothing any more.")
    return redirect("api-clients")
