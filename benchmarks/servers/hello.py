"""The hello server of the benchmarks in Python: `hello.py PORT async|sync`."""

import sys

import tidewire


def main() -> None:
    """Serves on the given port until it is told to end."""
    app = tidewire.Server(f"127.0.0.1:{sys.argv[1]}")
    if sys.argv[2] == "async":

        @app.get("/hello")
        async def hello(request: tidewire.Request) -> dict[str, str]:
            return {"hello": "world"}

    else:

        @app.get("/hello")
        def hello_sync(request: tidewire.Request) -> dict[str, str]:
            return {"hello": "world"}

    app.run()


if __name__ == "__main__":
    main()
