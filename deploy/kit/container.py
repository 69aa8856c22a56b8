"""nginx and certbot in their containers, by the same templates, answers and scripts as on a machine.

`python3 -m deploy.kit.container nginx ANSWERS` runs nginx, and has it take each new certificate.
`python3 -m deploy.kit.container certbot ANSWERS` brings certificates and renews them, with `tls=certbot`.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

from deploy.kit.answers import AnswerError, Answers, answers_read
from deploy.kit.certificates import acme_folder, certificate_ask, certificate_put
from deploy.kit.machine import machine_look, nginx_widen
from deploy.kit.steps import StepError, fail, file_put, run
from deploy.kit.templates import KIT, Places, rendered

RELEASE = "container"
LOOK_SECONDS = 20
# As often as Debian's own timer looks for what is due.
RENEW_SECONDS = 12 * 3600
# The authority forgives a few failures an hour, such as a name that does not lead here yet.
RETRY_SECONDS = 1200


def main() -> None:
    """One of the two, until SIGTERM."""
    places, stopping = Places(user="root", nginx_group="root"), threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    try:
        answers = answers_read(Path(sys.argv[2]))
        {"nginx": nginx_keep, "certbot": certificates_keep}[sys.argv[1]](answers, places, stopping)
    except (AnswerError, StepError) as error:
        fail(error)


def nginx_keep(answers: Answers, places: Places, stopping: threading.Event) -> None:
    """Write nginx's files and run it; whoever renews its certificate, it shows the new one soon."""
    acme_folder(places)
    certificate_put(answers, places)
    for path, text in rendered(answers, places, machine_look(), release=RELEASE).items():
        if Path("/etc/nginx") in path.parents:
            file_put(path, text)
    nginx_widen()
    # The site's parts and staff's files come with the shared volume, which web's start fills.
    shutil.rmtree("/etc/nginx/sites-enabled", ignore_errors=True)
    nginx_run(answers, places, stopping, certificate_shown(places))


def nginx_run(
    answers: Answers, places: Places, stopping: threading.Event, shown: tuple[bytes, ...]
) -> None:
    """Run nginx until told to stop; its own end is an error, and the engine starts all again."""
    nginx = subprocess.Popen(["nginx", "-g", "daemon off;"])
    while nginx.poll() is None and not stopping.wait(LOOK_SECONDS):
        shown = certificate_take(answers, places, shown)
    if nginx.poll() is None:
        nginx.send_signal(signal.SIGQUIT)  # Requests under way are finished.
    if code := nginx.wait():
        raise StepError(f"nginx ended with {code}.")


def certificate_take(
    answers: Answers, places: Places, shown: tuple[bytes, ...]
) -> tuple[bytes, ...]:
    """Reload nginx when there is another certificate than the one shown; returns what is shown now."""
    try:
        certificate_put(answers, places)
        if (found := certificate_shown(places)) != shown:
            print(run(["sh", KIT / "certbot" / "reload-nginx"]), end="", flush=True)
            return found
    except (StepError, OSError) as error:
        print(f"The certificate stays as it is: {error}", file=sys.stderr, flush=True)
    return shown


def certificate_shown(places: Places) -> tuple[bytes, ...]:
    """The certificate and key to which nginx is led."""
    return tuple(
        (places.shared / "tls" / name).read_bytes() for name in ("fullchain.pem", "privkey.pem")
    )


def certificates_keep(answers: Answers, places: Places, stopping: threading.Event) -> None:
    """Bring the first certificate through the running nginx, then renew what is due, twice a day."""
    if answers.tls != "certbot":
        print(f"tls={answers.tls}: nothing to renew here.", flush=True)
        stopping.wait()
    while not stopping.is_set():
        try:
            certificate_ask(answers, places)
            run(["certbot", "renew", "--quiet", "--no-random-sleep-on-renew"])
            seconds = RENEW_SECONDS
        except StepError as error:
            print(error, file=sys.stderr, flush=True)
            seconds = RETRY_SECONDS
        stopping.wait(seconds)


if __name__ == "__main__":
    main()
