"""Makes torchvision importable beside a CPU build of torch.

PyPI's Linux wheel of torchvision is built against CUDA; its compiled operators are missing beside a CPU torch,
and importing it fails because two of them are looked up by name. Declaring their schemas is enough: models and
transforms use none of them.
"""

_SCHEMAS = {
    "nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


def import_torchvision():
    """The torchvision package, whichever torch is installed."""
    import torch

    try:
        import torchvision
    except RuntimeError:
        for name, schema in _SCHEMAS.items():
            if not hasattr(torch.ops.torchvision, name):
                torch.library.define(f"torchvision::{name}", schema)
        import torchvision
    return torchvision
