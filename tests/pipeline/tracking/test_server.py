"""The server's URI and what of it may be secret. Nothing is sent."""

import pytest

from data.errors import InputError
from pipeline.config_sections.mlflow_settings import MlflowSettings
from pipeline.tracking.server import server_of

SECRET = "T0P53CR3T"


def test_user_and_password_go_into_the_variables_that_mlflow_reads(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "of another server")
    server = server_of(MlflowSettings(tracking_uri=f"https://me:{SECRET}%40@mlflow.example:8443/path/"))
    assert server.uri == "https://mlflow.example:8443/path"
    assert server.variables["MLFLOW_TRACKING_USERNAME"] == "me"
    assert server.variables["MLFLOW_TRACKING_PASSWORD"] == f"{SECRET}@"
    assert "MLFLOW_TRACKING_TOKEN" not in server.variables
    assert SECRET not in repr(server)


def test_the_client_reports_nothing_to_its_makers():
    assert server_of(MlflowSettings(tracking_uri="http://h")).variables["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_the_uri_may_come_from_the_environment(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(InputError, match="no MLflow server is named: set mlflow.tracking_uri"):
        server_of(MlflowSettings())
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://common:5000")
    monkeypatch.setenv("OURS", "http://ours:5000")
    assert server_of(MlflowSettings()).uri == "http://common:5000"
    assert server_of(MlflowSettings(tracking_uri_variable="OURS")).uri == "http://ours:5000"
    monkeypatch.delenv("OURS")
    with pytest.raises(InputError, match="the environment has no OURS"):
        server_of(MlflowSettings(tracking_uri_variable="OURS"))


@pytest.mark.parametrize(
    "uri",
    [
        f"http://me:{SECRET}@[bad",
        f"http://me:{SECRET}@host:port",
        f"http://host/?token={SECRET}",
        f"ftp://me:{SECRET}@host",
        f"http://me:{SECRET}@host/\n",
        "https://host/...",
    ],
)
def test_a_uri_that_cannot_be_used_is_refused_without_its_secret(uri, monkeypatch):
    monkeypatch.setenv("OURS", uri)
    with pytest.raises(InputError, match="cannot be used; give the whole one") as caught:
        server_of(MlflowSettings(tracking_uri_variable="OURS"))
    assert SECRET not in str(caught.value)


def test_secrets_are_cut_from_the_texts_of_others(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", SECRET)
    server = server_of(MlflowSettings(tracking_uri="http://host/0wn-path"))
    text = server.without_secrets(f"PUT https://store.example/x?sig={SECRET}\nBearer {SECRET} at /0wn-path/api")
    assert text == "PUT https://store.example/... Bearer ... at /.../api"


def test_the_address_of_a_page_has_no_path_of_the_uri():
    assert (
        server_of(MlflowSettings(tracking_uri="http://a:b@h:5000")).page("1", "2")
        == "http://h:5000/#/experiments/1/runs/2"
    )
    assert server_of(MlflowSettings(tracking_uri=f"http://h:5000/{SECRET}")).page("1", "2") is None


def test_the_settings_show_the_host_alone():
    settings = MlflowSettings(tracking_uri=f"https://me:{SECRET}@mlflow.example/{SECRET}")
    assert settings.model_dump()["tracking_uri"] == "https://mlflow.example/..."
    assert SECRET not in repr(settings) + settings.model_dump_json()
