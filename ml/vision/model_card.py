"""The model card: for people who want to know what a model is, how good it is and what it must not be used for."""

from ml.vision.data import ALL
from ml.vision.evaluate import Evaluation
from ml.vision.models import PRETRAINED
from ml.vision.package import NAME, TEXT
from ml.vision.training_pipeline import Built

_LIMITS = """\
## Known limits

* It knows the classes listed above and nothing else. A photo of something else gets one of them, usually with
  a low confidence; `needs_review` is for those.
* It is as good as the photos it learned from are like yours. Photos of several things at once, from far away
  or in bad light are harder than one product on white.
* It says nothing about the condition, the brand or the authenticity of an item, nor about persons.
* Classes that look alike are confused most: see the lowest recalls.
"""


def write_model_card(built: Built) -> None:
    """Write the card into the model's folder."""
    (built.folder / TEXT).write_text(model_card(built), encoding="utf-8")


def model_card(built: Built) -> str:
    card = built.card
    start = PRETRAINED[card.architecture] if card.pretrained else "random weights (from scratch)"
    facts = {
        "Task": "one of 27 fashion classes for a photo of one item, with a calibrated confidence",
        "Architecture": f"{card.architecture}, started from {start}",
        "Input": f"{card.width} x {card.height} pixels (width x height), RGB, fitted without distortion; "
        "the rest is filled with the border's median colour; ImageNet mean and standard deviation",
        "Output": f"probabilities after division of the logits by a temperature of {card.temperature:.3f}",
        "Review": f"a confidence below {card.review_threshold:.3f} asks for a person",
        "Weights": f"safetensors, half precision, SHA-256 {card.weights_sha256}",
        "Made by": f"`{card.command}`, seed {card.seed}",
        "When and where": f"{card.trained_at}, {card.seconds / 60:.0f} minutes on {card.machine}",
    }
    parts = [
        f"# {NAME}\n",
        "\n".join(f"* **{name}**: {value}" for name, value in facts.items()) + "\n",
        "## How good it is\n\nOn photos it has not learned from, by dataset.\n",
        _metrics_table(built.evaluations),
        "### Per class\n\nOf photos with one right class, all datasets together.\n",
        _class_table(built.evaluations[ALL]),
        "## Data\n",
        "| dataset | photos learned from | SHA-256 of photos and what is said of them |\n|---|---|---|\n"
        + "\n".join(f"| {one['name']} | {one['photos']:,} | `{one['sha256']}` |" for one in card.data)
        + "\n",
        *(f"* **{one['name']}**: {one['about']}\n" for one in card.data if one.get("about")),
        _LIMITS,
        "## Recipe\n\n" + "\n".join(f"* {name}: {value}" for name, value in card.recipe.items()) + "\n",
    ]
    return "\n".join(parts)


def _metrics_table(evaluations: dict[str, Evaluation]) -> str:
    names = list(dict.fromkeys(name for one in evaluations.values() for name in one.metrics))
    head = "| metric | " + " | ".join(evaluations) + " |\n|---|" + "---|" * len(evaluations) + "\n"
    rows = []
    for name in names:
        values = [one.metrics.get(name, float("nan")) for one in evaluations.values()]
        shown = [
            "" if value != value else f"{value:,.0f}" if name.startswith("photos") else f"{value:.3f}"
            for value in values
        ]
        rows.append(f"| {name.replace('_', ' ')} | " + " | ".join(shown) + " |")
    return head + "\n".join(rows) + "\n"


def _class_table(evaluation: Evaluation) -> str:
    rows = [
        f"| {name} | {photos:,} | {_share(recall)} | {_share(precision)} |"
        for name, photos, recall, precision in evaluation.per_class.select(
            "class", "photos", "recall", "precision"
        ).iter_rows()
    ]
    return "| class | photos | recall | precision |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
