"""Starting: what runs do without is not imported until asked for, and is then as if it had been."""

import os
import subprocess
import sys
import textwrap

import pytest

from sim.organisation import run
from sim.scenario import load

HEAVY = (
    "pandas.core",
    "networkx.algorithms",
    "scipy.spatial",
    "mesa.experimental.devs",
)


def python(program, *arguments, **environment):
    """What a program of its own prints."""
    command = [sys.executable, "-c", textwrap.dedent(program), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.split("\n")


def test_a_run_imports_nothing_that_it_does_without():
    program = """
        import sys
        from sim.cli import main
        heavy, sys.argv[1:] = sys.argv[1:], ["run", "everything", "--set", "weeks=2", "--json"]
        try:
            main()
        except SystemExit:
            pass
        print()
        print(*[name for name in heavy if name in sys.modules])
    """
    assert python(program, *HEAVY)[-2] == ""


def test_what_waits_is_there_when_it_is_asked_for():
    program = """
        import gc, sys
        before = list(sys.meta_path)
        from sim.starting import later, starting
        with later(), starting():
            import sim.organisation
        assert sys.meta_path == before and gc.isenabled()
        import pandas, networkx, mesa
        from networkx import path_graph
        from mesa.experimental import devs
        print(pandas.DataFrame({"a": [1, 2]})["a"].sum(), len(path_graph(3)), devs.__name__)
        for module in (pandas, networkx, mesa.experimental):
            print(type(module).__name__, type(module.__loader__).__name__, module.__spec__.loader is module.__loader__)
    """
    assert python(program)[:4] == ["3 3 mesa.experimental.devs", *["module SourceFileLoader True"] * 3]


@pytest.mark.parametrize(
    "first",
    [
        "import pandas as pd; from pandas.api.types import is_numeric_dtype",
        "import pandas.testing",
        "import pandas._libs.lib",
        "import pandas.core.frame",
        "import networkx.algorithms",
        "from mesa.experimental.devs import ABMSimulator",
    ],
)
def test_a_part_may_be_imported_before_the_whole_is_asked_for(first):
    program = """
        import sys
        from sim.starting import later, starting
        with later(), starting():
            import sim.organisation
        exec(sys.argv[1])
        import pandas
        print(len(pandas.DataFrame({"a": [1]})))
    """
    assert python(program, first)[0] == "1"


def test_several_threads_may_ask_at_once():
    program = """
        from concurrent.futures import ThreadPoolExecutor
        from sim.starting import later, starting
        with later(), starting():
            import sim.organisation
        import pandas
        with ThreadPoolExecutor(4) as pool:
            print(sum(pool.map(lambda n: len(pandas.DataFrame({"a": [n]})), range(4))))
    """
    assert python(program)[0] == "4"


def test_what_cannot_be_imported_says_so_when_it_is_asked_for(tmp_path):
    (tmp_path / "networkx").mkdir()
    (tmp_path / "networkx" / "__init__.py").write_text("import no_such_module\nGraph = 1\n")
    program = """
        import sys
        sys.path.insert(0, sys.argv[1])
        from sim.starting import _Later
        sys.meta_path.insert(0, _Later)
        import networkx
        print("waits")
        for _ in range(2):
            try:
                import networkx
                networkx.Graph
            except ModuleNotFoundError as error:
                print(error.name)
    """
    assert python(program, str(tmp_path))[:3] == ["waits", "no_such_module", "no_such_module"]


def test_a_server_of_workers_loads_kernels_and_compiles_none(tmp_path):
    program = """
        from pathlib import Path
        import sys
        from sim.sweeps.living import load_kernels
        from sim.mechanisms.week import live_on
        load_kernels()
        print(bool(live_on.signatures), len([*Path(sys.argv[1]).rglob("*.nbc")]))
    """
    assert python(program, str(tmp_path), NUMBA_CACHE_DIR=str(tmp_path))[0] == "False 0"
    run(load("baseline", {"organisation.employees": 60, "weeks": 2}))
    assert python(program, str(tmp_path))[0] == "True 0"
