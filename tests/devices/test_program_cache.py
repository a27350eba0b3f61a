"""The cache keeps programs between runs, trusts only private folders, and never fails a run."""

import os
import stat
import warnings

import cache_settings
import jax
import jax.numpy as jnp
import pytest

from flowzero_jax.devices import cache
from flowzero_jax.devices.cache import (
    NEVER,
    disable_compilation_cache,
    enable_compilation_cache,
)
from flowzero_jax.files import user_cache_folder


@pytest.fixture(autouse=True)
def own_settings(monkeypatch, tmp_path):
    """Every test starts without a configured cache; JAX's settings are put back after it."""
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with cache_settings.put_back():
        yield


def compile_something():
    jax.clear_caches()
    return jax.jit(lambda x: jnp.sin(x) @ x)(jnp.ones((4, 4)))


def test_the_default_folder_is_private_and_programs_from_half_a_second_are_kept(tmp_path):
    folder = enable_compilation_cache()
    assert folder == str(tmp_path / "cache" / "flowzero_jax" / "xla")
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(os.path.dirname(folder)).st_mode) == 0o700
    assert cache_settings.cache_settings() == [True, folder, -1, 0.5]


@pytest.mark.equality
def test_programs_are_written_read_back_and_a_damaged_one_is_only_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "MIN_COMPILE_SECONDS", 0.0)
    enable_compilation_cache(tmp_path / "xla")
    expected = compile_something()
    entries = sorted((tmp_path / "xla").glob("*-cache"))
    assert entries
    times = [entry.stat().st_mtime_ns for entry in entries]
    compile_something()
    assert [entry.stat().st_mtime_ns for entry in entries] == times
    for entry in entries:
        entry.write_bytes(entry.read_bytes()[:20])
    with pytest.warns(UserWarning, match="Error reading persistent compilation cache"):
        assert (compile_something() == expected).all()


def test_the_environment_names_the_folder_and_the_argument_wins(tmp_path, monkeypatch):
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "environment"))
    assert enable_compilation_cache() == str(tmp_path / "environment")
    assert enable_compilation_cache(tmp_path / "argument") == str(tmp_path / "argument")
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "gs://bucket/xla")
    assert enable_compilation_cache() == "gs://bucket/xla"


@pytest.mark.parametrize("mode", [0o770, 0o702, 0o777])
def test_a_folder_that_others_can_write_to_is_not_used(tmp_path, mode):
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.warns(UserWarning, match=r"cache off: .*shared: is writable by others"):
        assert enable_compilation_cache(folder) is None
    assert not jax.config.jax_enable_compilation_cache


def test_a_folder_of_another_user_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr(cache.os, "geteuid", lambda: os.getuid() + 1)
    with pytest.warns(UserWarning, match="belongs to another user"):
        assert enable_compilation_cache(tmp_path) is None


def test_a_place_where_no_folder_can_be_is_only_a_warning(tmp_path):
    (tmp_path / "file").touch()
    for place in [tmp_path / "file", tmp_path / "file" / "xla", "/proc/xla", "a\0b"]:
        with pytest.warns(UserWarning, match="compilation cache off"):
            assert enable_compilation_cache(place) is None


def test_a_read_only_folder_is_read_and_never_written(tmp_path, monkeypatch):
    monkeypatch.setattr(cache.os, "access", lambda path, mode: False)
    with pytest.warns(UserWarning, match="read-only"):
        assert enable_compilation_cache(tmp_path) == str(tmp_path)
    assert jax.config.jax_persistent_cache_min_compile_time_secs == NEVER
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compile_something()
    assert not list(tmp_path.glob("*-cache"))


def test_no_home_is_only_a_warning(monkeypatch):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "")
    with pytest.warns(UserWarning, match="no home folder; set XDG_CACHE_HOME"):
        assert enable_compilation_cache() is None
    monkeypatch.setattr(cache.Path, "home", no_home)
    with pytest.warns(UserWarning, match="no home folder"):
        assert enable_compilation_cache() is None


def test_a_relative_cache_home_is_ignored(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert user_cache_folder("xla") == tmp_path / ".cache" / "flowzero_jax" / "xla"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert user_cache_folder("xla") == tmp_path / ".cache" / "flowzero_jax" / "xla"


def test_it_can_be_turned_off_even_if_the_environment_asks_for_it(tmp_path, monkeypatch):
    enable_compilation_cache(tmp_path)
    disable_compilation_cache()
    compile_something()
    assert not list(tmp_path.glob("*-cache"))
