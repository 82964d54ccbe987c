from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.made import made_radiograph, write_dataset
from training import data
from training.data import LabelledImage, Split, check_images, checks, cut_validation, kind_of
from training.data import list_training_images as listed_images
from training.errors import DatasetError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_dataset(tmp_path, per_class={"train": 12, "val": 2, "test": 3})


@pytest.mark.parametrize(
    ("name", "patient", "kind"),
    [
        *(("person123_bacteria_456.jpeg", "person123", "bacteria"), ("person123_virus_7.jpeg", "person123", "virus")),
        *(("person447_virus_921_1.jpeg", "person447", "virus"), ("siblings/IM-0115-0003.jpeg", "IM-0115", "IM")),
        *(("IM-0115-0001.jpeg", "IM-0115", "IM"), ("NORMAL2-IM-0115-0001-0002.jpeg", "IM-0115", "NORMAL2")),
        *(("my own scan.png", "my own scan", "other"), ("1.2.840.7", "1.2.840.7", "other")),
        *(("alice/001.png", "alice", "other"), ("alice/2026/002.dcm", "alice", "other")),
    ],
)
def test_name_tells_patient_and_kind(name: str, patient: str, kind: str) -> None:
    assert (data.patient_of(name), kind_of(name)) == (patient, kind)


def test_reads_the_other_cut_in_any_case(tmp_path: Path) -> None:
    root = write_dataset(tmp_path, per_class={"Train": 3}, names=("Normal", "OPACITY"))
    assert [image.label for image in listed_images(root)["train"]] == [0, 0, 0, 1, 1, 1]


def test_training_never_looks_into_test(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (folder / "test").rglob("*.jpeg"):
        path.write_bytes(b"may not be read")
    opened: list[Path] = []
    monkeypatch.setattr(checks, "read", lambda path, real=checks.read: opened.append(path) or real(path))
    listed = listed_images(folder)
    assert (set(listed), check_images(folder, listed).fatal, len(opened)) == ({"train", "val"}, (), 28)
    assert not [path for path in opened if "test" in path.relative_to(folder).parts]


def test_only_evaluate_opens_test() -> None:
    root = Path(__file__).parents[2]
    package = root / "training" / "data"
    files = [p for p in (root / "training").rglob("*.py") if package not in p.parents]
    users = sorted(p.name for p in files if "open_test_split" in p.read_text())
    # __main__ (`check`) and label_report compare hashes of pixels; ledger hashes the names of the files
    # explain/measure.py: `explain`, which records the opening as evaluate does
    assert users == ["__main__.py", "evaluate.py", "label_report.py", "ledger.py", "measure.py"]


def test_each_problem_is_named_with_its_path(folder: Path) -> None:
    normal, sick = folder / "train" / "NORMAL", folder / "train" / "PNEUMONIA"
    (normal / "IM-99999-0001.jpeg").write_bytes(b"no picture")
    one = sorted(normal.glob("IM-0*"))[0]
    shutil.copy(one, sick / "person1_virus_1.jpeg")
    shutil.copy(sorted(normal.glob("IM-0*"))[1], folder / "val" / "NORMAL" / "IM-77777-0001.jpeg")
    shutil.copy(sorted(sick.glob("*"))[3], sick / "person9999_virus_1.jpeg")
    report = check_images(folder, listed_images(folder))
    fatal, warnings = "\n".join(report.fatal), "\n".join(report.warnings)
    assert all(said in fatal for said in ("IM-99999-0001.jpeg", "two classes", "person1_virus_1.jpeg"))
    assert all(said in warnings for said in ("person9999_virus_1.jpeg", "two splits", "IM-77777-0001.jpeg"))
    with pytest.raises(DatasetError, match="two classes"):
        data.require_sound(report)
    shutil.copy(sorted(normal.glob("IM-0*"))[4], folder / "test" / "NORMAL" / "IM-55555-0001.jpeg")
    listed = listed_images(folder) | {"test": data.open_test_split(folder)}
    assert "IM-55555-0001.jpeg" in "\n".join(check_images(folder, listed).fatal), "of train and test"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (shutil.rmtree, "does not exist"),
        (lambda root: shutil.rmtree(root / "train"), "No folder `train`"),
        (lambda root: shutil.rmtree(root / "train" / "NORMAL"), "no image of class NORMAL"),
        (lambda root: (root / "train" / "COVID").mkdir(), "unknown class folder"),
    ],
)
def test_a_folder_of_another_shape_is_refused(folder: Path, damage: object, message: str) -> None:
    damage(folder)  # type: ignore[operator]
    with pytest.raises(DatasetError, match=message):
        listed_images(folder)


def cohort(patients: int, images_each: int) -> list[LabelledImage]:
    return [
        LabelledImage(f"train/{'PNEUMONIA' if p % 2 else 'NORMAL'}/x{p}-{i}.png", p % 2, f"p{p}", f"{p}/{i}")
        for p in range(patients)
        for i in range(images_each)
    ]


def cut(images: list[LabelledImage], val: Sequence[LabelledImage] = (), **changed: Any) -> Split:
    return cut_validation({"train": images, "val": list(val)}, **({"folds": 4, "fold": 0, "seed": 0} | changed))


def patients(images: Sequence[LabelledImage]) -> set[str]:
    return {image.patient_id for image in images}


def test_no_patient_is_on_both_sides_and_classes_keep_their_share() -> None:
    split = cut(cohort(80, 3), folds=8, fold=2)
    assert not patients(split.train) & patients(split.validation)
    assert len(patients(split.train) | patients(split.validation)) == 80
    assert np.mean([image.label for image in split.validation]) == pytest.approx(0.5, abs=0.1)
    assert len(split.validation) == pytest.approx(30, abs=6)


def test_folds_together_are_everyone_once_in_whatever_order_they_are_read() -> None:
    images = cohort(40, 2)
    paths = [image.path for fold in range(4) for image in cut(images, fold=fold, seed=5).validation]
    assert len(paths) == len(set(paths)) == 80
    first, second, other = cut(images, seed=1), cut(images[::-1], seed=1), cut(images, seed=2)
    assert first.sha256 == second.sha256 != other.sha256


def test_patients_with_identical_pixels_stay_together() -> None:
    images = cohort(40, 1)
    twins = [image for image in images if image.label == 0][:10]
    same = [LabelledImage(i.path, i.label, i.patient_id, "same") if i in twins else i for i in images]
    assert len(patients(cut(same).validation) & patients(twins)) in (0, 10)


def given(images: int) -> list[LabelledImage]:
    return [LabelledImage(f"val/{i}.png", i % 2, f"v{i}", f"val{i}") for i in range(images)]


@pytest.mark.parametrize(("images", "joins"), [(1, True), (16, True), (99, True), (100, False)])
def test_a_val_of_a_hundred_is_where_it_is_kept(images: int, joins: bool) -> None:
    split, val = cut(cohort(40, 2), given(images)), {image.path for image in given(images)}
    parts = [{image.path for image in part} for part in (split.train, split.validation)]
    assert (len(split.train) + len(split.validation), val <= parts[0] | parts[1]) == (80 + images, True)
    assert (parts[1] != val) == joins


@pytest.mark.parametrize("shared", [("p0",), ("v0", "0/0")], ids=["patient", "pixels"])
def test_who_is_in_a_given_val_leaves_train(shared: tuple[str, ...]) -> None:
    split = cut(cohort(40, 2), [*given(119), LabelledImage("val/z.png", 0, *shared)])
    assert (len(split.validation), "p0" in patients(split.train)) == (120, False)


def test_a_kind_can_be_held_out_if_it_is_there_and_too_few_patients_are_refused() -> None:
    images = [LabelledImage(f"train/NORMAL/IM-{i:04d}-0001.png", 0, f"IM-{i:04d}") for i in range(20)]
    images += [LabelledImage(f"train/NORMAL/NORMAL2-IM-{i:04d}-0001.png", 0, f"IM-{i:04d}") for i in range(15, 40)]
    images += [LabelledImage(f"train/PNEUMONIA/person{i}_virus_1.png", 1, f"person{i}") for i in range(40)]
    split = cut(images, hold_out="IM")
    assert {kind_of(i.path) for i in split.validation} == {"IM", "virus"}
    assert "IM" not in {kind_of(i.path) for i in split.train}
    assert not patients(split.train) & patients(split.validation)
    with pytest.raises(DatasetError, match="No image is of kind 'IM'"):
        cut(cohort(40, 2), hold_out="IM")
    with pytest.raises(DatasetError, match="cannot be cut"):
        cut(cohort(6, 1), folds=8)


def test_masks_are_matched_by_path_and_a_wrong_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    images = listed_images(folder)["train"]
    (tmp_path / "masks" / images[0].path).with_suffix(".png").unlink()
    masks, present = data.load_lung_masks(tmp_path / "masks", images, 96)
    assert masks.shape == (24, 96, 96)
    assert present.tolist() == [False] + [True] * 23
    with pytest.raises(DatasetError, match="No lung outline"):
        data.load_lung_masks(folder, images, 96)
    shutil.rmtree(tmp_path / "masks" / "train" / "NORMAL")
    with pytest.raises(DatasetError, match="tell the classes apart"):
        data.load_lung_masks(tmp_path / "masks", images, 96)


def test_pixels_are_squashed_and_not_windowed(tmp_path: Path) -> None:
    scan = made_radiograph(3, pneumonia=False, size=(448, 448)) // 3
    Image.fromarray(scan).save(tmp_path / "a.png")
    pixels = data.load_pixels(tmp_path, [LabelledImage("a.png", 0, "a")], 224)
    assert (pixels.shape, pixels.max() < 90) == ((1, 224, 224), True)
