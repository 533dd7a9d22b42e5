"""The examples in deploy/: read by what reads them (Ray's schema, nginx itself), and sticky where they say so."""

from __future__ import annotations

import http.client
import http.server
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from gallery.engine.catalog import ROOT

DEPLOY = ROOT / "deploy"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
COOKIE = "gallery_door"
PORTS = ("7860", "7861", "7862")


def test_the_launchers_file_is_what_its_schema_allows() -> None:
    try:
        schema = distribution("ray").locate_file("ray/autoscaler/ray-schema.json")
    except PackageNotFoundError:
        pytest.skip("ray is not installed (pip install -r requirements-cluster.txt)")
    given = yaml.safe_load((DEPLOY / "cluster.yaml").read_text(encoding="utf-8"))
    jsonschema.validate(given, json.loads(Path(str(schema)).read_text(encoding="utf-8")))


def test_the_manifests_hang_together() -> None:
    """No validator of KubeRay's runs without a Kubernetes: only names, ports and settings that must agree are looked at."""
    parts = list(yaml.safe_load_all((DEPLOY / "kuberay.yaml").read_text(encoding="utf-8")))
    cluster, door, service = parts
    assert [part["kind"] for part in parts] == ["RayCluster", "Deployment", "Service"]
    head = f"{cluster['metadata']['name']}-head-svc:6379"
    (container,) = door["spec"]["template"]["spec"]["containers"]
    settings = {e["name"]: e.get("value") for e in container["env"]}
    assert settings["GALLERY_ENGINE"] == f"ray://{head}" and f"--address={head} " in container["command"][-1]
    assert service["spec"]["selector"] == door["spec"]["template"]["metadata"]["labels"]
    assert cluster["spec"]["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0", "the head computes nothing"
    groups = [cluster["spec"]["headGroupSpec"], *cluster["spec"]["workerGroupSpecs"]]
    images = {c["image"] for g in groups for c in g["template"]["spec"]["containers"]} | {container["image"]}
    assert len(images) == 1, "a worker of other sources is refused"


class Echo(http.server.BaseHTTPRequestHandler):
    """Says the port it answers at, and how many bytes it was sent."""

    def do_GET(self) -> None:
        size = len(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        body = json.dumps(
            {"port": self.server.server_address[1], "bytes": size, "for": self.headers["X-Forwarded-For"]}
        )
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        """Nothing: the test says what went wrong."""


@contextmanager
def listening() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[int]:
    """The port of an nginx with deploy/nginx.conf, before two servers that only echo."""
    if NGINX is None:
        pytest.skip("nginx is not installed (Debian: apt install nginx-light)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with ExitStack() as stack:
        text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
        for old, new in zip(
            PORTS, (port, stack.enter_context(listening()), stack.enter_context(listening())), strict=True
        ):
            assert text.count(f"127.0.0.1:{old}") == 1
            text = text.replace(f"127.0.0.1:{old}", f"127.0.0.1:{new}")
        (tmp_path / "nginx.conf").write_text(text, encoding="utf-8")
        command = [NGINX, "-p", f"{tmp_path}/", "-c", f"{tmp_path}/nginx.conf", "-e", "stderr", "-g", "daemon off;"]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as started:
            until = time.monotonic() + 20
            while socket.socket().connect_ex(("127.0.0.1", port)):
                assert started.poll() is None, started.stderr and started.stderr.read()
                assert time.monotonic() < until
                time.sleep(0.05)
            yield port
            started.terminate()


def asked(port: int, cookie: str | None = None, body: bytes | None = None) -> tuple[dict[str, Any], str | None]:
    """What the server behind the proxy says, and the cookie that the proxy sets."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
    connection.request("POST" if body else "GET", "/", body, headers)
    answer = connection.getresponse()
    given = answer.getheader("Set-Cookie")
    told = json.loads(answer.read())
    connection.close()
    return told, given and given.partition("=")[2].partition(";")[0]


def test_a_reader_stays_at_one_door_and_readers_are_spread(proxy: int) -> None:
    at = {}
    for _ in range(24):
        _, cookie = asked(proxy)
        assert cookie
        doors = [asked(proxy, cookie) for _ in range(4)]
        assert {given for _, given in doors} == {None}, "it is set once"
        (at[cookie],) = {told["port"] for told, _ in doors}
    assert len(set(at.values())) == 2, "24 readers all at one door: a chance of 1 in 8 million"
    assert len({asked(proxy)[0]["port"] for _ in range(8)}) == 1, "without a cookie the address decides"


def test_an_upload_of_twenty_megabytes_passes(proxy: int) -> None:
    told, _ = asked(proxy, "reader", bytes(20 * 2**20))
    assert told["bytes"] == 20 * 2**20 and told["for"] == "127.0.0.1"
