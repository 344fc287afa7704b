"""A pair follows from its number; a set knows what it was made with and what is wrong with it."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest

from pipeline.errors import PhotoplayError
from training.draft.corpus import read_pairs
from training.draft.kit.__main__ import main
from training.draft.kit.casting import HELD_OUT, split_of_character
from training.draft.kit.plan import GROUP, OF_ONE, SUBJECTS, plan_of
from training.draft.kit.records import FILES, Manifest, Person, Row, append, begin, faults, hashes, read_rows

MANIFEST = Manifest(size=(64, 64), samples=1, texels=256, assets="a" * 64, packages={"numpy": "1"})


def row(folder: Path, pair: str, split: str = "train", character: int = 3) -> Row:
    """A pair of three small files."""
    for where in FILES.values():
        file = folder / where.format(pair)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(f"{pair} {where}".encode())
    person = Person(character=character, weights={"jawOpen": 0.5}, head=(1, 2, 3), head_seen=(1, 2), gaze=(0, 0))
    facts = {"subject": "person", "framing": "close-up", "caption": "a man, close-up", "people": (person,)}
    return Row.model_validate({"id": pair, "split": split, "sha256": hashes(folder, pair), **facts})


def test_a_plan_follows_from_its_number() -> None:
    plans = [plan_of(number) for number in range(2400)]
    assert plans == [plan_of(number) for number in range(2400)]
    assert len({plan.id for plan in plans}) == len(plans)
    assert plans[100:108] == [plan_of(number) for number in range(100, 108)]


def test_groups_share_their_people_and_nobody_is_on_both_sides() -> None:
    sides = defaultdict(set)
    plans = [plan_of(number) for number in range(8000)]
    for number, plan in enumerate(plans):
        assert plan.cast == plans[number // GROUP * GROUP].cast
        for seed in plan.cast:
            sides[seed].add(plan.split)
            assert split_of_character(seed) == plan.split
            assert seed < HELD_OUT
    assert all(len(splits) == 1 for splits in sides.values())
    assert len(sides) > 300


@pytest.mark.slow
def test_subjects_and_framings_are_all_there() -> None:
    plans = [plan_of(number) for number in range(0, 40000, 3)]
    shares = Counter(plan.subject for plan in plans)
    assert all(shares[name] / len(plans) == pytest.approx(share, abs=0.02) for name, share in SUBJECTS.items())
    assert {plan.framing for plan in plans if plan.subject == "person"} == set(OF_ONE)
    assert {len(plan.cast) for plan in plans if plan.subject == "people"} == {2, 3}
    assert {len(plan.cast) for plan in plans if plan.subject in ("room", "objects", "street")} == {0}


def test_a_set_goes_on_only_with_what_it_was_begun_with(tmp_path: Path) -> None:
    begin(tmp_path, MANIFEST)
    begin(tmp_path, MANIFEST)
    with pytest.raises(PhotoplayError, match=r"packages, samples differ|samples, packages differ"):
        begin(tmp_path, MANIFEST.model_copy(update={"samples": 9, "packages": {"numpy": "2"}}))


def test_rows_come_back_without_a_broken_last_one(tmp_path: Path) -> None:
    rows = [row(tmp_path, f"k{number:06d}") for number in range(3)]
    for each in rows:
        append(tmp_path, each)
    with (tmp_path / "pairs.jsonl").open("a") as file:
        file.write('{"id": "k0000')
    assert read_rows(tmp_path) == rows


def test_the_training_reads_the_rows(tmp_path: Path) -> None:
    append(tmp_path, row(tmp_path, "k000007", "val"))
    pair = read_pairs(tmp_path)[0]
    assert (pair.id, pair.split, pair.caption, pair.framing) == ("k000007", "val", "a man, close-up", "close-up")


def test_a_whole_set_has_no_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append(tmp_path, row(tmp_path, "k000001"))
    assert faults(tmp_path) == []
    assert main(["check", "--out", str(tmp_path)]) == 0
    assert "1 pairs, 0 faults" in capsys.readouterr().out


def test_faults_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for each in (row(tmp_path, "k000001"), row(tmp_path, "k000002", "val"), row(tmp_path, "k000003", character=4)):
        append(tmp_path, each)
    append(tmp_path, row(tmp_path, "k000003", character=4))
    (tmp_path / "film/k000001.jpg").write_bytes(b"other")
    (tmp_path / "engine/k000002.jpg").unlink()
    assert faults(tmp_path) == [
        "k000001.jpg has changed",
        "k000002.jpg is missing",
        "character 3 is in train and in val",
        "k000003 is listed twice",
    ]
    assert main(["check", "--out", str(tmp_path)]) == 2
    assert "k000002.jpg is missing" in capsys.readouterr().out
