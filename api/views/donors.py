"""One donor for programs of staff: details, notes, consents, tags."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.errors import Invalid
from api.models import Donor, Right
from api.serializers.donors import (
    ConsentSerializer,
    DonorChangeSerializer,
    DonorConsentsSerializer,
    DonorNoteSerializer,
    DonorNotesSerializer,
    DonorTagSerializer,
    DonorTagsSerializer,
    StaffDonorSerializer,
)
from api.serializers.problems import ProblemSerializer
from api.services.consents import consent_record, consents_now
from api.services.donor_giving import giving_figures
from api.services.donor_notes import donor_note_add
from api.services.donors import EDITABLE, donor_edit, donor_find, donor_version
from api.services.tags import tag_add, tag_remove
from api.views.access import HasRight, actor

PAGE = 50
BEFORE = OpenApiParameter("before", int, description="`next` of the page before.")


def problems(*codes: int) -> dict[Any, Any]:
    """The problem details that a route answers with, beside those of who may call it."""
    return {
        (code, "application/problem+json"): OpenApiResponse(ProblemSerializer)
        for code in (401, 403, *codes)
    }


class DonorView(APIView):
    """Who may see donors; e-mail, telephone and address only with donors.contact."""

    permission_classes = (HasRight,)
    rights = {"GET": Right.DONORS_VIEW, "PATCH": Right.DONORS_EDIT}

    @extend_schema(
        operation_id="staff_donor",
        responses={(200, "application/json"): StaffDonorSerializer, **problems(404)},
    )
    def get(self, request: Request, reference: str) -> Response:
        """One donor with the figures of what was given."""
        return _donor(request, donor_find(reference))

    @extend_schema(
        operation_id="staff_donor_change",
        request=DonorChangeSerializer,
        responses={(200, "application/json"): StaffDonorSerializer, **problems(400, 404, 409)},
    )
    def patch(self, request: Request, reference: str) -> Response:
        """Correct details. 409 when someone changed them since, or when another donor has them."""
        if not actor(request).has_right(Right.DONORS_CONTACT):
            raise PermissionDenied
        asked = DonorChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        changes = dict(asked.validated_data)
        version = changes.pop("version")
        donor = donor_edit(
            reference=reference, changes=changes, version=version, actor=actor(request)
        )
        return _donor(request, donor)


class DonorNotesView(APIView):
    """Notes about a donor."""

    permission_classes = (HasRight,)
    rights = {"GET": Right.DONORS_VIEW, "POST": Right.DONORS_EDIT}

    @extend_schema(
        operation_id="staff_donor_notes",
        parameters=[BEFORE],
        responses={(200, "application/json"): DonorNotesSerializer, **problems(400, 404)},
    )
    def get(self, request: Request, reference: str) -> Response:
        """Notes, the newest first."""
        notes = donor_find(reference).notes.select_related("author")
        return Response(DonorNotesSerializer(page_newest_first(request, notes)).data)

    @extend_schema(
        operation_id="staff_donor_note_add",
        request=DonorNoteSerializer,
        responses={(201, "application/json"): DonorNoteSerializer, **problems(400, 404)},
    )
    def post(self, request: Request, reference: str) -> Response:
        """Add a note; it can't be changed after."""
        asked = DonorNoteSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        note = donor_note_add(
            donor=donor_find(reference), text=asked.validated_data["text"], author=actor(request)
        )
        return Response(DonorNoteSerializer(note).data, status=201)


class DonorConsentsView(APIView):
    """What a donor said about hearing from us."""

    permission_classes = (HasRight,)
    rights = {"GET": Right.DONORS_VIEW, "POST": Right.DONORS_EDIT}

    @extend_schema(
        operation_id="staff_donor_consents",
        parameters=[BEFORE],
        responses={(200, "application/json"): DonorConsentsSerializer, **problems(400, 404)},
    )
    def get(self, request: Request, reference: str) -> Response:
        """All answers as they were written down, the newest first."""
        said = donor_find(reference).consents.all()
        return Response(DonorConsentsSerializer(page_newest_first(request, said)).data)

    @extend_schema(
        operation_id="staff_donor_consent_add",
        request=ConsentSerializer,
        responses={(201, "application/json"): ConsentSerializer, **problems(400, 404)},
    )
    def post(self, request: Request, reference: str) -> Response:
        """Write down an answer; the newest about a channel counts."""
        asked = ConsentSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = consent_record(
            donor=donor_find(reference), answer=asked.answer(), actor=actor(request)
        )
        return Response(ConsentSerializer(made).data, status=201)


class DonorTagsView(APIView):
    """A donor's tags."""

    permission_classes = (HasRight,)
    rights = {"GET": Right.DONORS_VIEW, "POST": Right.DONORS_EDIT}

    @extend_schema(
        operation_id="staff_donor_tags",
        responses={(200, "application/json"): DonorTagsSerializer, **problems(404)},
    )
    def get(self, request: Request, reference: str) -> Response:
        """All tags, in order of the alphabet."""
        return Response(DonorTagsSerializer({"results": _tags(donor_find(reference))}).data)

    @extend_schema(
        operation_id="staff_donor_tag_add",
        request=DonorTagSerializer,
        responses={(200, "application/json"): DonorTagsSerializer, **problems(400, 404)},
    )
    def post(self, request: Request, reference: str) -> Response:
        """Add a tag. Safe to call again."""
        asked = DonorTagSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        donor = donor_find(reference)
        tag_add(donor=donor, name=asked.validated_data["name"], actor=actor(request))
        return Response(DonorTagsSerializer({"results": _tags(donor)}).data)


class DonorTagView(APIView):
    """One tag of a donor."""

    permission_classes = (HasRight,)
    rights = {"DELETE": Right.DONORS_EDIT}

    @extend_schema(operation_id="staff_donor_tag_remove", responses={204: None, **problems(404)})
    def delete(self, request: Request, reference: str, name: str) -> Response:
        """Take a tag away. Safe to call again."""
        tag_remove(donor=donor_find(reference), name=name, actor=actor(request))
        return Response(status=204)


def _donor(request: Request, donor: Donor) -> Response:
    sees_contact = actor(request).has_right(Right.DONORS_CONTACT)
    contact = {name: getattr(donor, name) for name in EDITABLE if name != "name"}
    told = {
        "reference": donor.reference,
        "name": donor.name,
        "created_at": donor.created_at,
        "version": donor_version(donor),
        "contact": contact if sees_contact else None,
        "giving": giving_figures(donor),
        "consents": [said for said in consents_now(donor).values() if said],
        "tags": [tag["name"] for tag in _tags(donor)],
    }
    response = Response(StaffDonorSerializer(told).data)
    response["Cache-Control"] = "no-store"
    return response


def _tags(donor: Donor) -> list[dict[str, str]]:
    return [{"name": held.tag.name} for held in donor.donor_tags.select_related("tag")]


def page_newest_first(request: Request, rows: QuerySet[Any, Any]) -> dict[str, Any]:
    """One page of rows in the order of their ids, the newest first."""
    before = request.query_params.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) < 19):
        raise Invalid(before="Take the number from `next` of the page before.")
    wanted = rows.filter(pk__lt=int(before)) if before else rows
    found = list(wanted.order_by("-pk")[: PAGE + 1])
    return {"results": found[:PAGE], "next": found[PAGE - 1].pk if len(found) > PAGE else None}
