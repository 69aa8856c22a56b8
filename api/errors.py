"""One family of errors: a stable code, an HTTP status, a sentence that a donor can act on."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

log = structlog.get_logger()
PROBLEM_TYPE = "application/problem+json"


class DomaapError(Exception):
    """An expected refusal. `detail` may be shown to the person who asked."""

    code = "error"
    status = 400
    title = "The request can't be carried out"
    detail = "Please try again."

    def __init__(self, detail: str | None = None, **fields: str) -> None:
        super().__init__(detail or self.detail)
        self.detail = detail or self.detail
        self.fields = {name: [sentence] for name, sentence in fields.items()}
        # Further members of the problem, and seconds after which trying again makes sense.
        self.more: dict[str, str] = {}
        self.wait: int | None = None


class IdempotencyKeyReused(DomaapError):
    """The key was used for a gift with other details."""

    code = "idempotency_key_reused"
    status = 409
    title = "The details changed"
    detail = "This form was already sent with other details. You have not been charged twice. Please try again."


class Invalid(DomaapError):
    """What was sent does not hold; `fields` say what each may be. Nothing was written."""

    code = "invalid"
    status = 400
    title = "Some answers need attention"
    detail = "Please correct the marked answers."


class EditConflict(DomaapError):
    """Someone else changed the same thing since it was read. Nothing was written."""

    code = "edit_conflict"
    status = 409
    title = "Someone else changed this"
    detail = "It was changed since you opened it. Look at what is there now, then save again."


class DonorExists(DomaapError):
    """Another donor has this name and this e-mail address already. Nothing was written."""

    code = "donor_exists"
    status = 409
    title = "This donor is here already"

    def __init__(self, reference: str) -> None:
        super().__init__(
            f"Donor {reference} has this name and this e-mail address already. Nothing was changed.",
            name="Another donor has this name and e-mail address.",
            email="Another donor has this name and e-mail address.",
        )
        self.reference = reference


class NotFound(DomaapError):
    """Nothing is there, or not for you."""

    code = "not_found"
    status = 404
    title = "Not found"
    detail = "There is nothing at this address. Check the link, or ask the charity."


class StripeUnavailable(DomaapError):
    """Stripe did not answer; nothing is lost and the same request may be sent again."""

    code = "stripe_unavailable"
    status = 503
    title = "The card service is not answering"
    detail = "The card service is not answering just now. You have not been charged. Please try again in a minute."


class DatabaseAway(DomaapError):
    """PostgreSQL did not answer, or broke off; the same request may be sent again."""

    code = "database_away"
    status = 503
    title = "Our records can't be reached"
    detail = (
        "Our records can't be reached this minute. You have not been charged. Please try again."
    )

    def __init__(self) -> None:
        super().__init__()
        self.wait = 3


class StripeRefused(DomaapError):
    """Stripe will not accept what we asked."""

    code = "stripe_refused"
    status = 502
    title = "The card service refused the request"
    detail = "The card service did not accept this gift. You have not been charged. Please contact the charity."

    def __init__(self, detail: str | None = None, *, reason: str = "", **fields: str) -> None:
        """`reason` is Stripe's own sentence: for staff, never for donors."""
        super().__init__(detail, **fields)
        self.reason = reason


class MoveRefused(DomaapError):
    """A status can't move this way."""

    code = "move_refused"
    status = 409
    title = "Not possible now"


class BankFileRefused(DomaapError):
    """A bank statement that can't be read; nothing of it was kept."""

    code = "bank_file_refused"
    status = 400
    title = "The bank statement can't be read"


class SignInRefused(DomaapError):
    """Address, password or code is wrong; it is not said which, nor whether the account exists."""

    code = "sign_in_refused"
    status = 401
    title = "Not signed in"
    detail = "The e-mail address or the password is not right."


class SignInPaused(DomaapError):
    """Too many tries; `wait` is in seconds."""

    code = "sign_in_paused"
    status = 429
    title = "Too many tries"

    def __init__(self, *, wait: int) -> None:
        super().__init__(f"There were too many tries. Please wait {wait} seconds and try again.")
        self.wait = wait


class ProofNeeded(DomaapError):
    """Password and second factor were given too long ago for what is asked. Nothing was changed."""

    code = "proof_needed"
    status = 403
    title = "Is it still you?"
    detail = "Give password and second factor once more (POST /api/auth/prove/), then ask again."


class ProofRefused(DomaapError):
    """Who is signed in did not prove it again; they stay signed in. Nothing was changed."""

    code = "proof_refused"
    status = 403
    title = "That is not right"


class LinkNeedsButton(DomaapError):
    """A link to sign in was opened in another browser than the one that asked for it; it is still unused."""

    code = "link_needs_button"
    status = 409
    title = "Press the button to sign in"
    detail = "You asked for this link in another browser. Press the button to sign in here."


class SecondFactorNeeded(DomaapError):
    """The password is right; `ticket` stands for it when the code is sent."""

    code = "second_factor_needed"
    status = 401
    title = "A code is needed"
    detail = "Send the code of your app, a recovery code or a passkey's answer, together with this ticket."

    def __init__(self, *, ticket: str) -> None:
        super().__init__()
        self.more = {"ticket": ticket}


class SecondFactorMissing(DomaapError):
    """The password is right, and there is no second factor yet."""

    code = "second_factor_missing"
    status = 403
    title = "No second factor yet"
    detail = "Sign in once in a browser and set up your second factor there."


class PasskeyMissing(DomaapError):
    """The password is right, and no passkey is set up."""

    code = "passkey_missing"
    status = 409
    title = "There is no passkey"
    detail = "This account has no passkey. Send a code of its app, or a recovery code."


class PasskeyRefused(DomaapError):
    """What came to be a new passkey does not answer what was asked. Nothing was kept."""

    code = "passkey_refused"
    title = "The passkey was not kept"
    detail = "The passkey did not answer what was asked, or too late. Please try once more."


class FactorRefused(DomaapError):
    """A second factor that can't be taken into use, or taken away."""

    code = "factor_refused"
    status = 400
    title = "The second factor was not changed"
    detail = "That code is not right. Codes change every 30 seconds: try the one that shows now."


class TooManyRequests(DomaapError):
    """The limit of requests a minute is reached."""

    code = "too_many_requests"
    status = 429
    title = "Too many requests"
    detail = (
        "There were more requests in this minute than are allowed. Please try again a little later."
    )


class BodyTooLarge(DomaapError):
    """More was sent than any request needs. Nothing was read."""

    code = "body_too_large"
    status = 413
    title = "Too much at once"
    detail = "What was sent is larger than we take. Please send less."


class ServerFault(DomaapError):
    """A fault of ours; what happened is in the log under the request's id."""

    code = "server_fault"
    status = 500
    title = "Something went wrong here"
    detail = "The fault is ours, and it has been written down. A gift is never taken twice: please try again."


class StaffRefused(DomaapError):
    """A change to a member of staff that is not possible."""

    code = "staff_refused"
    status = 409
    title = "Nothing was changed"


class WebhookRefused(DomaapError):
    """A delivery that is not from Stripe, too old, too large or not an event."""

    code = "webhook_refused"
    status = 400
    title = "The delivery was refused"


def problem_response(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Every error of the API as RFC 9457 problem details; unknown ones stay a 500 of Django's."""
    if isinstance(error, DomaapError):
        log.info("refused", code=error.code, status=error.status)
        return _domaap_problem(error)
    if isinstance(error, OperationalError | InterfaceError):
        log.error("database_away", error=str(error))
        return _domaap_problem(DatabaseAway())
    if isinstance(error, Http404):
        return problem_response(NotFound(), context)
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, RequestDataTooBig):
        return problem_response(BodyTooLarge(), context)
    if isinstance(error, RecursionError):
        log.warning("nested_too_deep")
        error = exceptions.ParseError("The body is nested too deep.")
    if isinstance(error, exceptions.ValidationError):
        fields = _fields(error.detail)
        return _problem(
            400,
            "invalid",
            "Some answers need attention",
            _correct(context),
            fields,
        )
    if isinstance(error, exceptions.APIException):
        codes = error.get_codes()
        code = codes if isinstance(codes, str) else "error"
        title = str(error.default_detail)
        if "{" in title:  # It waits to be filled in, as `detail` is.
            title = HTTPStatus(error.status_code).phrase
        answer = _problem(error.status_code, code, title, str(error.detail), {})
        if header := getattr(error, "auth_header", None):
            answer["WWW-Authenticate"] = header
        return answer
    return None


def problem_body(error: DomaapError) -> dict[str, Any]:
    """Problem details of one of our errors."""
    return {
        "type": f"urn:domaap:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "fields": error.fields,
        **error.more,
    }


def _domaap_problem(error: DomaapError) -> Response:
    answer = Response(problem_body(error), status=error.status, content_type=PROBLEM_TYPE)
    if error.wait is not None:
        answer["Retry-After"] = str(error.wait)
    return answer


def _correct(context: Mapping[str, Any]) -> str:
    """What to do about wrong answers; donors are told of their money, too."""
    path = getattr(context.get("request"), "path", "")
    asks = "Please correct the marked answers."
    return (
        asks
        if path.startswith(("/api/staff/", "/api/auth/"))
        else f"{asks} You have not been charged."
    )


def _fields(detail: Any, path: str = "") -> dict[str, list[str]]:
    """DRF's nested errors as one flat table: `donor.email` -> sentences."""
    if isinstance(detail, Mapping):
        found: dict[str, list[str]] = {}
        for name, inner in detail.items():
            found |= _fields(inner, f"{path}.{name}" if path else str(name))
        return found
    sentences = detail if isinstance(detail, list) else [detail]
    return {path or "body": [str(sentence) for sentence in sentences]}


def _problem(
    status: int, code: str, title: str, detail: str, fields: dict[str, list[str]]
) -> Response:
    body = {
        "type": f"urn:domaap:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "fields": fields,
    }
    return Response(body, status=status, content_type=PROBLEM_TYPE)
