"""`deploy/install.sh ANSWERS`: from a fresh machine to a site that answers; again: no change."""

from __future__ import annotations

import sys
from pathlib import Path

from deploy.kit.answers import AnswerError, Answers, answers_read
from deploy.kit.certificates import acme_folder, certificate_issue, certificate_put
from deploy.kit.live import files_put, processes_start, room_check, site_check
from deploy.kit.machine import (
    database_make,
    database_port,
    database_widen,
    is_root,
    machine_look,
    nginx_widen,
    packages_install,
    user_make,
)
from deploy.kit.releases import (
    database_migrate,
    manage,
    release_current,
    release_digest,
    release_make,
    source_digest,
)
from deploy.kit.services import Services, services_find
from deploy.kit.settings import settings_put, settings_read
from deploy.kit.steps import Report, StepError, fail, file_put, folder_put, link_put
from deploy.kit.templates import Places

SOURCE = Path(__file__).resolve().parent.parent.parent
KEPT_ANSWERS = Path("/etc/domaap/answers")
DEBIAN_SITE = Path("/etc/nginx/sites-enabled/default")


def main() -> None:
    """Install, saying each step."""
    if len(sys.argv) != 2:
        sys.exit("Usage: deploy/install.sh ANSWERS (deploy/answers.example explains them)")
    if not is_root():
        sys.exit("Run this as root: it installs packages and units.")
    try:
        install(answers_read(Path(sys.argv[1])), Path(sys.argv[1]))
    except (AnswerError, StepError) as error:
        fail(error)


def install(answers: Answers, file: Path) -> None:
    """All steps. Each looks first, so that a second run changes nothing."""
    places, report = Places(), Report()
    serves = release_current(places)
    if serves and release_digest(places, serves) != source_digest(SOURCE):
        raise StepError(
            f"This folder is another release than {serves}, which serves. To let it serve: "
            f"deploy/upgrade.sh. To apply answers: {places.current}/deploy/install.sh ANSWERS"
        )
    print(f"Domaap for {answers.site_url}", flush=True)
    _machine(answers, places, report)
    services = services_find(places)
    did = not answers.database_url and services.outside_start("postgresql")
    report.step("PostgreSQL runs", did, "started")
    report.step("database", database_make(answers, places))
    _connections(answers, services, report, is_serving=bool(serves))
    _settings(answers, file, places, report)
    release = _release(places, report)
    report.step("tables", database_migrate(places, release))
    seeded = manage(places, release, "seed_demo")
    report.step("starting funds", "Funds made: 0" not in seeded)
    _serve(answers, places, services, report, release)
    _first_administrator(answers, places, report, release)
    site_check(answers)
    print(f"\n{answers.site_url} answers. {report.closing()}")
    print(_next(answers, places, report))


def _machine(answers: Answers, places: Places, report: Report) -> None:
    """Packages, user, folders."""
    room_check(places)
    report.step("packages", packages_install(answers), "installed")
    report.step("user", user_make(places))
    folders = [
        folder_put(places.base),
        folder_put(places.releases),
        folder_put(places.shared),
        folder_put(places.shared / "assets"),
        folder_put(places.shared / "files", owner=places.user, mode=0o700),
        folder_put(places.logs, owner=places.user, mode=0o750),
        acme_folder(places),
    ]
    report.step("folders", any(folders))


def _connections(answers: Answers, services: Services, report: Report, *, is_serving: bool) -> None:
    """Room in PostgreSQL for two releases side by side. It restarts only while nobody is served."""
    is_wider = database_widen(answers)
    report.step("PostgreSQL's connections", is_wider, "more")
    if is_wider and not is_serving:
        services.database_restart()
    elif is_wider:
        report.note("More connections to PostgreSQL count from its next restart on.")


def _settings(answers: Answers, file: Path, places: Places, report: Report) -> None:
    """The answers, kept for upgrades, and what the services read."""
    kept = file.read_text(encoding="utf-8")
    report.step("answers kept", file_put(KEPT_ANSWERS, kept, mode=0o600))
    port = {} if answers.database_url else {"database_port": database_port()}
    did = settings_put(answers, places, **port)
    report.step("settings (.env)", did, "made, with its own secrets")


def _release(places: Places, report: Report) -> str:
    """The release that serves; made from this source when there is none."""
    current = release_current(places)
    if current:
        report.step("release", False)
        return current
    print("  release: packages and the site; this takes some minutes ...", flush=True)
    release = release_make(SOURCE, places)
    report.step("release", True, f"made: {release}")
    return release


def _serve(
    answers: Answers, places: Places, services: Services, report: Report, release: str
) -> None:
    """Units, certificate, nginx, processes."""
    report.step("certificate in place", certificate_put(answers, places))
    did, _ = files_put(answers, places, machine_look(), release=release)
    report.step("units, nginx, logrotate", did, "written")
    has_default = DEBIAN_SITE.is_symlink()
    DEBIAN_SITE.unlink(missing_ok=True)
    report.step("nginx's example site", has_default, "removed")
    is_wider = nginx_widen()
    report.step("nginx's connections", is_wider, "more")
    if did:
        services.reread()
    # First: the site's own questions go through nginx, and are part of what makes it ready.
    started = services.outside_start("nginx")
    is_new = did or has_default or is_wider
    if is_new and not started:
        services.nginx_reload()
    report.step("nginx", started or is_new, "started" if started else "reloaded")
    was_up = all(services.is_up(part, release) for part in ("web", "site", "worker"))
    if not was_up:
        processes_start(services, places, release)
    report.step("current release", link_put(places.current, places.releases / release), release)
    if not was_up:
        services.start("worker", release)
    report.step("web, site, worker", not was_up, "started")
    report.step("start with the machine", services.boot(release, is_on=True))
    issued = certificate_issue(answers, places)
    if issued:
        services.nginx_reload()
    report.step("certificate from certbot", issued, "issued")


def _first_administrator(answers: Answers, places: Places, report: Report, release: str) -> None:
    """A one-time link while nobody administers the site."""
    said = manage(places, release, "first_administrator", answers.admin_email).strip()
    link = said.splitlines()[-1]
    report.step("first administrator", link.startswith("http"), "invited")
    if link.startswith("http"):
        report.note(
            f"Choose the first administrator's password (once, within three days):\n  {link}"
        )


def _next(answers: Answers, places: Places, report: Report) -> str:
    """What is left for a person to do."""
    said = settings_read(places.shared / ".env")
    lines = [f"* {note}" for note in report.notes]
    if not said.get("STRIPE_SECRET_KEY"):
        lines.append(
            f"* Put Stripe's keys into {places.shared}/.env, and DOMAAP_ENV=production: "
            "no gift can be paid before."
        )
    if not answers.stripe_webhook_secret:
        lines.append(
            "* In Stripe (Developers, Webhooks) add an endpoint for "
            f"{answers.site_url}/api/stripe/webhook/ and put its signing secret into "
            f"{places.shared}/.env as STRIPE_WEBHOOK_SECRET."
        )
    if lines:
        lines.append("* After a change of .env: systemctl restart 'domaap-*@*.service'")
    lines.append(f"* What serves is in {places.current}, its docs in docs/operations.md.")
    return "\n".join(["", "Next:", *lines])


if __name__ == "__main__":
    main()
