"""The dashboard's files at `/`: what a browser gets, what it may do with it, and that the API keeps its own answers."""

import gzip
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from tests.gateway.application import application, client_of

PAGE = "<!doctype html><title>Weft</title>"
CODE = "console.log('weft');" * 50
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    around = tmp_path_factory.mktemp("around")
    folder = around / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "assets" / "index-4f2a.js").write_text(CODE)
    (around / "secret.txt").write_text("not ours")
    return application(dashboard_dir=folder)


@pytest.fixture
def client(app: FastAPI) -> httpx2.AsyncClient:
    return client_of(app)


@pytest.mark.parametrize("path", ["/", "/memories/mem-0000000000000000", "/settings/keys", "/index.html"])
async def test_a_browser_gets_the_page_wherever_in_it_it_wants_to_go(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers=BROWSER)
    assert (answer.status_code, answer.text) == (200, PAGE)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


async def test_nothing_runs_in_the_page_but_what_comes_from_here(client: httpx2.AsyncClient) -> None:
    headers = (await client.get("/")).headers
    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert "unsafe" not in headers["content-security-policy"]
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")


async def test_what_is_named_after_its_content_is_kept_for_ever_and_travels_zipped(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/assets/index-4f2a.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (answer.headers["content-encoding"], answer.text) == ("gzip", CODE)
    assert int(answer.headers["content-length"]) == len(gzip.compress(CODE.encode()))
    plain = await client.get("/assets/index-4f2a.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == CODE


async def test_a_page_that_is_known_already_is_not_sent_again(client: httpx2.AsyncClient) -> None:
    etag = (await client.get("/")).headers["etag"]
    again = await client.get("/memories", headers={**BROWSER, "If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert (await client.get("/", headers={"If-None-Match": '"another"'})).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/api/v1/nonsense", "/api", "/v1/nonsense", "/docs/nonsense", "/metrics", "/assets/gone.js", "/openapi.json/x"],
)
async def test_an_unknown_path_of_the_api_stays_one_also_for_a_browser(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers=BROWSER)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize(
    "path", ["/nonsense", "/..%2fsecret.txt", "/assets/..%2f..%2fsecret.txt", "/%2e%2e/secret.txt"]
)
async def test_what_is_neither_a_file_nor_a_page_is_404(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"Accept": "*/*"})
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


async def test_other_methods_are_answered_as_without_a_dashboard(client: httpx2.AsyncClient) -> None:
    assert (await client.post("/memories", headers=BROWSER)).status_code == 404
    assert (await client.get("/v1/auth/login", headers=BROWSER)).status_code == 405
    assert (await client.head("/", headers=BROWSER)).headers["content-length"] == str(len(PAGE))


@pytest.mark.parametrize("folder", [None, "not-built"])
async def test_without_a_dashboard_the_root_says_so_and_where_the_api_is(folder: str | None, tmp_path: Path) -> None:
    app = application() if folder is None else application(dashboard_dir=tmp_path / folder)
    answer = await client_of(app).get("/", headers=BROWSER)
    assert answer.status_code == 404
    assert "no dashboard" in answer.json()["detail"]
    assert "/api/v1" in answer.json()["detail"]
    assert (await client_of(app).get("/healthz")).status_code == 200
