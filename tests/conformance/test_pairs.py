"""All nine pairs of a server and a client: what is answered, and how each failure ends.

How it ends is told by the client's outcome and by the server's log of its handlers.
"""

from __future__ import annotations

import json
import random

import pytest

from conformance.ends import ClientEnd, ServerEnd, body_of, new_tag

Pair = tuple[ServerEnd, ClientEnd]
MIB = 1024 * 1024
BODY_MAX = 16 * MIB


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


def test_a_method_is_called_by_its_name(pair: Pair) -> None:
    _, client = pair
    assert client.call("add", {"a": 1, "b": 2}) == {"value": 3}


def test_a_route_answers_get_with_path_and_query_decoded(pair: Pair) -> None:
    _, client = pair
    got = client.request("GET", "/items/a%20b%2Fc?q=%C3%A9+1")
    assert (got["status"], got["code"], got["content_type"]) == (200, None, "application/json")
    assert json.loads(body_of(got)) == {"id": "a b/c", "q": "é 1"}


def test_a_route_answers_post_with_any_bytes(pair: Pair) -> None:
    _, client = pair
    data = bytes(range(256))
    got = client.request("POST", "/echo", body_hex=data.hex(), content_type="application/x-any")
    assert (got["status"], got["content_type"]) == (200, "application/x-any")
    assert body_of(got) == data


def test_a_route_answers_put_delete_and_head(pair: Pair) -> None:
    _, client = pair
    assert body_of(client.request("PUT", "/echo", fill=1000)) == b"1000"
    gone = client.request("DELETE", "/items/7")
    assert (gone["status"], gone["body_hex"]) == (204, "")
    head = client.request("HEAD", "/big?bytes=100000")
    fields = {name.lower(): value for name, value in head["headers"]}
    assert (head["status"], head["body_hex"]) == (200, "")
    assert fields["content-length"] == "100000"


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -1,
        2**53 - 1,
        2**53,
        -(2**53),
        2**63 - 1,
        -(2**63),
        2**64 - 1,
        1.5,
        1e300,
        "",
        'grüße, 世界, 🌊, \x00\n"\\/\u2028',
        [],
        {},
        [1, [2, [3, {"a": [None, False]}]]],
        {"": 1, "__proto__": {"x": 1}, "constructor": "c", "é": 2**63 - 1},
    ],
    ids=str,
)
def test_a_value_comes_back_as_it_went(pair: Pair, value: object) -> None:
    _, client = pair
    came = client.call("echo", {"value": value})["value"]
    assert came == value
    assert type(came) is type(value)


def test_text_of_1_mib_goes_both_ways_in_a_call(pair: Pair) -> None:
    _, client = pair
    text = "".join(random.Random(1).choices('abc é世🌊\n"', k=MIB // 2))
    assert client.call("echo", {"value": text}) == {"value": text}


def test_a_body_of_1_mib_goes_both_ways_in_a_request(pair: Pair) -> None:
    _, client = pair
    data = random.Random(2).randbytes(MIB)
    got = client.request("POST", "/echo", body_hex=data.hex())
    assert got["status"] == 200
    assert body_of(got) == data


def test_a_hundred_calls_at_once_are_each_given_their_own_answer(pair: Pair) -> None:
    _, client = pair
    numbers = [client.start("call", method="add", args={"a": i, "b": 1000}) for i in range(100)]
    values = [client.outcome(number) for number in numbers]
    assert values == [{"value": i + 1000} for i in range(100)]


def test_an_unknown_method_is_not_found(pair: Pair) -> None:
    _, client = pair
    assert client.call("no.such.method", {})["error"] == "not_found"


def test_an_unknown_route_is_a_response_with_the_code_not_found(pair: Pair) -> None:
    _, client = pair
    got = client.request("GET", "/no/such/route")
    assert (got["status"], got["code"]) == (404, "not_found")
    assert got["content_type"] == "application/problem+json"


def test_another_http_method_of_a_route_is_method_not_allowed(pair: Pair) -> None:
    _, client = pair
    got = client.request("PATCH", "/echo", fill=1)
    fields = {name.lower(): value for name, value in got["headers"]}
    assert (got["status"], got["code"]) == (405, "method_not_allowed")
    assert {name.strip() for name in fields["allow"].split(",")} == {"POST", "PUT"}


def test_arguments_of_a_wrong_type_are_an_error_with_a_code(pair: Pair) -> None:
    _, client = pair
    assert client.call("add", {"a": nested(65), "b": 1})["error"] == "invalid_argument"


@pytest.mark.parametrize(
    "body",
    [
        b'{"value":',
        b"nonsense",
        b'{"value":1}x',
        b'{"value":NaN}',
        b'{"value":"\xff"}',
        b'{"value":01}',
        b'{"value":"\\ud800"}',
        json.dumps({"value": nested(64)}).encode(),
    ],
    ids=["cut", "no JSON", "more after it", "NaN", "no UTF-8", "01", "half a pair", "depth 65"],
)
def test_a_body_that_is_no_json_of_ours_is_invalid_argument(pair: Pair, body: bytes) -> None:
    _, client = pair
    got = client.request(
        "POST", "/methods/echo", body_hex=body.hex(), content_type="application/json"
    )
    assert (got["status"], got["code"]) == (400, "invalid_argument")


def test_json_of_depth_64_passes_and_of_depth_65_is_invalid_argument(pair: Pair) -> None:
    _, client = pair
    assert client.call("echo", {"value": nested(63)}) == {"value": nested(63)}
    assert client.call("echo", {"value": nested(64)})["error"] == "invalid_argument"


def test_a_content_type_that_is_none_of_ours_is_unsupported_media(pair: Pair) -> None:
    _, client = pair
    got = client.request("POST", "/methods/add", body_hex="3c2f3e", content_type="text/xml")
    assert (got["status"], got["code"]) == (415, "unsupported_media")


def test_a_deadline_ends_the_call_as_timeout_and_cancels_the_handler(pair: Pair) -> None:
    server, client = pair
    tag = new_tag()
    assert client.call("never", {"tag": tag}, timeout_ms=300)["error"] == "timeout"
    server.await_events(tag, ["never started", "never cancelled"])


def test_a_deadline_ends_a_request_and_cancels_the_handler(pair: Pair) -> None:
    server, client = pair
    tag = new_tag()
    got = client.request("GET", f"/never?tag={tag}", timeout_ms=300)
    assert got.get("error", got.get("code")) == "timeout"
    server.await_events(tag, ["never started", "never cancelled"])


def test_what_is_ready_before_its_deadline_is_answered(pair: Pair) -> None:
    server, client = pair
    tag = new_tag()
    answer = client.call("slow", {"ms": 50, "tag": tag}, timeout_ms=60_000)
    assert answer == {"value": "late"}
    assert server.events(tag) == ["slow started", "slow finished"]


@pytest.mark.parametrize("by", ["call", "request"])
def test_cancelled_by_the_caller_ends_as_cancelled_and_cancels_the_handler(
    pair: Pair, by: str
) -> None:
    server, client = pair
    tag = new_tag()
    if by == "call":
        number = client.start("call", method="never", args={"tag": tag})
    else:
        number = client.start("request", method="GET", target=f"/never?tag={tag}")
    server.await_events(tag, ["never started"])
    client.cancel(number)
    assert client.outcome(number)["error"] == "cancelled"
    server.await_events(tag, ["never started", "never cancelled"])


def test_cancelling_one_call_leaves_the_others_alone(pair: Pair) -> None:
    server, client = pair
    tags = [new_tag() for _ in range(4)]
    numbers = [client.start("call", method="slow", args={"ms": 400, "tag": tag}) for tag in tags]
    for tag in tags:
        server.await_events(tag, ["slow started"])
    client.cancel(numbers[0])
    assert client.outcome(numbers[0])["error"] == "cancelled"
    assert [client.outcome(number) for number in numbers[1:]] == [{"value": "late"}] * 3
    server.await_events(tags[0], ["slow started", "slow cancelled"])


def test_a_handler_that_throws_is_internal_and_its_text_stays_there(pair: Pair) -> None:
    server, client = pair
    tag = new_tag()
    got = client.call("throws", {"tag": tag})
    assert got["error"] == "internal"
    assert "secret" not in got["message"]
    assert server.events(tag) == ["throws started"]
    answer = client.request("GET", "/throws?tag=x")
    assert (answer["status"], answer["code"]) == (500, "internal")
    assert b"secret" not in body_of(answer)
    assert client.call("add", {"a": 1, "b": 1}) == {"value": 2}


def test_a_request_over_the_limit_is_payload_too_large(pair: Pair) -> None:
    _, client = pair
    got = client.request("POST", "/echo", fill=BODY_MAX + 1)
    assert got.get("error", got.get("code")) == "payload_too_large"
    assert client.call("add", {"a": 1, "b": 1}) == {"value": 2}


def test_an_answer_over_the_limit_is_payload_too_large(pair: Pair) -> None:
    _, client = pair
    got = client.request("GET", f"/big?bytes={BODY_MAX + 1}")
    assert got["error"] == "payload_too_large"
    assert client.call("add", {"a": 1, "b": 1}) == {"value": 2}


def test_close_ends_what_is_under_way_and_all_that_follows(pair: Pair) -> None:
    server, _ = pair
    language = pair[1].name.split()[-1]
    with ClientEnd(language) as client:
        client.connect(server.url)
        tag = new_tag()
        number = client.start("call", method="never", args={"tag": tag})
        server.await_events(tag, ["never started"])
        assert client.outcome(client.start("close")) == {"value": None}
        assert client.outcome(number)["error"] == "closed"
        assert client.call("add", {"a": 1, "b": 1})["error"] == "misuse"
        server.await_events(tag, ["never started", "never cancelled"])
