"""Stripe's error envelope (docs.stripe.com/api/errors)."""

from typing import Any


class SimError(Exception):
    """An answer other than 200."""

    def __init__(
        self, status: int, kind: str, message: str, *, code: str = "", param: str = "", **more: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        fields: dict[str, Any] = {
            "type": kind,
            "message": message,
            "code": code,
            "param": param,
            **more,
        }
        self.body = {
            "error": {name: value for name, value in fields.items() if value not in ("", None)}
        }


def invalid(message: str, *, code: str = "", param: str = "", status: int = 400) -> SimError:
    """A request that Stripe does not understand."""
    return SimError(status, "invalid_request_error", message, code=code, param=param)


def missing(kind: str, object_id: str) -> SimError:
    """No such object."""
    return invalid(
        f"No such {kind}: '{object_id}'", code="resource_missing", param="id", status=404
    )
