"""https: servers and clients of ours, and Python's own ssl at either end."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys
from collections.abc import AsyncIterator

import programs
import pytest
import raw_http
import tidewire
from certificates import CA, FOLDER, TRUSTING, client_tls, server_tls


def secure_app(**options) -> tidewire.Server:
    app = tidewire.Server("127.0.0.1:0", **{"tls": server_tls(), **options})

    @app.method
    async def add(a: int, b: int) -> int:
        return a + b

    @app.post("/echo")
    async def echo(request):
        return request.body

    return app


def ssl_context(**attributes) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(CA))
    for name, value in attributes.items():
        setattr(context, name, value)
    return context


async def test_a_client_calls_methods_and_routes_over_https():
    async with secure_app() as app:
        assert app.url == f"https://127.0.0.1:{app.port}"
        async with tidewire.connect(app.url, tls=TRUSTING) as client:
            assert await client.call("add", {"a": 1, "b": 2}) == 3
            body = bytes(range(256)) * 20_000
            assert (await client.request("POST", "/echo", body=body)).body == body
            sums = [client.call("add", {"a": i, "b": 1}) for i in range(100)]
            assert await asyncio.gather(*sums) == [i + 1 for i in range(100)]


async def test_cancelling_reaches_the_handler_through_tls():
    app = secure_app()
    gone = asyncio.Event()
    began = asyncio.Event()

    @app.method
    async def never():
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            gone.set()

    async with app, tidewire.connect(app.url, tls=TRUSTING) as client:
        call = asyncio.ensure_future(client.call("never"))
        await began.wait()
        call.cancel()
        await asyncio.wait_for(gone.wait(), 20)
        with pytest.raises(tidewire.TimeoutError):
            await client.call("never", timeout=0.05)
        assert await client.call("add", {"a": 1, "b": 2}) == 3


@pytest.mark.parametrize(
    ("server", "tls", "reason"),
    [
        ("other_host", TRUSTING, "IP address mismatch"),
        ("expired", TRUSTING, "certificate has expired"),
        ("stranger", TRUSTING, "unable to get local issuer certificate"),
        ("server", None, "certificate verify failed"),
        ("self_signed", TRUSTING, "self-signed certificate"),
        ("server", tidewire.ClientTls(ca=CA, server_name="x.example"), "hostname mismatch"),
    ],
)
async def test_a_server_that_cannot_be_verified_is_unavailable(server, tls, reason):
    async with secure_app(tls=server_tls(server)) as app:
        with pytest.raises(tidewire.UnavailableError, match=reason):
            await tidewire.connect(app.url, tls=tls)


@pytest.mark.parametrize(
    ("server", "tls"),
    [
        ("self_signed", tidewire.ClientTls(ca=FOLDER / "self_signed.pem")),
        ("expired", tidewire.ClientTls(verify=False)),
        ("other_host", tidewire.ClientTls(ca=str(CA), server_name="other.example.com")),
        ("server", tidewire.ClientTls(ca=CA.read_bytes(), server_name="api.example.com")),
        ("server", tidewire.ClientTls(ca=CA.read_text())),
    ],
)
async def test_whom_to_trust_can_be_said(server, tls):
    async with secure_app(tls=server_tls(server)) as app:
        client = await tidewire.connect(app.url, tls=tls)
        assert await client.call("add", {"a": 1, "b": 2}) == 3
        await client.close()


@pytest.mark.parametrize(("trusted", "outcome"), [("ca.pem", "3"), ("stranger_ca.pem", "failed")])
async def test_the_store_of_the_system_can_be_named_by_the_environment(trusted, outcome):
    program = """if True:
        import asyncio, sys, tidewire

        async def main():
            try:
                async with tidewire.connect(sys.argv[1]) as client:
                    print(await client.call("add", {"a": 1, "b": 2}))
            except tidewire.UnavailableError as error:
                print(error)

        asyncio.run(main())
    """
    async with secure_app() as app:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-c", program, app.url),
            stdout=asyncio.subprocess.PIPE,
            env={**programs.environment(), "SSL_CERT_FILE": str(FOLDER / trusted)},
        )
        printed, _ = await child.communicate()
    assert outcome in printed.decode()


async def test_a_server_may_ask_for_a_certificate_of_its_clients():
    async with secure_app(tls=server_tls(client_ca=CA)) as app:
        async with tidewire.connect(app.url, tls=client_tls("client")) as client:
            assert await client.call("add", {"a": 1, "b": 2}) == 3
        for tls, reason in ((TRUSTING, "certificate required"), (client_tls("stranger"), "ca")):
            with pytest.raises(tidewire.Error, match=reason):
                async with tidewire.connect(app.url, tls=tls) as client:
                    await client.call("add", {"a": 1, "b": 2})


async def test_python_ssl_is_served_with_1_2_and_1_3_and_pipelining():
    async with secure_app() as app:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = ssl_context(minimum_version=version, maximum_version=version)
            context.set_alpn_protocols(["h2", "http/1.1"])
            reader, writer = await asyncio.open_connection("127.0.0.1", app.port, ssl=context)
            assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"
            posts = [raw_http.post("/echo", b"%d" % i, "a/b") for i in range(50)]
            writer.write(b"".join(posts))
            bodies = [(await raw_http.read_response(reader)).body for _ in posts]
            assert bodies == [b"%d" % i for i in range(50)]
            writer.close()
            await writer.wait_closed()
        context = ssl_context()
        context.set_alpn_protocols(["h2"])
        with pytest.raises(ssl.SSLError, match=r"(?i)no.application.protocol"):
            await asyncio.open_connection("127.0.0.1", app.port, ssl=context)


async def test_plain_http_on_the_port_of_tls_is_told_so():
    async with secure_app() as app:
        response = await raw_http.exchange(app.port, raw_http.get("/"))
        assert response.status == 400
        assert b"https://" in response.body
        async with tidewire.connect(f"http://127.0.0.1:{app.port}") as client:
            with pytest.raises(tidewire.ProtocolError, match="speaks TLS"):
                await client.call("add", {"a": 1, "b": 2})


async def test_tls_on_a_port_of_plain_http_is_unavailable(app):
    async with app:
        with pytest.raises(tidewire.UnavailableError, match="does not speak TLS"):
            await tidewire.connect(f"https://127.0.0.1:{app.port}", tls=TRUSTING)


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01\x02\x00\x01\x00", b"\x00garbage"])
async def test_a_handshake_that_goes_nowhere_is_ended(sent):
    async with secure_app(limits=tidewire.Limits(tls_handshake_timeout=0.2)) as app:
        reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
        writer.write(sent)
        assert await asyncio.wait_for(reader.read(), 20) == b""
        writer.close()
        async with tidewire.connect(app.url, tls=TRUSTING) as client:
            assert await client.call("add", {"a": 1, "b": 2}) == 3


async def test_200_half_open_handshakes_hinder_nobody():
    async with secure_app() as app:
        half = [await asyncio.open_connection("127.0.0.1", app.port) for _ in range(200)]
        for _, writer in half[::2]:
            writer.write(b"\x16\x03\x01\x02\x00\x01")
        async with tidewire.connect(app.url, tls=TRUSTING) as client:
            for i in range(100):
                assert await client.call("add", {"a": i, "b": 1}, timeout=20) == i + 1
        assert app.stats().connections >= 200
        for _, writer in half:
            writer.close()


async def test_reloaded_certificates_serve_the_next_handshakes():
    async with secure_app(tls=server_tls("expired")) as app:
        async with tidewire.connect(app.url, tls=tidewire.ClientTls(verify=False)) as old:
            with pytest.raises(tidewire.InvalidArgumentError, match="No such file"):
                app.reload_tls(tidewire.Tls("/none.pem", "/none.key"))
            app.reload_tls(server_tls())
            assert await old.call("add", {"a": 1, "b": 2}) == 3
        async with tidewire.connect(app.url, tls=TRUSTING) as client:
            assert await client.call("add", {"a": 1, "b": 2}) == 3
    with pytest.raises(tidewire.MisuseError):
        app.reload_tls(server_tls())


async def test_what_is_no_certificate_is_an_invalid_argument(app):
    key = FOLDER / "server.key"
    for tls, reason in (
        (tidewire.Tls("/none.pem", key), "tls.cert: /none.pem: No such file"),
        (tidewire.Tls(CA, key), "tls.key does not belong"),
        (tidewire.Tls(CA, FOLDER / "encrypted.key"), "encrypted"),
        (tidewire.Tls(b"-----BEGIN CERTIFICATE-----\n", key), "tls.cert"),
    ):
        with pytest.raises(tidewire.InvalidArgumentError, match=reason):
            await secure_app(tls=tls).start()
    for make in (
        lambda: tidewire.Tls(None),
        lambda: tidewire.Tls(7),
        lambda: tidewire.Tls(""),
        lambda: tidewire.ClientTls(verify="no"),
        lambda: tidewire.ClientTls(server_name=b"x"),
        lambda: tidewire.Server(tls=TRUSTING),
        lambda: tidewire.connect("https://h", tls=server_tls()),
    ):
        with pytest.raises(tidewire.InvalidArgumentError):
            make()
    async with app:
        with pytest.raises(tidewire.InvalidArgumentError, match="https"):
            await tidewire.connect(app.url, tls=TRUSTING)
    with pytest.raises(tidewire.InvalidArgumentError, match="server_name"):
        await tidewire.connect("https://127.0.0.1:1", tls=tidewire.ClientTls(server_name="a b"))
    assert "server.key" not in repr(server_tls())


# ---- Python's own ssl as the server


@contextlib.asynccontextmanager
async def python_server(serve, **attributes) -> AsyncIterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(FOLDER / "server.pem", FOLDER / "server.key")
    for name, value in attributes.items():
        setattr(context, name, value)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            await serve(reader, writer)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"


async def test_an_answer_without_a_length_ends_by_close_notify_only():
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nto the end")
        if cut:
            await writer.drain()
            writer.transport.abort()
        else:
            writer.close()

    async with python_server(serve) as url:
        cut = False
        async with tidewire.connect(url, tls=TRUSTING) as client:
            assert (await client.request("GET", "/")).text == "to the end"
        cut = True
        async with tidewire.connect(url, tls=TRUSTING) as client:
            with pytest.raises(tidewire.ConnectionLostError):
                await client.request("GET", "/")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_the_name_is_asked_for_and_sessions_are_resumed(version):
    seen = []

    async def serve(reader, writer):
        tls = writer.get_extra_info("ssl_object")
        seen.append((tls.session_reused, tls.version()))
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        writer.close()

    asked = []
    async with (
        python_server(
            serve,
            maximum_version=version,
            sni_callback=lambda socket, name, context: asked.append(name),
        ) as url,
        tidewire.connect(url, tls=TRUSTING) as client,
    ):
        for _ in range(3):
            assert (await client.request("GET", "/")).status == 204
    text = "TLSv1.2" if version is ssl.TLSVersion.TLSv1_2 else "TLSv1.3"
    assert seen == [(False, text), (True, text), (True, text)]
    assert asked[0] == "localhost"


@pytest.mark.filterwarnings("ignore:.*TLSv1_1:DeprecationWarning")
async def test_a_server_of_an_old_version_is_refused():
    async def serve(reader, writer):
        await reader.read()

    async with python_server(serve, maximum_version=ssl.TLSVersion.TLSv1_1) as url:
        with pytest.raises(tidewire.UnavailableError, match="TLS handshake"):
            await tidewire.connect(url, tls=TRUSTING)
