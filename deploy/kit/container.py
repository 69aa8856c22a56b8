"""`python3 -m deploy.kit.container ANSWERS`: nginx's files in its container, from the same templates."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from deploy.kit.answers import AnswerError, answers_read
from deploy.kit.certificates import acme_folder, certificate_put
from deploy.kit.machine import machine_look, nginx_widen
from deploy.kit.steps import StepError, fail, file_put
from deploy.kit.templates import Places, rendered

RELEASE = "container"


def main() -> None:
    """Write nginx's files and have a certificate."""
    places = Places(user="root", nginx_group="root")
    try:
        answers = answers_read(Path(sys.argv[1]))
        acme_folder(places)
        certificate_put(answers, places)
        for path, text in rendered(answers, places, machine_look(), release=RELEASE).items():
            if Path("/etc/nginx") in path.parents:
                file_put(path, text)
        nginx_widen()
    except (AnswerError, StepError) as error:
        fail(error)
    # The site's parts and staff's files come with the shared volume, which web's start fills.
    shutil.rmtree("/etc/nginx/sites-enabled", ignore_errors=True)


if __name__ == "__main__":
    main()
