"""Set-up and checks: steps are skipped when nothing changed; templates and rules hold."""

import re
from pathlib import Path

import pytest

from tests.environment import ROOT
from tools import stamps
from tools.check_style import main as style_main
from tools.test import _counts

TEMPLATES = (".env.example", ".env_local", ".env_ip", ".env_ngrok", ".env_production")
READ = re.compile(r"""env_[a-z]+\(\s*"([A-Z_]+)\"""")
# Made by the embedded mode for itself; nobody sets it by hand.
OWN = {"DEMO_PASSWORD", "DEMO_TOTP_SECRET"}


def names_in(template: str) -> list[str]:
    """The variables that a template sets."""
    lines = (ROOT / template).read_text(encoding="utf-8").splitlines()
    return [line.split("=", 1)[0] for line in lines if line and not line.startswith("#")]


def test_a_step_is_done_again_only_when_its_key_changes_or_its_work_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamps, "STAMPS", tmp_path)
    made = tmp_path / "made"
    done: list[str] = []

    def work() -> None:
        made.write_text("x")
        done.append("x")

    assert stamps.step("title", "name", "key", made, work) is True
    assert stamps.step("title", "name", "key", made, work) is False
    assert stamps.step("title", "name", "other key", made, work) is True
    made.unlink()
    assert stamps.step("title", "name", "other key", made, work) is True
    assert len(done) == 3


def test_a_step_that_failed_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamps, "STAMPS", tmp_path)

    def fail() -> None:
        raise stamps.StepError("no network")

    with pytest.raises(stamps.StepError):
        stamps.step("title", "name", "key", None, fail)
    assert stamps.step("title", "name", "key", None, lambda: None) is True


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_sets_every_variable_once_and_in_the_same_order(template: str) -> None:
    assert names_in(template) == names_in(".env.example")
    assert len(set(names_in(template))) == len(names_in(template))


def test_templates_name_every_variable_that_is_read_and_no_other() -> None:
    sources = [*(ROOT / "donor_management").glob("*.py"), *(ROOT / "tools").glob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    assert set(READ.findall(text)) - OWN <= set(names_in(".env.example"))
    assert [name for name in names_in(".env.example") if f'"{name}"' not in text] == []


@pytest.mark.parametrize("template", TEMPLATES)
def test_templates_hold_no_secret(template: str) -> None:
    text = (ROOT / template).read_text(encoding="utf-8")
    for name in ("SECRET_KEY", "JWT_SECRET_KEY", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"):
        assert re.search(rf"^{name}=$", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("11 failed, 167 passed, 420 warnings in 69.87s", (167, 11)),
        ("3 passed, 1 error in 2s", (3, 1)),
        (" Test Files  1 failed | 2 passed (3)\n      Tests  1 failed | 9 passed (10)\n", (9, 1)),
        ("  1 failed\n    e2e/donate.spec.ts\n  5 passed (10.2s)\n", (5, 1)),
    ],
)
def test_numbers_are_read_from_each_runner(said: str, expected: tuple[int, int]) -> None:
    assert _counts(said) == expected


def test_lengths_and_nouns_hold() -> None:
    assert style_main() == 0
