"""The stages of the tests and of CI as data: what runs, with what, and how its result is counted.

A stage is one command. `kind` says what it means:
  step   must succeed; it is no test and is not counted
  check  must succeed; it counts as one test
  suite  is counted by the results file it writes (JUnit XML, or JSON of jest)
scripts/run_suites.py runs them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "build" / "results"
PYTHON = str(ROOT / ".venv" / "bin" / "python")
FUZZ_SECONDS = 10
# Of `make torture`: for each target; and the switch that the tests of memory look at.
LONG_FUZZ_SECONDS = 600
LONG = {"TIDEWIRE_TORTURE": "1"}
JOBS = str(min(os.cpu_count() or 1, 8))


@dataclass
class Stage:
    name: str
    command: list[str]
    kind: str = "check"
    results: Path | None = None
    env: dict[str, str] = field(default_factory=dict)
    # Run in this process before the command.
    before: Callable[[], None] | None = None
    # When it fails nothing after it makes sense.
    fatal: bool = False


def bin_of(package: str) -> str:
    return str(ROOT / "node_modules" / ".bin" / package)


def build(preset: str, *targets: str) -> list[Stage]:
    """Configures and builds a preset of CMakePresets.json."""
    command = ["cmake", "--build", "--preset", preset, "-j", JOBS]
    if targets:
        command += ["--target", *targets]
    return [
        Stage(f"configure {preset}", ["cmake", "--preset", preset], kind="step", fatal=True),
        Stage(f"build {preset}", command, kind="step", fatal=True),
    ]


def catch(name: str, preset: str, env: dict[str, str] | None = None, *, tests: str = "") -> Stage:
    """`tests`: the tags of Catch2 that choose, "[memory]"; empty for all."""
    results = RESULTS / f"{name.replace(' ', '-')}.xml"
    command = [
        str(ROOT / "build" / preset / "tests" / "cpp" / "tidewire_tests"),
        "--reporter",
        "junit",
        "--out",
        str(results),
    ]
    if tests:
        command.append(tests)
    if preset == "tsan":
        # The address space layout of newer kernels is more random than TSan of gcc 12 can take.
        command = ["setarch", os.uname().machine, "-R", *command]
    return Stage(name, command, kind="suite", results=results, env=env or {})


def pytest(name: str, *paths: str, env: dict[str, str] | None = None) -> Stage:
    results = RESULTS / f"{name.replace(' ', '-')}.xml"
    command = [PYTHON, "-m", "pytest", "-q", f"--junitxml={results}", *paths]
    return Stage(name, command, kind="suite", results=results, env=env or {})


def jest(name: str, *paths: str, env: dict[str, str] | None = None) -> Stage:
    results = RESULTS / f"{name.replace(' ', '-')}.json"
    command = [bin_of("jest"), "--json", f"--outputFile={results}", *paths]
    return Stage(name, command, kind="suite", results=results, env=env or {})


def build_typescript() -> Stage:
    return Stage("build typescript", ["npm", "run", "--silent", "build"], kind="step", fatal=True)


def build_all() -> list[Stage]:
    """The core, its tests, both bindings and the TypeScript package."""
    return [
        *build("dev"),
        build_typescript(),
    ]


def bench_build() -> list[Stage]:
    """What the benchmarks run: the bindings of `build_all`, and native programs as released."""
    return [*build_all(), *build("bench")]


def suites() -> dict[str, Stage]:
    """The suites of `make test`, by the name that `make test-NAME` has."""
    return {
        "cpp": catch("cpp", "dev"),
        "python": pytest("python", "tests/python"),
        "node": jest("node"),
        "conformance": pytest("conformance", "tests/conformance"),
        "interop": pytest("interop", "tests/interop"),
        "tidy": pytest("tidy", "tests/tidy"),
    }


def lint() -> list[Stage]:
    return [
        Stage("ruff", [PYTHON, "-m", "ruff", "check", "."]),
        Stage("mypy", [PYTHON, "-m", "mypy"]),
        Stage("tsc", ["npm", "run", "--silent", "typecheck"]),
        Stage("eslint", ["npm", "run", "--silent", "lint"]),
    ]


def preloaded(*libraries: str) -> str:
    """The sanitizer runtimes, which must come first in a process that is not ours."""
    paths = []
    for library in libraries:
        found = subprocess.run(
            ["gcc", f"-print-file-name={library}"], capture_output=True, text=True, check=True
        )
        paths.append(found.stdout.strip())
    return " ".join(paths)


def link_python_package(preset: str) -> None:
    """Puts the package's sources beside the sanitizer build's module, as links."""
    target = ROOT / "build" / preset / "python" / "tidewire"
    for source in (ROOT / "packages" / "python" / "tidewire").iterdir():
        if source.name.startswith("_core.cpython") or source.name == "__pycache__":
            continue
        link = target / source.name
        if link.is_symlink():
            link.unlink()
        link.symlink_to(source)


def asan() -> list[Stage]:
    """Core tests and both bindings' lifecycle tests under address and undefined sanitizers."""
    strict = "abort_on_error=1:detect_stack_use_after_return=1"
    preload = preloaded("libasan.so", "libubsan.so")
    # Python and Node themselves keep memory until they exit, hence no leak check in them.
    hosted = {
        "LD_PRELOAD": preload,
        "ASAN_OPTIONS": f"{strict}:detect_leaks=0",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "TIDEWIRE_SANITIZED": "1",
    }
    python = pytest(
        "asan python",
        "tests/python/test_lifecycle.py",
        "tests/python/test_misuse.py",
        "tests/python/test_tasks.py",
        env={
            **hosted,
            "PYTHONMALLOC": "malloc",
            "PYTHONPATH": str(ROOT / "build" / "asan" / "python"),
        },
    )
    python.before = lambda: link_python_package("asan")
    node = jest(
        "asan node",
        "--runInBand",
        "tests/node/lifecycle.test.ts",
        env={
            **hosted,
            "TIDEWIRE_NATIVE_PATH": str(ROOT / "build" / "asan" / "node" / "tidewire.node"),
        },
    )
    core = catch("asan cpp", "asan", {"ASAN_OPTIONS": strict, "TIDEWIRE_SANITIZED": "1"})
    return [*build("asan"), build_typescript(), core, python, node]


def tsan() -> list[Stage]:
    env = {
        "TSAN_OPTIONS": f"halt_on_error=1:suppressions={ROOT}/tests/support/tsan.supp",
        "TIDEWIRE_SANITIZED": "1",
    }
    return [*build("tsan", "tidewire_tests"), catch("tsan cpp", "tsan", env)]


def fuzz_targets() -> list[Path]:
    return sorted((ROOT / "tests" / "cpp" / "fuzz").glob("*_fuzz.cpp"))


def fuzz(seconds: int = FUZZ_SECONDS) -> list[Stage]:
    stages = build("fuzz", "fuzzers")
    for source in fuzz_targets():
        # New inputs go to the build folder; the seeds of the repository are read only.
        corpus = ROOT / "build" / "fuzz" / "corpus" / source.stem
        corpus.mkdir(parents=True, exist_ok=True)
        seeds = source.parent / "corpus" / source.stem.removesuffix("_fuzz")
        command = [
            str(ROOT / "build" / "fuzz" / "fuzz" / source.stem),
            f"-max_total_time={seconds}",
            "-rss_limit_mb=1024",
            "-timeout=5",
            "-print_final_stats=1",
            f"-artifact_prefix={corpus.parent}/crash-{source.stem}-",
            str(corpus),
        ]
        if seeds.is_dir():
            command.append(str(seeds))
        stages.append(Stage(f"fuzz {source.stem.removesuffix('_fuzz')}", command))
    return stages


def artefacts() -> list[Stage]:
    """The wheel, the tarball, and each artefact used from an empty folder."""
    return [
        Stage("wheel", ["scripts/wheel.sh"], kind="step"),
        Stage("tarball", ["scripts/tarball.sh"], kind="step"),
        pytest("install", "tests/install"),
    ]


def faults() -> list[Stage]:
    """Servers under attack, while another client goes on."""
    return [pytest("faults", "tests/faults")]


def torture() -> list[Stage]:
    """The long forms: memory over 10^6 calls, and each fuzz target for ten minutes."""
    return [
        *build_all(),
        catch("memory cpp", "dev", env=LONG, tests="[memory]"),
        pytest("memory python", "tests/python/test_memory.py", env=LONG),
        jest("memory node", "tests/node/memory.test.ts", env=LONG),
        *fuzz(LONG_FUZZ_SECONDS),
    ]


def demo() -> list[Stage]:
    return [Stage("demo", [PYTHON, "scripts/run_demo.py", "--once"])]


def environment(stage: Stage) -> dict[str, str]:
    env = dict(os.environ)
    env["PATH"] = f"{ROOT / '.venv' / 'bin'}:{env['PATH']}"
    tools = ROOT / ".tools" / "node" / "bin"
    if tools.is_dir():
        env["PATH"] = f"{tools}:{env['PATH']}"
    # Builds in different folders of the same sources share compiled objects.
    env.setdefault("CCACHE_BASEDIR", str(ROOT))
    env.setdefault("CCACHE_NOHASHDIR", "1")
    env.update(stage.env)
    return env


def forget(stage: Stage) -> None:
    """Removes an old results file, so that it cannot be taken for this run's."""
    if stage.results is not None:
        stage.results.unlink(missing_ok=True)
    RESULTS.mkdir(parents=True, exist_ok=True)


def missing_program(stage: Stage) -> str | None:
    program = stage.command[0]
    if os.sep in program:
        return None if (ROOT / program).exists() else program
    return None if shutil.which(program, path=environment(stage)["PATH"]) else program
