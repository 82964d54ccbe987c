"""All of CLAIM 2024 is answered, or says honestly why not."""

from __future__ import annotations

from pathlib import Path

from app.model_card import STATUSES, Installation, build_card, checklist_sentence
from model.artifact import PRETRAINED
from tests.app.model_card.cards import card_of, read


def test_each_of_the_44_items_stands_once_with_an_answer(sure_artifact: Path, tmp_path: Path) -> None:
    for card in (card_of(PRETRAINED), card_of(sure_artifact), build_card(tmp_path, None, Installation())):
        assert [item.number for item in card.checklist] == list(range(1, 45))
        assert len({item.asks for item in card.checklist}) == 44
        for item in card.checklist:
            assert item.answer.strip(), item.number
            assert "{" not in item.answer, item.number
            assert item.status in STATUSES
        assert checklist_sentence(card.checklist).startswith("Of 44 items: ")


def test_what_was_not_done_is_said() -> None:
    found = {item.number: item for item in card_of(PRETRAINED).checklist}
    assert found[33].status == "not done"
    assert found[36].status == found[44].status == "not known"
    assert found[34].status == "does not apply"


def test_its_figures_are_those_of_the_files() -> None:
    found = {item.number: item.answer for item in card_of(PRETRAINED).checklist}
    evaluation, manifest = read(PRETRAINED, "evaluation.json"), read(PRETRAINED, "manifest.json")
    area = evaluation["test"]["metrics"]["auroc"]
    told = f"AUROC {area['value']:.3f} (95 % interval {area['low']:.3f} to {area['high']:.3f})"
    assert told in found[32]
    assert told in found[37]
    assert f"{manifest['parameters']:,} weights" in found[22]
    assert f"{manifest['split']['train_images']:,} images to train" in found[19]
    (_, alarms), (missed, _) = evaluation["test"]["confusion_matrix"]["counts"]
    assert f"{missed} images with pneumonia were missed and {alarms} images" in found[39]


def test_an_item_whose_file_is_missing_says_so(artifact: Path) -> None:
    for name in ("robustness.json", "evaluation.json"):
        (artifact / name).unlink()
    found = {item.number: item for item in card_of(artifact).checklist}
    assert (found[30].status, found[30].answer) == ("not measured", "robustness.json is missing, or cannot be read.")
    assert (found[38].status, found[38].answer) == ("not measured", "evaluation.json is missing, or cannot be read.")
    assert found[7].status == "not known", "Without an evaluation nothing tells which data set it was."
