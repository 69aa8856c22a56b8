"""Staff accounts, for administrators' apps: invite, change, close, and help who lost a phone."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.models import Right, Role, User
from api.serializers.audit import AuditDeedsSerializer
from api.serializers.users import (
    PeopleSerializer,
    PersonChangeSerializer,
    PersonDetailSerializer,
    PersonLinkSerializer,
    PersonNewSerializer,
)
from api.services import factors, users
from api.services.audit import audit_read
from api.services.sessions import sessions_end, sessions_of
from api.views.access import HasRight, IsPerson, IsProved, actor
from api.views.donors import BEFORE, page_newest_first
from api.views.problem_responses import problems

_MANAGE = dict.fromkeys(("GET", "POST", "PATCH"), Right.STAFF_MANAGE)


class PeopleApiView(APIView):
    """Administrators, by a session of their own, lately proved before anything is changed."""

    permission_classes = (IsPerson, HasRight, IsProved)
    rights = _MANAGE


class PeopleView(PeopleApiView):
    """Who works here."""

    @extend_schema(
        operation_id="staff_people",
        parameters=[BEFORE],
        responses={200: PeopleSerializer, **problems(400)},
    )
    def get(self, request: Request) -> Response:
        """Everybody who works here, and who did; the newest first. No programs."""
        found = page_newest_first(request, users.staff_all())
        context = {"with_factor": factors.factors_set(found["results"])}
        return Response(PeopleSerializer(found, context=context).data)

    @extend_schema(
        operation_id="staff_person_invite",
        request=PersonNewSerializer,
        responses={201: PersonLinkSerializer, **problems(409)},
    )
    def post(self, request: Request) -> Response:
        """Add a member of staff, and get the link at which they choose a password.

        409 `staff_refused`: the address has an account. 403 `proof_needed`: prove first.
        """
        asked = PersonNewSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        user = users.staff_add(
            email=said["email"], name=said["name"], role=Role(said["role"]), actor=actor(request)
        )
        return _link(request, user, status=201)


class PersonView(PeopleApiView):
    """One account."""

    @extend_schema(operation_id="staff_person", responses={200: PersonDetailSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """One person: role, second factors, and where they are signed in."""
        return _person(request, pk)

    @extend_schema(
        operation_id="staff_person_change",
        request=PersonChangeSerializer,
        responses={200: PersonDetailSerializer, **problems(409)},
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Another name or role; it holds at once. 409: the last administrator stays one."""
        asked = PersonChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        users.staff_change(
            user_id=users.staff_find(pk).pk,
            name=said.get("name"),
            role=Role(said["role"]) if "role" in said else None,
            actor=actor(request),
        )
        return _person(request, pk)


class PersonDeedsView(PeopleApiView):
    """What was done to an account."""

    @extend_schema(operation_id="staff_person_audit", responses={200: AuditDeedsSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """The newest 50 deeds: roles, passwords, second factors and sign-ins, with who did it."""
        deeds = audit_read(users.staff_find(pk), has_contact=True)
        return Response(AuditDeedsSerializer({"results": deeds}).data)


class PersonCloseView(PeopleApiView):
    """Close an account."""

    @extend_schema(
        operation_id="staff_person_close",
        request=None,
        responses={200: PersonDetailSerializer, **problems(409)},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Nothing opens for them from now on, on any device. Safe to call again. 409: the last administrator stays."""
        users.staff_close(user_id=users.staff_find(pk).pk, actor=actor(request))
        return _person(request, pk)


class PersonReopenView(PeopleApiView):
    """Open it again."""

    @extend_schema(
        operation_id="staff_person_reopen", request=None, responses={200: PersonDetailSerializer}
    )
    def post(self, request: Request, pk: int) -> Response:
        """The account opens again, with the password and second factor that it had. Safe to call again."""
        users.staff_reopen(user_id=users.staff_find(pk).pk, actor=actor(request))
        return _person(request, pk)


class PersonSignOutView(PeopleApiView):
    """Sign somebody out."""

    @extend_schema(
        operation_id="staff_person_sign_out", request=None, responses={200: PersonDetailSerializer}
    )
    def post(self, request: Request, pk: int) -> Response:
        """Sign them out on every device, at once. Safe to call again."""
        user = users.staff_find(pk)
        sessions_end(user=user, why="signed out by an administrator", actor=actor(request))
        return _person(request, pk)


class PersonFactorsResetView(PeopleApiView):
    """Who lost a phone."""

    @extend_schema(
        operation_id="staff_person_factors_reset",
        request=None,
        responses={200: PersonDetailSerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Take app, passkeys and recovery codes away and sign them out: new ones are set up at the next sign-in."""
        factors.factors_reset(user=users.staff_find(pk), actor=actor(request))
        return _person(request, pk)


class PersonLinkView(PeopleApiView):
    """Who forgot a password, or lost the first link."""

    @extend_schema(
        operation_id="staff_person_link",
        request=None,
        responses={200: PersonLinkSerializer, **problems(409)},
    )
    def post(self, request: Request, pk: int) -> Response:
        """A link at which they choose a password. 409: the account is closed."""
        return _link(request, users.staff_find(pk))


def _person(request: Request, pk: int) -> Response:
    user = users.staff_find(pk)
    found = factors.factors_of(user)
    context: dict[str, Any] = {
        "factors": found,
        "with_factor": {user.pk} if found.is_set else set(),
        "sessions": sessions_of(user),
        "current": request._request.staff_session,  # type: ignore[attr-defined]
    }
    return Response(PersonDetailSerializer(user, context=context).data)


def _link(request: Request, user: User, *, status: int = 200) -> Response:
    link = settings.SITE_URL + users.staff_link(user=user, actor=actor(request))
    context = {"with_factor": factors.factors_set([user])}
    said = PersonLinkSerializer({"person": user, "link": link}, context=context).data
    response = Response(said, status=status)
    response["Cache-Control"] = "no-store"
    return response
