"""What the model is for, in short how good it is, and what it learned from."""

from __future__ import annotations

from training.report.blocks import Paragraph, Section, Table
from training.report.numbers import counted, decimals, percent, percents, percents_inside, whole
from training.report.references import cite
from training.report.sources import Sources


def summary(sources: Sources) -> Section:
    """The report on one page: what was measured, on whom."""
    test, metrics = sources.test, sources.test["metrics"]
    (_, false_alarms), (missed, _) = test["confusion_matrix"]["counts"]
    band = test["band"]
    return Section(
        "Summary",
        (
            Paragraph(
                "A convolutional network reads a frontal chest radiograph of a child and gives the probability of "
                f"pneumonia. On the {whole(test['images'])} images of the test split, which chose nothing in it, it "
                f"finds {counted(metrics['sensitivity'])} scans with pneumonia (sensitivity "
                f"{percents_inside(metrics['sensitivity'])}) and calls {counted(metrics['specificity'])} normal scans "
                f"normal (specificity {percents_inside(metrics['specificity'])}); its AUROC is "
                f"{decimals(metrics['auroc'])}. So it misses {whole(missed)} scans with pneumonia and flags "
                f"{whole(false_alarms)} normal ones. Figures in brackets are 95 % intervals: were the study repeated "
                "with other children, such intervals would hold the true value in 95 of 100 repetitions."
            ),
            Paragraph(
                f"Where the score is neither low nor high it says so: {counted(band['indeterminate'])} test scans "
                f"({percents_inside(band['indeterminate'])}) are indeterminate, and of the others "
                f"{percents(band['decided_right'])} are called right."
            ),
            Paragraph(
                "Not a medical device. For teaching, demonstration and research with frontal (AP or PA) chest "
                "radiographs of children of 1 to 5 years. No diagnosis may rest on it.",
                loud=True,
            ),
            Paragraph(
                "Every number on this model is computed from the files that training and evaluation wrote beside the "
                "weights; none was typed. Weights, calibration, thresholds and band were chosen on validation patients."
            ),
        ),
    )


def data(sources: Sources) -> Section:
    """Source, sizes, the rule on patients."""
    split, test, validation = sources.manifest.split, sources.test, sources.validation
    rows = [_row("test", test), _row("validation", validation)]
    if sources.train is not None:
        rows.append(_row("train", sources.train))
    blocks: list[Paragraph | Table] = [
        Paragraph(_source(sources)),
        Table(
            "The three parts. Validation is cut from the training part.",
            ("part", "images", "normal", "pneumonia", "patient numbers"),
            tuple(reversed(rows)),
        ),
        Paragraph(
            "Validation is cut by patient, as the file names tell patients apart, so that no patient is in both "
            "parts. The rule: "
            f"{split.get('rule', 'not recorded')}.{' The test split is the official one.' if sources.official else ''}"
        ),
    ]
    if shared := test.get("patient_numbers_in_training"):
        blocks.append(
            Paragraph(
                f"Of the {whole(shared['of'])} patient numbers of test, {whole(shared['shared'])} "
                f"({whole(shared['images'])} of its {whole(test['images'])} images, "
                f"{percent(shared['images'] / test['images'], 0)}) occur outside test too. The data set reuses numbers "
                "for different people, so whether any child is in both cannot be known; the split is taken as it is."
            )
        )
    return Section("Data", tuple(blocks))


def _source(sources: Sources) -> str:
    if not sources.official:
        return (
            "The test files are not those of the data set that this project was made for, so that nothing is said here "
            "of where the radiographs come from; whoever trained the model knows."
        )
    return (
        "The radiographs are those of Kermany, Zhang and Goldbaum: frontal views of children of 1 to 5 years, taken "
        "in routine care at the Guangzhou Women and Children's Medical Center, and labelled normal or pneumonia "
        f"(bacterial or viral) by its physicians {cite('kermany2018', 'data')}. The licence is CC BY 4.0. The "
        "distributed copies carry neither age nor sex, nor anything else of the examination."
    )


def _row(name: str, part: dict[str, int]) -> tuple[str, ...]:
    return (name, *(whole(part[key]) for key in ("images", "normal", "pneumonia", "patients")))
