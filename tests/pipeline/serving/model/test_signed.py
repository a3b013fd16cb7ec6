"""A server that loads signed versions only."""

import pytest

from components.production import changes, registry
from tests.pipeline.serving import servers, sockets


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return servers.halving(tmp_path_factory.mktemp("model") / "1")


def test_an_unsigned_version_is_served_once_it_is_signed_and_hides_none_before(tmp_path, model, keys):
    models = tmp_path / "models"
    first = registry.push(model, models, "run", {}, keys.private).number
    with servers.serving(models=models, public_key=keys.public) as client:
        sockets.until(lambda: client.get("/healthz").json() == {"status": "ok", "version": first})
        second = registry.push(model, models, "run").number
        sockets.until(lambda: "not signed" in client.get("/healthz").text)
        assert client.get("/healthz").json()["version"] == first
        changes.sign_version(models, second, keys.private)
        sockets.until(lambda: client.get("/healthz").json() == {"status": "ok", "version": second})
