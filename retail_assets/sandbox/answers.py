"""What a child process answers about what it was given: what it found, or whose fault it is that it found nothing.

The same for every kind of child, written by its side and read by the parent's:

    {"found": …}                         what it found
    {"unreadable": [reason, message]}    the file's fault
    {"machine_trouble": [errno, text]}   the platform's fault

With `worn_out` where the child should be given nothing more.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from retail_assets.error_classification import MachineTrouble, beyond_limits, machine_trouble
from retail_assets.errors import Unreadable

Found = TypeVar("Found")


def answer_with(find: Callable[[], object], *, too_large: str, failed: Unreadable) -> dict[str, Any]:
    """The child's side: the answer about what `find` gives, or raises.

    `too_large` is the message where memory or disk beyond the limits was asked for, `failed` what any other error
    becomes; both may have `{cause}`.
    """
    try:
        return {"found": find()}
    except Unreadable as error:
        return _unreadable(error.reason, error.message)
    except BaseException as error:
        # Everything that reading may raise, panics of native code (no Exception) among them.
        said, *_ = " ".join(str(error).split()).partition(" Possible solutions:")  # what DuckDB may be told
        cause = f"{type(error).__name__}: {said[:300]}"
        trouble = machine_trouble(error)
        if trouble is not None:
            return {"machine_trouble": [trouble, cause]}
        if beyond_limits(error):
            return _unreadable("too_much_memory", too_large.format(cause=cause))
        answer = _unreadable(failed.reason, failed.message.format(cause=cause))
        return answer if isinstance(error, Exception) else answer | {"worn_out": True}


def _unreadable(reason: str, message: str) -> dict[str, Any]:
    return {"unreadable": [reason, message], "worn_out": reason == "too_much_memory"}


def found_in(answer: dict[str, Any], kind: type[Found], **known: object) -> Found:
    """The parent's side: what the child found, as `kind`; `known` are fields that are not the child's to say.

    Raises Unreadable and MachineTrouble as the child says, and an error of LookupError, TypeError or ValueError for
    what is no such answer.
    """
    if "machine_trouble" in answer:
        raise MachineTrouble(*_adapter(tuple[int, str]).validate_python(answer["machine_trouble"]))
    if "unreadable" in answer:
        raise Unreadable(*_adapter(tuple[str, str]).validate_python(answer["unreadable"]))
    return _adapter(kind).validate_python({**answer["found"], **known})


@cache
def _adapter(kind: Any) -> Any:
    """A validator, made once: making one takes longer than most answers."""
    from pydantic import TypeAdapter  # the child needs none

    return TypeAdapter(kind)
