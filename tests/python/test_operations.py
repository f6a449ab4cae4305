"""/healthz, /readyz and /metrics of a Python server."""

from __future__ import annotations

import pytest
import tidewire
from prometheus_client.parser import text_string_to_metric_families


async def families(client, **request):
    response = await client.request("GET", "/metrics", **request)
    assert response.status == 200
    assert response.content_type == "text/plain; version=0.0.4; charset=utf-8"
    return {family.name: family for family in text_string_to_metric_families(response.text)}


async def test_a_server_tells_that_it_lives_and_whether_it_is_ready(app, connected):
    client = await connected(app)
    assert (await client.request("GET", "/healthz")).json() == {"ok": True}
    assert (await client.request("GET", "/readyz")).status == 200
    app.set_ready(False)
    response = await client.request("GET", "/readyz")
    assert response.status == 503
    assert response.json()["code"] == "unavailable"
    assert (await client.request("GET", "/healthz")).status == 200
    app.set_ready(True)
    assert (await client.request("GET", "/readyz")).status == 200
    with pytest.raises(tidewire.InvalidArgumentError):
        app.set_ready("yes")


async def test_only_a_running_server_is_ready():
    with pytest.raises(tidewire.MisuseError):
        tidewire.Server("127.0.0.1:0").set_ready(True)


async def test_metrics_are_read_by_prometheus(app, connected):
    @app.get("/users/{id}")
    async def user(request):
        return {}

    @app.method()
    async def fail():
        raise RuntimeError("secret")

    client = await connected(app)
    for _ in range(3):
        await client.request("GET", "/users/7")
    with pytest.raises(tidewire.InternalError):
        await client.call("fail")
    found = await families(client)
    answers = {
        (sample.labels["operation"], sample.labels["status"]): sample.value
        for sample in found["tidewire_requests"].samples
    }
    assert answers == {("GET /users/{id}", "2xx"): 3, ("fail", "5xx"): 1}
    durations = found["tidewire_request_duration_seconds"].samples
    of_fail = [sample for sample in durations if sample.labels["operation"] == "fail"]
    buckets = [sample.value for sample in of_fail if "le" in sample.labels]
    assert buckets == sorted(buckets)
    assert buckets[-1] == 1
    assert found["process_resident_memory_bytes"].samples[0].value > 1_000_000
    assert found["tidewire_build_info"].samples[0].labels == {"version": tidewire.__version__}


async def test_metrics_are_for_whom_authorize_lets(app, connected):
    @app.authenticate
    async def who(request):
        name = request.headers.get("x-name")
        return tidewire.Principal(name) if name else None

    asked = []

    @app.authorize
    async def may(principal, action, name):
        asked.append((action, name))
        return principal is not None and principal.id == "operator"

    client = await connected(app)
    assert (await client.request("GET", "/healthz")).status == 200
    assert (await client.request("GET", "/metrics")).status == 401
    assert (await client.request("GET", "/metrics", headers={"X-Name": "ann"})).status == 403
    await families(client, headers={"X-Name": "operator"})
    assert asked == [("admin", "GET /metrics")] * 3
