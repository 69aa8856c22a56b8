"""Who works here: add, change, close, and help who lost a phone or forgot a password."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from api.errors import StaffRefused
from api.models import ROLE_RIGHTS, Right, Role, User
from api.services import factors, users
from api.services.sessions import sessions_end, sessions_of
from api.views.access import actor, staff_context, staff_page
from api.views.staff.factors import fresh_act, fresh_page
from api.views.staff.sign_ins import page

MANAGE = staff_page(Right.STAFF_MANAGE)


class StaffForm(forms.Form):
    """A member of staff."""

    name = forms.CharField(max_length=150, error_messages={"required": "Enter the person's name."})
    role = forms.ChoiceField(
        choices=[("", "Choose a role"), *Role.choices],
        error_messages={"required": "Choose what the person is here for."},
    )


class NewStaffForm(StaffForm):
    """A new one."""

    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        error_messages={"required": "Enter the address that the person signs in with."},
    )
    field_order = ("name", "email", "role")


@require_safe
@MANAGE
def staff_list(request: HttpRequest) -> HttpResponse:
    """Everybody who works here, and who did."""
    found = list(users.staff_all()[:500])
    proving = factors.factors_set(found)
    people = [(user, user.pk in proving) for user in found]
    context = staff_context(request, "Staff", people=people, roles=_roles())
    return render(request, "staff/users.html", context)


@require_http_methods(["GET", "POST"])
@MANAGE
@fresh_page
def staff_new(request: HttpRequest) -> HttpResponse:
    """Add a member of staff; the page that follows shows the link to choose a password."""
    form = NewStaffForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            user = users.staff_add(
                email=said["email"],
                name=said["name"],
                role=Role(said["role"]),
                actor=actor(request),
            )
        except StaffRefused as refused:
            form.add_error("email", refused.detail)
        else:
            return _link_shown(request, user)
    return render(
        request, "staff/user_new.html", staff_context(request, "Add a member of staff", form=form)
    )


@require_http_methods(["GET", "POST"])
@MANAGE
@fresh_act
def staff_one(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: role, devices, second factor, and what was done to the account."""
    user = get_object_or_404(users.staff_all(), pk=pk)
    form = StaffForm(
        request.POST or None, initial={"name": user.get_full_name(), "role": user.role}
    )
    if request.method == "POST" and form.is_valid():
        try:
            role = Role(form.cleaned_data["role"])
            users.staff_change(
                user_id=pk, name=form.cleaned_data["name"], role=role, actor=actor(request)
            )
        except StaffRefused as refused:
            form.add_error("role", refused.detail)
        else:
            messages.success(request, "Kept.")
            return redirect("staff-one", pk=pk)
    return render(request, "staff/user.html", _one_context(request, user, form))


@require_POST
@MANAGE
@fresh_act
def staff_act(request: HttpRequest, pk: int) -> HttpResponse:
    """Close, reopen, sign out, reset the second factor, or make a link for a new password."""
    user = get_object_or_404(users.staff_all(), pk=pk)
    deed = request.POST.get("deed", "")
    try:
        if deed == "link":
            return _link_shown(request, user)
        told = _act(deed, user, actor(request))
    except StaffRefused as refused:
        messages.error(request, refused.detail)
    else:
        messages.success(request, told)
    return redirect("staff-one", pk=pk)


@never_cache
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """Whoever holds the link chooses the password of its account; they then sign in with it."""
    return password_page(request, users.staff_link_read(number, token))


def password_page(request: HttpRequest, user: User | None) -> HttpResponse:
    """Where the reader of a link chooses a password; nobody: the link is over."""
    if user is None:
        return page(request, "link_over", "This link is over")
    form: Any = SetPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        users.password_set(user=user, password=form.cleaned_data["new_password1"], actor=user)
        messages.success(request, "Your password is kept. Sign in with it now.")
        return redirect("admin-login")
    return page(request, "password", "Choose your password", form=form, person=user)


def _act(deed: str, user: User, by: User) -> str:
    if deed == "close":
        users.staff_close(user_id=user.pk, actor=by)
        return "The account is closed, and every device is signed out."
    if deed == "reopen":
        users.staff_reopen(user_id=user.pk, actor=by)
        return "The account is open again."
    if deed == "sign_out":
        count = sessions_end(user=user, why="signed out by an administrator", actor=by)
        return f"Signed out on {count} device{'s' * (count != 1)}."
    if deed == "reset_factors":
        factors.factors_reset(user=user, actor=by)
        return "The second factor is reset: a new one is set up at the next sign-in."
    raise StaffRefused("There is nothing like that to do.")


def _link_shown(request: HttpRequest, user: User) -> HttpResponse:
    link = settings.SITE_URL + users.staff_link(user=user, actor=actor(request))
    context = staff_context(request, "Link for a password", person=user, link=link)
    return render(request, "staff/user_link.html", context)


def _one_context(request: HttpRequest, user: User, form: forms.Form) -> dict[str, Any]:
    return staff_context(
        request,
        user.get_full_name() or user.email,
        person=user,
        form=form,
        factors=factors.factors_of(user),
        sessions=sessions_of(user),
        is_self=user == request.user,
    )


def _roles() -> list[tuple[str, str]]:
    """Each role and what its rights are, in words."""
    return [
        (role.label, "; ".join(sorted(right.label for right in rights)))
        for role, rights in ROLE_RIGHTS.items()
    ]
