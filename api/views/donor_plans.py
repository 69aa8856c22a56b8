"""A donor's plans: what comes, and what may be asked of them."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from api.errors import NotFound
from api.models import Subscription
from api.serializers.donations import GiftStartedSerializer, tribute_read
from api.serializers.donor_pages import (
    DeedSerializer,
    DonorPlanSerializer,
    DonorPlansSerializer,
    LinkedPlanSerializer,
    PlanAgainSerializer,
    PlanAmountSerializer,
    PlanCancelSerializer,
    PlanDaySerializer,
    PlanFundSerializer,
    PlanMethodSerializer,
    PlanPauseSerializer,
    PlanRetrySerializer,
    PlanSetupSerializer,
    PlanTributeSerializer,
)
from api.services.donor_pages import donor_plan_tell, donor_plans
from api.services.plan_changes import (
    plan_cancel,
    plan_change_amount,
    plan_change_day,
    plan_change_fund,
    plan_pause,
    plan_resume,
    plan_skip_next,
)
from api.services.plan_links import ALLOWED
from api.services.plan_methods import (
    plan_change_method,
    plan_give_again,
    plan_method_start,
    plan_retry_payment,
)
from api.services.tributes import plan_tribute_change
from api.views.donor_access import LINK_HEADER, DonorOrLink, IsDonorOrLink, donor_of, plan_of
from api.views.donor_pages import DonorApiView
from api.views.problem_responses import problems

_LINK = OpenApiParameter(
    LINK_HEADER, str, OpenApiParameter.HEADER, description="The signed part of a link to the plan."
)
_PROBLEMS = problems(409, 502, 503)


class DonorPlansView(DonorApiView):
    """All plans of the donor."""

    @extend_schema(operation_id="donor_plans", responses=DonorPlansSerializer)
    def get(self, request: Request) -> Response:
        """Each with its next 12 charges."""
        told = {"plans": donor_plans(donor_of(request).email_key)}
        return Response(DonorPlansSerializer(told).data)


class DonorPlanApiView(DonorApiView):
    """A donor, or whoever holds a link to the plan."""

    authentication_classes = (DonorOrLink,)
    permission_classes = (IsDonorOrLink,)


class LinkedPlanView(DonorPlanApiView):
    """The plan of a link."""

    @extend_schema(
        operation_id="donor_linked_plan",
        parameters=[_LINK],
        responses={200: LinkedPlanSerializer, **problems(404)},
    )
    def get(self, request: Request) -> Response:
        """The plan and what the link is for. 404 for a link that is over, cut or not ours, all alike."""
        link = donor_of(request).link
        if link is None:
            raise NotFound
        told = {"purpose": link.purpose, "plan": donor_plan_tell(link.plan, ALLOWED[link.purpose])}
        return Response(LinkedPlanSerializer(told).data)


class DonorPlanView(DonorPlanApiView):
    """One plan."""

    @extend_schema(
        operation_id="donor_plan", parameters=[_LINK], responses={200: DonorPlanSerializer}
    )
    def get(self, request: Request, reference: str) -> Response:
        """As it is now."""
        return _plan(request, plan_of(request, reference))


def _deed(name: str, asks: type[Serializer[Any]], words: str) -> Callable[[Any], Any]:
    """How OpenAPI tells of a deed that answers with the plan as it is then."""
    return extend_schema(
        operation_id=f"donor_plan_{name}",
        description=words,
        parameters=[_LINK],
        request=asks,
        responses={200: DonorPlanSerializer, **_PROBLEMS},
    )


class PlanAmountView(DonorPlanApiView):
    """Another amount."""

    @_deed("amount", PlanAmountSerializer, "Another amount from the next gift on.")
    def post(self, request: Request, reference: str) -> Response:
        """Whoever only holds a link may give less, not more."""
        plan, said = _asked(request, reference, PlanAmountSerializer, "amount", "less")
        if donor_of(request).link is not None and said["amount_minor"] > plan.amount_minor:
            raise NotFound("Sign in to give more: this link is for giving less.")
        plan_change_amount(plan=plan, **said)
        return _plan(request, plan)


class PlanDayView(DonorPlanApiView):
    """Another day."""

    @_deed("day", PlanDaySerializer, "Another day from the next gift on.")
    def post(self, request: Request, reference: str) -> Response:
        """The plan as it is then."""
        plan, said = _asked(request, reference, PlanDaySerializer, "day")
        plan_change_day(plan=plan, **said)
        return _plan(request, plan)


class PlanFundView(DonorPlanApiView):
    """Another fund."""

    @_deed("fund", PlanFundSerializer, "Another fund from the next gift on.")
    def post(self, request: Request, reference: str) -> Response:
        """The plan as it is then."""
        plan, said = _asked(request, reference, PlanFundSerializer, "fund")
        plan_change_fund(plan=plan, fund_code=said["fund"], reference=said["reference"])
        return _plan(request, plan)


class PlanTributeView(DonorApiView):
    """In whose memory or honour."""

    @extend_schema(
        operation_id="donor_plan_tribute",
        request=PlanTributeSerializer,
        responses={200: DonorPlanSerializer, **problems(409)},
    )
    def post(self, request: Request, reference: str) -> Response:
        """What the gifts say from the next one on. Those that came keep what they said."""
        plan, said = _asked(request, reference, PlanTributeSerializer)
        plan_tribute_change(plan=plan, tribute=tribute_read(said["tribute"]))
        return _plan(request, plan)


class PlanSkipView(DonorPlanApiView):
    """One gift left out."""

    @_deed("skip", DeedSerializer, "Leave out the next gift.")
    def post(self, request: Request, reference: str) -> Response:
        """The plan as it is then."""
        plan, said = _asked(request, reference, DeedSerializer, "skip")
        plan_skip_next(plan=plan, **said)
        return _plan(request, plan)


class PlanPauseView(DonorPlanApiView):
    """A pause."""

    @_deed("pause", PlanPauseSerializer, "Take nothing before a date.")
    def post(self, request: Request, reference: str) -> Response:
        """The plan as it is then."""
        plan, said = _asked(request, reference, PlanPauseSerializer, "pause")
        plan_pause(plan=plan, **said)
        return _plan(request, plan)


class PlanResumeView(DonorPlanApiView):
    """The end of a pause."""

    @_deed("resume", DeedSerializer, "End the pause, or take the gift that was to be left out.")
    def post(self, request: Request, reference: str) -> Response:
        """The plan as it is then."""
        plan, said = _asked(request, reference, DeedSerializer, "resume")
        plan_resume(plan=plan, **said)
        return _plan(request, plan)


class PlanCancelView(DonorPlanApiView):
    """The end of the plan."""

    @_deed("cancel", PlanCancelSerializer, "Stop for good; safe to repeat.")
    def post(self, request: Request, reference: str) -> Response:
        """The plan as it is then."""
        plan, said = _asked(request, reference, PlanCancelSerializer, "cancel")
        plan_cancel(plan=plan, **said)
        return _plan(request, plan)


class PlanMethodStartView(DonorPlanApiView):
    """The beginning of another card or account."""

    @extend_schema(
        operation_id="donor_plan_method_start",
        parameters=[_LINK],
        request=DeedSerializer,
        responses={200: PlanSetupSerializer, **_PROBLEMS},
    )
    def post(self, request: Request, reference: str) -> Response:
        """What the browser confirms, with 3-D Secure where the bank asks."""
        plan, said = _asked(request, reference, DeedSerializer, "method")
        return Response(PlanSetupSerializer(plan_method_start(plan=plan, **said)).data)


class PlanMethodView(DonorPlanApiView):
    """Another card or account."""

    @_deed("method", PlanMethodSerializer, "Collect from what the browser has confirmed.")
    def post(self, request: Request, reference: str) -> Response:
        """The plan as it is then; what failed is tried again by itself."""
        plan, said = _asked(request, reference, PlanMethodSerializer, "method")
        plan_change_method(plan=plan, **said)
        return _plan(request, plan)


class PlanRetryView(DonorPlanApiView):
    """Paying what failed."""

    @extend_schema(
        operation_id="donor_plan_retry",
        parameters=[_LINK],
        request=DeedSerializer,
        responses={200: PlanRetrySerializer, **_PROBLEMS},
    )
    def post(self, request: Request, reference: str) -> Response:
        """Try now, from what the plan is paid with."""
        plan, said = _asked(request, reference, DeedSerializer, "retry")
        tried = plan_retry_payment(plan=plan, **said)
        told = {
            "is_taken": tried.is_taken,
            "code": tried.code,
            "client_secret": tried.client_secret,
            "plan": donor_plan_tell(plan, *_allowed(request)),
        }
        return Response(PlanRetrySerializer(told).data)


class PlanAgainView(DonorApiView):
    """One more gift."""

    @extend_schema(
        operation_id="donor_plan_again",
        request=PlanAgainSerializer,
        responses={200: GiftStartedSerializer, **_PROBLEMS},
    )
    def post(self, request: Request, reference: str) -> Response:
        """Paid at once with the plan's card; with a `client_secret` the bank wants to be answered."""
        plan, said = _asked(request, reference, PlanAgainSerializer)
        given = plan_give_again(
            plan=plan,
            amount_minor=said["amount_minor"],
            fund_code=said["fund"],
            reference=said["reference"],
        )
        return Response(GiftStartedSerializer(given).data)


def _asked(
    request: Request, reference: str, asks: type[Serializer[Any]], *deeds: str
) -> tuple[Subscription, dict[str, Any]]:
    """The plan first: whoever may not see it is told nothing about the form."""
    plan = plan_of(request, reference, *deeds)
    asked = asks(data=request.data)
    asked.is_valid(raise_exception=True)
    return plan, dict(asked.validated_data)


def _allowed(request: Request) -> list[Any]:
    link = donor_of(request).link
    return [ALLOWED[link.purpose]] if link else []


def _plan(request: Request, plan: Subscription) -> Response:
    return Response(DonorPlanSerializer(donor_plan_tell(plan, *_allowed(request))).data)
