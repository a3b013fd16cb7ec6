"""The `beam:` section: valid options, and one line about each invalid one."""

from __future__ import annotations

import socket

import pytest

from data.errors import InputError
from pipeline.config import Config, load
from pipeline.config_sections.beam_options import IN_MEMORY, check_options, for_tfx, require_services

PORTABLE = ["--runner=PortableRunner", "--job_endpoint=localhost:8099"]
FLINK = ["--runner=FlinkRunner", "--flink_master=flink:8081", "--environment_type=LOOPBACK"]
DATAFLOW = ["--runner=DataflowRunner", "--project=p", "--region=europe-west1", "--temp_location=gs://b/t"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--runner=DirectRunner", "--direct_running_mode=multi_processing", "--direct_num_workers=2"],
        ["--direct_num_workers=1"],
        [*PORTABLE, "--environment_type=LOOPBACK"],
        [*PORTABLE, "--environment_type=EXTERNAL", "--environment_config=localhost:50000"],
        [
            "--runner=FlinkRunner",
            "--flink_master=flink:8081",
            "--environment_type=DOCKER",
            "--environment_config=image:1",
        ],
        ["--runner=SparkRunner", "--spark_master_url=spark://s:7077", "--environment_type=LOOPBACK"],
        [*DATAFLOW, "--sdk_container_image=image:1", "--max_num_workers=8"],
    ],
)
def test_the_required_options_of_each_runner_suffice(arguments):
    assert check_options(arguments) == arguments


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--runner=DirectRuner"], "expected one of DirectRunner"),
        (["--direct_num_worker=2"], r"no option --direct_num_worker=2 \(did you mean --direct_num_workers\?\)"),
        (["--direct_num_workers=many"], "invalid int value"),
        (["--direct_running_mode=threads"], "invalid choice"),
        (["--runner=DirectRunner", "--direct_num_workers=2"], "one worker in memory"),
        (["--runner=PortableRunner", "--environment_type=LOOPBACK"], "needs --job_endpoint"),
        ([*PORTABLE, "--environment_type=PROCESS"], "expected one of LOOPBACK, EXTERNAL, DOCKER"),
        ([*PORTABLE, "--environment_type=EXTERNAL"], "needs --environment_config .*worker pool"),
        (DATAFLOW, "needs --setup_file=setup.py or --sdk_container_image"),
        ([*DATAFLOW, "--setup_file=nowhere/setup.py"], "no such file"),
        (DATAFLOW[:-1], "needs --temp_location"),
        (FLINK[:1] + FLINK[2:], "needs --flink_master: Flink's HOST:PORT"),
        ([*FLINK, "--flink_job_server_jar=nowhere.jar"], "has --flink_job_server_jar=nowhere.jar: no such file"),
        (["--runner=SparkRunner", "--environment_type=LOOPBACK"], "needs --spark_master_url: Spark's URL"),
        (["--runner", "DirectRunner"], "DirectRunner stands alone; join it to its option with ="),
        ([FLINK[0], "--flink_master", "f:8081", FLINK[2]], "f:8081 stands alone"),
        (["--direct_num_workers=-1"], "give 0 for one per core"),
    ],
)
def test_an_invalid_option_is_one_line(arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        check_options(arguments)
    assert "\n" not in str(caught.value)


def test_the_path_of_the_setup_file_becomes_absolute(tmp_path, monkeypatch):
    (tmp_path / "setup.py").touch()
    monkeypatch.chdir(tmp_path)
    assert check_options([*DATAFLOW, "--setup_file=setup.py"])[-1] == f"--setup_file={tmp_path / 'setup.py'}"


def test_the_path_of_a_job_server_becomes_absolute_and_a_url_stays(tmp_path, monkeypatch):
    (tmp_path / "server.jar").touch()
    monkeypatch.chdir(tmp_path)
    assert check_options([*FLINK, "--flink_job_server_jar=server.jar"])[-1].endswith(f"={tmp_path / 'server.jar'}")
    url = "--flink_job_server_jar=https://example.org/server.jar"
    assert check_options([*FLINK, url])[-1] == url


def test_the_configuration_checks_the_options():
    assert Config().beam == ["--runner=DirectRunner", "--direct_running_mode=in_memory"]
    with pytest.raises(InputError, match=r"beam: .*--runner_was"):
        load(overrides=("beam=[--runner_was=DirectRunner]",))


LOOPBACK = [*PORTABLE, "--environment_type=LOOPBACK"]
EXTERNAL = [*PORTABLE, "--environment_type=EXTERNAL", "--environment_config=localhost:50000"]
DOCKER = [*PORTABLE, "--environment_type=DOCKER", "--environment_config=image:1"]


@pytest.mark.parametrize(
    ("arguments", "packs"),
    [
        (list(IN_MEMORY), False),
        (["--direct_num_workers=1"], False),
        (LOOPBACK, False),
        (EXTERNAL, False),
        (DOCKER, True),
        ([*DATAFLOW, "--setup_file=s"], False),
    ],
)
def test_tfx_packs_itself_for_no_worker_that_has_it_already(arguments, packs, monkeypatch):
    from components.tfx_internals import dependency_utils

    packed = []
    monkeypatch.setattr(dependency_utils, "build_ephemeral_package", lambda: packed.append(1) or "tfx.tar.gz")
    dependency_utils.make_beam_dependency_flags(for_tfx(arguments))
    assert bool(packed) == packs


@pytest.mark.parametrize(
    ("arguments", "seconds"),
    [
        (list(IN_MEMORY), []),
        ([*DATAFLOW, "--setup_file=s"], []),
        (LOOPBACK, ["86400"]),
        (DOCKER, ["86400"]),
        (["--runner=FlinkRunner", "--flink_master=f:8081", "--environment_type=LOOPBACK"], ["86400"]),
        ([*LOOPBACK, "--job_server_timeout=7"], ["7"]),
        ([*LOOPBACK, "--job-server-timeout=7"], []),
    ],
)
def test_a_job_on_a_job_service_may_take_long_unless_the_options_say_otherwise(arguments, seconds):
    given = for_tfx(arguments)
    assert [option.partition("=")[2] for option in given if option.startswith("--job_server_timeout")] == seconds


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        (list(IN_MEMORY), []),
        ([*DATAFLOW, "--setup_file=s"], []),
        (LOOPBACK, []),
        (EXTERNAL, ["60000"]),
        ([*EXTERNAL, "--environment_cache_millis=0"], ["0"]),
    ],
)
def test_workers_are_kept_between_the_stages_of_a_job_unless_the_options_say_otherwise(arguments, kept):
    given = for_tfx(arguments)
    assert [option.partition("=")[2] for option in given if option.startswith("--environment_cache_millis")] == kept


def test_a_job_service_that_does_not_answer_is_one_line_before_the_run():
    with socket.socket() as closed:
        closed.bind(("localhost", 0))
        address = f"localhost:{closed.getsockname()[1]}"
        arguments = ["--runner=PortableRunner", f"--job_endpoint={address}", "--environment_type=LOOPBACK"]
        with pytest.raises(InputError, match=f"--job_endpoint={address}: no job service answers there") as caught:
            require_services(arguments, seconds=0)
        assert "\n" not in str(caught.value)
        closed.listen()
        require_services(arguments, seconds=0)
    require_services(list(IN_MEMORY))


@pytest.mark.parametrize(
    ("runner", "option", "prefix", "engine"),
    [("FlinkRunner", "--flink_master", "", "Flink"), ("SparkRunner", "--spark_master_url", "spark://", "Spark")],
)
def test_an_engine_that_does_not_answer_is_one_line_before_the_run(runner, option, prefix, engine):
    with socket.socket() as closed:
        closed.bind(("localhost", 0))
        address = f"{prefix}localhost:{closed.getsockname()[1]}"
        with pytest.raises(InputError, match=f"{option}={address}: no {engine} answers there") as caught:
            require_services([f"--runner={runner}", f"{option}={address}"], seconds=0)
        assert "\n" not in str(caught.value)


def test_a_runner_that_starts_a_job_server_needs_java_and_one_with_a_job_service_does_not(monkeypatch):
    monkeypatch.setenv("PATH", "")
    arguments = ["--runner=FlinkRunner", "--flink_master=[local]"]
    with pytest.raises(InputError, match="starts Beam's job server with java, which is not installed") as caught:
        require_services(arguments, seconds=0)
    assert "\n" not in str(caught.value)
    with socket.socket() as service:
        service.bind(("localhost", 0))
        service.listen()
        require_services([*arguments, f"--job_endpoint=localhost:{service.getsockname()[1]}"], seconds=0)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("x:99999999", "ports are 1 to 65535"),
        ("x:0", "ports are 1 to 65535"),
        (f"x:{'9' * 5000}", "ports are 1 to 65535"),
        (f"{'a' * 70}:8081", "cannot be the name of a host"),
        ("..:8081", "cannot be the name of a host"),
        ("spark://a:7077,..:7077", "cannot be the name of a host"),
    ],
)
def test_an_address_that_nothing_can_have_is_refused_at_once(address, problem):
    with pytest.raises(InputError, match=problem) as caught:
        require_services(["--runner=FlinkRunner", f"--flink_master={address}"], seconds=60)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("address", ["[local]", "yarn", "local[*]", "x:\u00b2", "k8s://https://host"])
def test_an_address_without_a_port_is_not_asked(address, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: name)
    require_services(["--runner=SparkRunner", f"--spark_master_url={address}"], seconds=0)


def test_one_of_sparks_masters_suffices_and_a_password_is_not_shown(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: name)
    with socket.socket() as up, socket.socket() as down:
        for each in (up, down):
            each.bind(("localhost", 0))
        ports = [each.getsockname()[1] for each in (down, up)]
        url = "spark://user:secret@" + ",".join(f"localhost:{port}" for port in ports)
        arguments = ["--runner=SparkRunner", f"--spark_master_url={url}"]
        with pytest.raises(InputError, match="no Spark answers there") as caught:
            require_services(arguments, seconds=0)
        assert "secret" not in str(caught.value)
        up.listen()
        require_services(arguments, seconds=0)
