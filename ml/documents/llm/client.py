"""One question to a server that speaks chat completions, and what its answer comes to."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from ml.documents.llm.budget import CHARACTERS_A_TOKEN, TOKENS_A_PICTURE, Usage
from ml.documents.llm.schema import Answer
from ml.documents.llm.settings import Settings
from ml.errors import quoted


@dataclass(frozen=True)
class Said:
    """An answer, or a part of a sentence that says why there is none."""

    answer: Answer | None = None
    why: str = ""
    used: Usage = field(default_factory=Usage)
    final: bool = False
    """Whether the same question would be answered so again: it is kept."""
    failed: bool = False
    """Whether the server, not the document, is why there is no answer."""
    hopeless: bool = False
    """Whether no other document would be answered either."""


def most(settings: Settings, messages: list[dict[str, Any]]) -> Usage:
    """The most tokens that a question can take, by estimate."""
    characters = pictures = 0
    for message in messages:
        content = message["content"]
        for part in [{"text": content}] if isinstance(content, str) else content:
            characters += len(part.get("text", ""))
            pictures += "image_url" in part
    schema = len(json.dumps(Answer.model_json_schema()))
    asked = (characters + schema) // CHARACTERS_A_TOKEN + pictures * TOKENS_A_PICTURE
    return Usage(asked, settings.answer_tokens)


def connect(settings: Settings) -> Any:
    from openai import AsyncOpenAI

    return AsyncOpenAI(
        api_key=settings.key,
        base_url=settings.base_url,
        timeout=settings.seconds,
        max_retries=settings.retries,
    )


async def ask(client: Any, settings: Settings, messages: list[dict[str, Any]]) -> Said:
    """Whatever the server does, this ends: in time, and with an answer or with why there is none."""
    import openai

    expected = most(settings, messages)
    # What was waited for in vain may have been worked on, and is then billed.
    lost = Usage(expected.input * (settings.retries + 1), expected.output * (settings.retries + 1))
    try:
        async with asyncio.timeout(settings.document_seconds):
            raw = await client.chat.completions.with_raw_response.parse(
                model=settings.model,
                messages=messages,
                response_format=Answer,
                max_completion_tokens=settings.answer_tokens,
            )
    except (TimeoutError, openai.APITimeoutError):
        return Said(why="did not answer in time", used=lost, failed=True)
    except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
        return Said(why=f"refuses the key ({error.status_code})", failed=True, hopeless=True)
    except openai.NotFoundError:
        return Said(why=f"is not known to its server (404: {settings.model})", failed=True, hopeless=True)
    except openai.RateLimitError as error:
        spent = error.code == "insufficient_quota"
        why = "has no quota left (429)" if spent else "was asked too often (429)"
        return Said(why=why, failed=True, hopeless=spent)
    except openai.APIStatusError as error:
        said = f": {quoted(error.message)}" if error.status_code < 500 else ""
        return Said(why=f"failed ({error.status_code}{said})", failed=True)
    except openai.APIConnectionError:
        return Said(why="cannot be reached", failed=True)
    except Exception as error:  # whatever else a server provokes ends in an offline answer
        return Said(why=f"could not be asked ({type(error).__name__})", failed=True)
    return _read(raw, expected)


def _read(raw: Any, expected: Usage) -> Said:
    import openai

    used = _used(raw) or expected
    try:
        choice = raw.parse().choices[0]
    except openai.LengthFinishReasonError:
        return Said(why="gave an answer that was cut off", used=used, final=True)
    except openai.ContentFilterFinishReasonError:
        return Said(why="was stopped by its filter", used=used, final=True)
    except Exception:  # no JSON, another form, no choices: servers differ in what they get wrong
        return Said(why="gave an answer that is not in the agreed form", used=used)
    message = choice.message
    if message.refusal:
        return Said(why="refused to read the document", used=used, final=True)
    if not isinstance(message.parsed, Answer):
        return Said(why="gave no answer", used=used)
    return Said(message.parsed, used=used, final=True)


def _used(raw: Any) -> Usage | None:
    """Tokens as the server counts them; None where it does not, or counts nonsense."""
    try:
        usage = json.loads(raw.text)["usage"]
        used = Usage(usage["prompt_tokens"], usage["completion_tokens"])
    except (ValueError, KeyError, TypeError):
        return None
    counted = all(type(one) is int and one >= 0 for one in (used.input, used.output))
    return used if counted else None
