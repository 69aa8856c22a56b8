"""The payment tracker for programs of staff."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.models import Right
from api.serializers.tracker import (
    AttemptDetailSerializer,
    FollowUpRequestSerializer,
    FollowUpSerializer,
    TrackerFilterSerializer,
    TrackerSerializer,
    WriteOffRequestSerializer,
    figures_of,
)
from api.services.follow_ups import (
    follow_up_link,
    follow_up_retry,
    follow_up_undo,
    follow_up_write_off,
    offers_read,
)
from api.services.keysets import cursor_read
from api.services.tracker import TrackerFilter, ageing_read, funnel_read
from api.services.tracker_rows import row_read, tracker_page, tracker_row
from api.views.access import HasRight, actor
from api.views.donors import problems

_DEEDS = {"link": follow_up_link, "retry": follow_up_retry}


class TrackerView(APIView):
    """Who may see gifts."""

    permission_classes = (HasRight,)
    rights = {"GET": Right.GIVING_VIEW}

    @extend_schema(
        operation_id="staff_tracker",
        parameters=[TrackerFilterSerializer],
        responses={(200, "application/json"): TrackerSerializer, **problems(400)},
    )
    def get(self, request: Request) -> Response:
        """One page of attempts, the newest first.

        The first page has the ages of what is stuck too, and with `begins_at` the funnel of the period.
        """
        given = TrackerFilterSerializer(data=request.query_params)
        given.is_valid(raise_exception=True)
        asked = given.asked()
        cursor = cursor_read(given.validated_data["after"])
        page = tracker_page(asked, cursor)
        told = {
            **_overview(asked, is_first_page=cursor is None),
            "results": [row_read(donation) for donation in page.rows],
            "next": page.next,
        }
        return Response(TrackerSerializer(told, context=_context(request)).data)


def _context(request: Request) -> dict[str, bool]:
    return {"sees_donors": actor(request).has_right(Right.DONORS_VIEW)}


def _overview(asked: TrackerFilter, *, is_first_page: bool) -> dict[str, Any]:
    has_period = is_first_page and asked.begins_at is not None
    figures = figures_of(funnel_read(asked)) if has_period else {"steps": [], "stages": []}
    ageing = ageing_read(asked) if is_first_page else {}
    told = {
        stage.value: {age.value: count for age, count in ages.items()}
        for stage, ages in ageing.items()
    }
    return {**figures, "ageing": told}


class AttemptView(APIView):
    """Who may see gifts."""

    permission_classes = (HasRight,)
    rights = {"GET": Right.GIVING_VIEW}

    @extend_schema(
        operation_id="staff_tracker_attempt",
        responses={(200, "application/json"): AttemptDetailSerializer, **problems(404)},
    )
    def get(self, request: Request, reference: str) -> Response:
        """One attempt, and what can be done about it with what will happen."""
        row, asks = tracker_row(reference), actor(request)
        offers = []
        if asks.has_right(Right.GIVING_FOLLOW):
            shows_contact = asks.has_right(Right.DONORS_CONTACT)
            offers = offers_read(row.donation, shows_contact=shows_contact)
        told = {"attempt": row, "offers": offers}
        return Response(AttemptDetailSerializer(told, context=_context(request)).data)


class FollowUpView(APIView):
    """Send a link, or try a failed month again; who may follow up."""

    permission_classes = (HasRight,)
    rights = {"POST": Right.GIVING_FOLLOW}
    kind = ""

    @extend_schema(
        request=FollowUpRequestSerializer,
        responses={
            (201, "application/json"): FollowUpSerializer,
            **problems(400, 404, 409, 502, 503),
        },
    )
    def post(self, request: Request, reference: str) -> Response:
        """Do it. 409 says why it makes no sense now; 503: nothing is lost, send the same again."""
        asked = FollowUpRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        deed = _DEEDS[self.kind](
            donation_reference=reference,
            reference=asked.validated_data["reference"],
            actor=actor(request),
        )
        return Response(FollowUpSerializer(deed).data, status=201)


class WriteOffView(APIView):
    """Nobody waits for it any more, or somebody does again; who may follow up."""

    permission_classes = (HasRight,)
    rights = {"POST": Right.GIVING_FOLLOW, "DELETE": Right.GIVING_FOLLOW}

    @extend_schema(
        operation_id="staff_tracker_write_off",
        request=WriteOffRequestSerializer,
        responses={(201, "application/json"): FollowUpSerializer, **problems(400, 404, 409)},
    )
    def post(self, request: Request, reference: str) -> Response:
        """Write it off. It moves no money. Safe to call again."""
        asked = WriteOffRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        deed = follow_up_write_off(
            donation_reference=reference,
            reference=asked.validated_data["reference"],
            actor=actor(request),
            note=asked.validated_data["note"],
        )
        return Response(FollowUpSerializer(deed).data, status=201)

    @extend_schema(
        operation_id="staff_tracker_write_off_undo", responses={204: None, **problems(404)}
    )
    def delete(self, request: Request, reference: str) -> Response:
        """Wait for it again. Safe to call again."""
        follow_up_undo(donation_reference=reference, actor=actor(request))
        return Response(status=204)
