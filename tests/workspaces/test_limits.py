from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import RecipeError
from workspaces.limits import Limits, load_limits

DOCS = Path(__file__).parents[2] / "docs" / "limits.md"


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_limits(tmp_path / "limits.toml") == Limits()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("waiting_job = 3", r"`waiting_job`: Extra inputs.*The limits are upload_gigabytes"),
        ("waiting_jobs = 0", "`waiting_jobs`: Input should be greater"),
        ("waiting_jobs", "is not TOML"),
    ],
)
def test_a_wrong_limit_is_named(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "limits.toml"
    file.write_text(text)
    with pytest.raises(RecipeError, match=words):
        load_limits(file)


def test_every_limit_is_documented_as_it_is() -> None:
    page = DOCS.read_text(encoding="utf-8")
    for name, field in Limits.model_fields.items():
        assert f"| `{name}` | {field.default:g} | {field.description} |" in page
