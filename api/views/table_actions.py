"""Many rows of a table at once, for programs of staff: what can be done, what would happen, and the yes."""

from typing import Any

from django.core.exceptions import PermissionDenied
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.errors import NotFound
from api.serializers.table_actions import (
    ActionAskSerializer,
    ActionDoneSerializer,
    ActionPreviewSerializer,
    ActionsSerializer,
    ActionYesSerializer,
)
from api.serializers.tables import row_json
from api.services.tables import TABLES
from api.services.tables.actions import ACTIONS, Action, Preview, action_find, actions_of
from api.services.tables.previews import preview_run, preview_sign
from api.services.tables.spec import Table
from api.views.access import actor
from api.views.problem_responses import problems

_TABLE = OpenApiParameter("table", str, OpenApiParameter.PATH, enum=sorted(TABLES))
_ACTION = OpenApiParameter(
    "action",
    str,
    OpenApiParameter.PATH,
    description="; ".join(
        f"{noun}: {', '.join(f'`{one.name}`' for one in actions)}"
        for noun, actions in ACTIONS.items()
    ),
)


class TableActionsView(APIView):
    """Who may see the table."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="staff_actions",
        parameters=[_TABLE],
        responses={(200, "application/json"): ActionsSerializer, **problems(401, 403, 404)},
    )
    def get(self, request: Request, table: str) -> Response:
        """What who asks may do with many rows of this table."""
        found = actions_of(_table(request, table), actor(request))
        return Response(ActionsSerializer({"results": found}).data)


class ActionPreviewView(APIView):
    """Who may see the table and take the action."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="staff_action_preview",
        parameters=[_TABLE, _ACTION],
        request=ActionAskSerializer,
        responses={
            (200, "application/json"): ActionPreviewSerializer,
            **problems(400, 401, 403, 404),
        },
    )
    def post(self, request: Request, table: str, action: str) -> Response:
        """What would happen, to how many rows, and which are left out. It changes nothing."""
        found = _table(request, table)
        deed = _action(request, found, action)
        asked = ActionAskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        answers = asked.validated_data["answers"]
        seen, text = preview_sign(deed, found, asked.chosen(), answers, actor=actor(request))
        return Response(ActionPreviewSerializer(_told(deed, seen, text)).data)


class ActionView(APIView):
    """Who may see the table and take the action."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="staff_action_run",
        parameters=[_TABLE, _ACTION],
        request=ActionYesSerializer,
        responses={
            (200, "application/json"): ActionDoneSerializer,
            **problems(400, 401, 403, 404, 409),
        },
    )
    def post(self, request: Request, table: str, action: str) -> Response:
        """Do what a preview told. 409 `rows_moved`: it would be to other rows now, and nothing was done.

        The same preview again sends no receipt and records no tag twice; events that were handled
        meanwhile are handled again, which does no harm.
        """
        found = _table(request, table)
        deed = _action(request, found, action)
        asked = ActionYesSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        text = asked.validated_data["preview"]
        count = preview_run(deed, found, text, actor=actor(request))
        return Response(ActionDoneSerializer({"count": count}).data)


def _table(request: Request, noun: str) -> Table:
    if noun not in TABLES:
        raise NotFound
    if not actor(request).has_right(TABLES[noun].right):
        raise PermissionDenied
    return TABLES[noun]


def _action(request: Request, table: Table, name: str) -> Action:
    action = action_find(table, name)
    if not actor(request).has_right(action.right):
        raise PermissionDenied
    return action


def _told(action: Action, seen: Preview, text: str) -> dict[str, Any]:
    left = [
        (seen.left_alone, seen.left_words),
        (seen.missing, "There is no row of this id, or no longer."),
    ]
    return {
        "preview": text,
        "sentence": seen.sentence,
        "emails": action.emails,
        "can_be_undone": action.can_be_undone,
        "count": seen.count,
        "left_out": [{"count": count, "why": why} for count, why in left if count],
        "sample": [row_json(seen.columns, row) for row in seen.sample],
    }
