"""Where a store lies: on a share that others read, on a disk that fills up, in a file that gets damaged."""

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim import cli
from sim.errors import InputError
from sim.sweeps import Broken, Unwritable, load_experiment, load_results, place, store, sweep
from sim.sweeps.place import in_use, on_network
from sim.sweeps.store import FILE, Store
from tests.stored import EXPERIMENT, asked, design, finished, stored

ROOT = Path(__file__).parents[1]


def test_network_file_systems_are_known_by_the_mount_table():
    table = (
        "/dev/a / ext4 rw 0 0\nnas:/x /mnt/my\\040share nfs4 rw 0 0\n/dev/b /mnt/my\\040share/disk xfs rw 0 0\n"
        "//pc/y /mnt/a\\134b cifs rw 0 0\nscratch /scratch lustre rw 0 0\n"
    )
    for folder, network in (
        ("/mnt/my share/results", True), ("/mnt/my share/disk/results", False), ("/home/results", False),
        ("/mnt/a\\b/results", True), ("/scratch", True), ("/scratched", False),
    ):  # fmt: skip
        assert on_network(Path(folder), table) is network


@pytest.fixture
def share(tmp_path, monkeypatch):
    """A folder that the mount table calls a network share."""
    folder = tmp_path / "share"
    folder.mkdir()
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"/dev/a / ext4 rw 0 0\nnas:/x {str(folder.resolve()).replace(' ', chr(92) + '040')} nfs4 rw 0 0\n"
    )
    monkeypatch.setattr(place, "MOUNTS", mounts)
    return folder


def reading(folder):
    """A reader in the middle of its reading."""
    db = sqlite3.connect(folder / FILE, isolation_level=None, check_same_thread=False)
    db.execute("BEGIN")
    db.execute("SELECT COUNT(*) FROM runs").fetchone()
    return db


def adds(target, key):
    point, seed, done = finished()[key]
    target.add([(key, point.hash, seed, done)])


def test_readers_do_not_hold_up_a_writer_on_a_local_disk(tmp_path):
    with Store(tmp_path, EXPERIMENT, {}) as target:
        target.plan(design(), asked())
        db = reading(tmp_path)
        adds(target, next(iter(finished())))
        assert db.execute("SELECT COUNT(*) FROM runs").fetchone() == (0,)
        db.close()
        assert len(load_results(tmp_path).runs) == 1
        assert (tmp_path / f"{FILE}-wal").exists()


def test_on_a_share_a_writer_waits_for_a_reader(share):
    with Store(share, EXPERIMENT, {}) as target:
        target.plan(design(), asked())
        assert not (share / f"{FILE}-wal").exists()
        db = reading(share)
        left = threading.Timer(3.0, db.close)
        left.start()
        adds(target, next(iter(finished())))
        assert not left.is_alive()
        left.join()
        assert len(load_results(share).runs) == 1
    assert {path.name for path in share.iterdir()} == {FILE, ".lock"}


def test_on_a_share_a_reader_that_never_leaves_is_told_of_and_nothing_is_lost(share, monkeypatch):
    monkeypatch.setattr(store, "PATIENCE", 0.2)
    first, second, *_ = finished()
    with Store(share, EXPERIMENT, {}) as target:
        target.plan(design(), asked())
        adds(target, first)
        db = reading(share)
        with pytest.raises(Unwritable, match="somebody who reads them keeps them locked"):
            adds(target, second)
        db.close()
        adds(target, second)
    assert set(load_results(share).runs["run"]) == {first, second}


def test_ctrl_c_is_heard_while_a_reader_is_in_the_way(share):
    script = (
        "import sys; from pathlib import Path; from sim.sweeps.store import Store; from sim.sweeps import Broken, place\n"
        "from tests.stored import EXPERIMENT\n"
        "place.MOUNTS = Path(sys.argv[2])\n"
        "target = Store(Path(sys.argv[1]), EXPERIMENT, {}); print('open', flush=True); sys.stdin.readline()\n"
        "print('writing', flush=True); target.set_aside('k', 'h', 1, Broken('raised', 'e')); print('written')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(share), str(place.MOUNTS)],
        cwd=ROOT,
        text=True,
        stdin=-1,
        stdout=-1,
        stderr=-1,
    )
    assert process.stdout.readline() == "open\n"
    db = reading(share)
    process.stdin.write("\n")
    process.stdin.flush()
    assert process.stdout.readline() == "writing\n"
    time.sleep(0.5)
    process.send_signal(2)
    said, error = process.communicate(timeout=20)
    db.close()
    assert process.returncode != 0 and "KeyboardInterrupt" in error and not said
    assert load_results(share).sql("SELECT * FROM failures").empty


def test_who_writes_can_be_seen_and_looking_is_in_nobodys_way(tmp_path):
    assert not in_use(tmp_path)
    with Store(tmp_path, EXPERIMENT, {}):
        assert in_use(tmp_path)
        with pytest.raises(InputError, match="another sweep is writing here now"):
            Store(tmp_path, EXPERIMENT, {})
    assert not in_use(tmp_path)


QUICK = """
scenario = "baseline"
replicates = {replicates}
set = {{ organisation.employees = 60, weeks = 60 }}
[[factors]]
key = "governance.form"
values = ["none", "hub_and_spoke"]
"""


def told(folder, *words, limit=None):
    """What a command says in a folder: exit code, output, messages."""

    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "sim", *words], cwd=folder, env=environment, capture_output=True, text=True,
        preexec_fn=small_files if limit else None, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are POSIX's")
@pytest.mark.parametrize("limit", [20_000, 200_000])
def test_where_files_cannot_grow_there_is_one_message_and_the_sweep_goes_on_later(tmp_path, limit):
    """The first limit is met while the store is made, the second while it fills."""
    (tmp_path / "full.toml").write_text(QUICK.format(replicates=40))
    code, _, said = told(tmp_path, "sweep", "full.toml", "--workers", "0", limit=limit)
    lines = [line for line in said.splitlines() if line.startswith("unsilo:")]
    assert code == 1
    assert len(lines) == 1 and "results cannot be written: disk I/O error. What is stored stays" in lines[0]
    assert "Traceback" not in said
    goes_on_as_an_unbroken_one(tmp_path, some=limit > 100_000)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root, to mount a small disk"
)
def test_on_a_full_disk_there_is_one_message_and_the_sweep_goes_on_later(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "none", disk], capture_output=True
    ).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        (disk / "full.toml").write_text(QUICK.format(replicates=40))
        code, _, said = told(disk, "sweep", "full.toml", "--workers", "0")
        assert code == 1
        assert "results cannot be written: the disk is full. What is stored stays" in said
        assert "Traceback" not in said
        code, out, _ = told(disk, "status", "full", "--json")
        assert code == 0 and '"sweeping": false' in out
        subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
        goes_on_as_an_unbroken_one(disk, some=True)
    finally:
        subprocess.run(["umount", disk], check=True)


def goes_on_as_an_unbroken_one(folder, some):
    """Whatever is stored is readable, and the same command goes on to what an unbroken sweep gives."""
    experiment = load_experiment(folder / "full.toml")
    if some:
        before = load_results(folder / "results" / "full")
        assert 0 < len(before.runs) < 80
        assert before.sql("PRAGMA integrity_check").iat[0, 0] == "ok"
        before.close()
    results = sweep(experiment, folder / "results" / "full", workers=0)
    whole = sweep(experiment, folder / "whole", workers=0)
    assert results.runs.equals(whole.runs)
    assert np.array_equal(results.adoption(), whole.adoption())
    whole.close()
    results.close()


def test_a_failure_that_cannot_be_written_is_not_half_there(tmp_path):
    with Store(tmp_path, EXPERIMENT, {}) as target:
        target.plan(design(), asked())
        ((pages,),) = target._db.execute("PRAGMA page_count").fetchall()
        target._db.execute(f"PRAGMA max_page_count = {pages}")
        keys = list(finished())
        with pytest.raises(Unwritable, match="the disk is full"):
            target.add(
                [(key, finished()[key][0].hash, finished()[key][1], finished()[key][2]) for key in keys]
            )
        assert load_results(tmp_path).runs.empty
        with pytest.raises(Unwritable, match="the disk is full"):
            target.set_aside(keys[0], finished()[keys[0]][0].hash, 1, Broken("raised", "e", "x" * 9000))
        target._db.execute("PRAGMA max_page_count = 100000")
        adds(target, keys[0])
    results = load_results(tmp_path)
    assert (len(results.runs), len(results.failures)) == (1, 0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    stored(folder, list(finished())[2:], {next(iter(finished())): Broken("raised", "ValueError: no")}).close()
    return folder


COMMANDS = (
    ["status"],
    ["status", "--json"],
    ["export", "--to", "csv"],
    ["replay", "0:2"],
    ["plot", "--format", "svg"],
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    damage=st.lists(
        st.tuples(st.integers(0, 10**6), st.binary(min_size=1, max_size=40)), min_size=1, max_size=8
    ),
    cut=st.none() | st.integers(0, 10**6),
    command=st.sampled_from(COMMANDS),
)
def test_a_damaged_store_gets_a_message_or_is_read(whole, tmp_path_factory, damage, cut, command):
    folder = tmp_path_factory.mktemp("damaged")
    data = bytearray((whole / FILE).read_bytes())
    for place_, bytes_ in damage:
        start = place_ % len(data)
        data[start : start + len(bytes_)] = bytes_[: len(data) - start]
    (folder / FILE).write_bytes(data[: cut % len(data)] if cut else data)
    out = ["--out", str(folder / "out")] if command[0] == "export" else []
    done = CliRunner().invoke(cli.unsilo, [command[0], str(folder), *command[1:], *out])
    if isinstance(done.exception, InputError):
        assert str(done.exception)
        assert not list(folder.glob("out/*"))
    else:
        assert done.exit_code in (0, 1), done.exception
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception


def test_no_store_where_nothing_can_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="a folder that can be written"):
        Store(tmp_path / "file" / "results", EXPERIMENT, {})


@contextmanager
def unwritable(folder):
    """A folder that nothing can be written into, whoever this is."""
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)


def test_a_store_that_was_left_with_its_log_is_read_where_nothing_can_be_written():
    """SQLite finds no room there for what readers of a log share: it cannot open one that is all there."""
    with TemporaryDirectory() as home:
        Path(home).chmod(0o755)  # so that anybody comes to what is in it
        folder = Path(home) / "left"
        with Store(folder, EXPERIMENT, {}) as target:
            target.plan(design(), asked())
            for key in finished():
                adds(target, key)
            watching = load_results(folder)
            assert len(watching.runs) == len(finished())
        shutil.copytree(folder, other := Path(home) / "log", ignore=shutil.ignore_patterns("*-shm", "*-wal"))
        watching.close()
        assert (other / FILE).read_bytes()[18] == 2, "it says that it has a log"
        with unwritable(other):
            assert len(load_results(other).runs) == len(finished())
        (other / f"{FILE}-wal").write_bytes(b"what it has not taken in yet")
        with unwritable(other), pytest.raises(InputError, match="its log takes a folder that can be written"):
            load_results(other)
