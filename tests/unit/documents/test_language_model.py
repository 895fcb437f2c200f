"""What a language model and its server may do: a document keeps its offline answer, and says why."""

import json
import os
import socket
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ml.documents.__main__ import main
from ml.documents.document import extract
from ml.documents.llm import handover
from ml.documents.llm.settings import NoLanguageModel, Settings
from tests.unit.documents.model_server import (
    GOOD,
    ModelServer,
    Reply,
    fails,
    handed,
    improved,
    model_server,
    says,
    stage,
)
from tests.unit.documents.sheets import Sale, pdf

CONTENT = pdf(Sale().texts())


def test_a_good_answer_makes_values_surer_and_writes_a_summary() -> None:
    offline = extract(CONTENT, "invoice.pdf").written()
    prices = {"input_price": Decimal(2), "output_price": Decimal(10)}
    written = improved(CONTENT, says(GOOD), **prices).written()
    assert written["status"] == "auto_confirmable"
    assert written["summary"] == GOOD["summary"]
    assert (written["model_tokens"], written["model_cost"]) == (1_200, "0.004")
    for name in ("vendor", "number", "date", "net", "tax", "total", "iban", "vendor_tax_id"):
        one, before = written["fields"][name], offline["fields"][name]
        assert one["value"] == before["value"], name
        assert "language model agrees" in one["evidence"], name
        assert one["confidence"] >= before["confidence"], name
    assert written["findings"] == offline["findings"]
    assert written["lines"] == offline["lines"]


def test_the_model_is_asked_in_a_strict_form_and_the_document_is_fenced() -> None:
    with model_server(says(GOOD)) as server:
        stage(server, model="some-model").improved([handed(CONTENT)])
    (asked,) = server.asked
    assert asked["path"] == "/v1/chat/completions"
    assert asked["key"] == "Bearer secret"
    assert asked["model"] == "some-model"
    assert asked["response_format"]["json_schema"]["strict"] is True
    system, user = (message["content"] for message in asked["messages"])
    assert "Nordlicht" not in system
    lines = user.splitlines()
    assert lines[0].startswith("<document ")
    assert lines[-1] == lines[0].replace("<", "</", 1)
    assert "--- page 1 of 1 ---" in lines
    assert "Briefumschlag C5 weiß | 20 | 4,50 | 90,00 €" in lines


def test_too_many_requests_are_asked_again() -> None:
    with model_server(fails(429), says(GOOD)) as server:
        (document,) = stage(server).improved([handed(CONTENT)])
    assert len(server.asked) == 2
    assert document.summary == GOOD["summary"]


@pytest.mark.parametrize(
    ("reply", "tries", "said"),
    [
        (fails(500), 2, "failed (500)"),
        (fails(429), 2, "asked too often (429)"),
        (fails(429, "insufficient_quota"), 2, "has no quota left (429)"),
        (fails(400), 1, "failed (400: "),
        (fails(401), 1, "refuses the key (401)"),
        (fails(404), 1, "is not known to its server (404"),
        (says(None, refusal="I may not read this"), 1, "refused to read the document"),
        (says('{"total": "14', finish="length"), 1, "was cut off"),
        (says("", finish="content_filter"), 1, "stopped by its filter"),
        (says("{not JSON"), 1, "not in the agreed form"),
        (says(GOOD | {"status": "confirmed"}), 1, "not in the agreed form"),
        (says(GOOD | {"total": 142.8}), 1, "not in the agreed form"),
        (says(None), 1, "gave no answer"),
        (Reply(body={"choices": []}), 1, "not in the agreed form"),
        (Reply(body=b"<html>a proxy</html>", headers={"content-type": "text/html"}), 1, "agreed form"),
        (Reply(body=b"{", headers={"content-type": "application/json"}), 1, "agreed form"),
    ],
    ids=[
        "500 for ever",
        "429 for ever",
        "no quota",
        "400",
        "401",
        "404",
        "refusal",
        "truncation",
        "filter",
        "bad JSON",
        "another field",
        "another type",
        "nothing",
        "no choices",
        "HTML",
        "half a body",
    ],
)
def test_whatever_goes_wrong_the_offline_answer_stays(reply: Reply, tries: int, said: str) -> None:
    offline = extract(CONTENT, "invoice.pdf").written()
    with model_server(reply) as server:
        (document,) = stage(server).improved([handed(CONTENT)])
    written = document.written()
    assert len(server.asked) == tries
    (note,) = written.pop("findings")
    assert (note["check"], note["severity"]) == ("language_model", "note")
    assert said in note["sentence"]
    assert "secret" not in note["sentence"]
    assert written["status"] == "auto_confirmable"
    assert {name: written[name] for name in ("fields", "lines", "summary", "status", "error")} == {
        name: offline[name] for name in ("fields", "lines", "summary", "status", "error")
    }


@pytest.mark.parametrize("limit", [{"seconds": 0.05}, {"document_seconds": 0.1}], ids=["a try", "all tries"])
def test_a_slow_server_is_not_waited_for(limit: dict[str, float]) -> None:
    document = improved(CONTENT, Reply(seconds=0.5), **({"retries": 0} | limit))
    assert document.status == "auto_confirmable"
    assert "did not answer in time" in document.findings[-1].sentence


def test_a_server_that_is_not_there_is_given_up_for_the_run() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        run = stage(
            ModelServer([], f"http://127.0.0.1:{taken.getsockname()[1]}/v1"), retries=0, side_by_side=1
        )
        found = run.improved([handed(CONTENT)] * 7)
    assert "cannot be reached" in found[0].findings[-1].sentence
    assert "not asked any more: it cannot be reached" in found[6].findings[-1].sentence
    assert run.counts.asked == 5


def test_a_key_that_is_refused_is_tried_once() -> None:
    with model_server(fails(401)) as server:
        contents = [pdf(Sale(number=f"RE-{number}").texts()) for number in range(3)]
        found = stage(server, side_by_side=1).improved([handed(one) for one in contents])
    assert len(server.asked) == 1
    assert all(document.status == "auto_confirmable" for document in found)


def test_a_budget_that_is_used_up_leaves_the_rest_offline() -> None:
    contents = [pdf(Sale(number=f"RE-{number}").texts()) for number in range(3)]
    for limit in (
        {"most_tokens": 11_700},
        {"most_cost": Decimal("11.7"), "input_price": Decimal(1_000), "output_price": Decimal(1_000)},
    ):
        with model_server(says(GOOD)) as server:
            run = stage(server, side_by_side=1, **limit)
            found = run.improved([handed(one) for one in contents])
        assert len(server.asked) == 2, (
            "a question reserves the most that it can take, and gives back the rest"
        )
        assert "budget of the run is used up" in found[2].findings[-1].sentence
        assert found[2].model is None
        assert "2 asked" in str(run)


def test_a_budget_counts_what_a_server_does_not() -> None:
    with model_server(says(GOOD, usage=None)) as server:
        run = stage(server)
        (document,) = run.improved([handed(CONTENT)])
    assert document.model_tokens == run.budget.spent.tokens > 8_000
    with model_server(says(GOOD, usage={"prompt_tokens": -5, "completion_tokens": 1})) as server:
        run = stage(server)
        run.improved([handed(CONTENT)])
    assert run.budget.spent.tokens > 8_000


def test_a_limit_of_the_cost_needs_prices() -> None:
    with pytest.raises(NoLanguageModel, match="prices"):
        Settings("key", most_cost=Decimal(5))


def test_the_same_document_is_never_asked_about_twice(tmp_path: Path) -> None:
    with model_server(says(GOOD)) as server:
        first = stage(server, kept=tmp_path).improved([handed(CONTENT), handed(CONTENT, "copy.pdf")])
        again = stage(server, kept=tmp_path).improved([handed(CONTENT)])
        stage(server, kept=tmp_path, model="another").improved([handed(CONTENT)])
    assert len(server.asked) == 2
    assert first[0].written() == again[0].written()
    assert first[1].model_tokens == 1_200
    assert not [path for path in tmp_path.rglob("tmp*") if path.is_file()]


def test_a_refusal_is_kept_and_a_failure_is_not(tmp_path: Path) -> None:
    for reply, asked in ((says(None, refusal="no"), 1), (fails(500), 4)):
        with model_server(reply) as server:
            for _ in range(2):
                (document,) = stage(server, kept=tmp_path / str(asked)).improved([handed(CONTENT)])
        assert len(server.asked) == asked
        assert document.findings[-1].check == "language_model"


def test_a_damaged_answer_of_the_folder_is_asked_for_again(tmp_path: Path) -> None:
    with model_server(says(GOOD)) as server:
        stage(server, kept=tmp_path).improved([handed(CONTENT)])
        (path,) = tmp_path.rglob("*.json")
        for damaged in ('{"answer', '{"answer": {"total": 5}, "why": "", "input": 1, "output": 1}', "[]"):
            path.write_text(damaged)
            (document,) = stage(server, kept=tmp_path).improved([handed(CONTENT)])
            assert document.summary == GOOD["summary"]
    assert len(server.asked) == 4


def test_a_page_that_is_badly_read_is_shown_as_a_picture() -> None:
    read = extract(CONTENT, "scan.pdf")
    assert handed(CONTENT)["seen"]["pictures"] == {}
    (page,) = read.read
    words = tuple(replace(word, score=0.3) for word in page.words)
    read.read = [replace(page, words=words, engine="tesseract")]
    kept = json.loads(json.dumps(handover.written(read, CONTENT)))
    with model_server(says(GOOD)) as server:
        stage(server).improved([kept])
    parts = server.asked[0]["messages"][1]["content"]
    assert [part["type"] for part in parts] == ["text", "text", "image_url"]
    assert parts[2]["image_url"]["url"].startswith("data:image/jpeg;base64,/9j/")


def test_a_long_document_is_shown_in_part() -> None:
    texts = [
        [
            (50, 40 + 12 * line, f"Zeile {page}-{line} " + "Betriebshaftpflichtversicherung " * 2)
            for line in range(60)
        ]
        for page in range(15)
    ]
    with model_server(says(GOOD)) as server:
        stage(server).improved([handed(pdf(*texts))])
    user = server.asked[0]["messages"][1]["content"]
    assert len(user) < 43_000
    assert "Zeile 0-0 " in user
    assert "Zeile 14-59 " in user
    assert user.count("[lines are left out here]") == 1


def test_the_command_asks_where_a_key_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "1.pdf").write_bytes(CONTENT)
    (tmp_path / "2.pdf").write_bytes(b"nothing")
    out, command = tmp_path / "out.jsonl", ["extract", str(tmp_path), "--jobs", "1", "--out"]
    with model_server(says(GOOD)) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "secret")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        seen: list[str | None] = []
        asked = extract

        def watched(*given: Any) -> Any:
            seen.append(os.environ.get("OPENAI_API_KEY"))
            return asked(*given)

        monkeypatch.setattr("ml.documents.batch.extract", watched)
        assert main([*command, str(out), "--llm-prices", "1", "2"]) == 0
        lines = [json.loads(line) for line in out.read_text().splitlines()]
        assert lines[0]["summary"] == GOOD["summary"]
        assert lines[0]["model_cost"] == "0.0014"
        assert lines[1]["status"] == "failed"
        assert "model" not in lines[1]
        assert "1 asked" in capsys.readouterr().err
        assert seen == [None, None], "what reads files of strangers has no key"
        assert os.environ["OPENAI_API_KEY"] == "secret"
        assert main([*command, str(out), "--llm", "off"]) == 0
    assert len(server.asked) == 1


def test_on_without_a_key_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["extract", str(tmp_path), "--llm", "on"]) == 1
    assert "OPENAI_API_KEY" in capsys.readouterr().err


@pytest.mark.parametrize("said", [{}, {"document": 7, "seen": []}, {"document": {"file": "x"}, "seen": {}}])
def test_a_handover_that_is_none_fails_its_document_alone(said: dict[str, Any]) -> None:
    with model_server(says(GOOD)) as server:
        broken, whole = stage(server).improved([said, handed(CONTENT)])
    assert (broken.status, whole.summary) == ("failed", GOOD["summary"])
    assert broken.error and "cannot be understood" in broken.error
