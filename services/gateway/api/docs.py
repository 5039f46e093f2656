"""`/docs`: the API as a page, from files of our own. Nothing is fetched from elsewhere, and nothing inline is run."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from swagger_ui_bundle import swagger_ui_path

from services.gateway.api.wire.errors import Problem, json_response

router = APIRouter(include_in_schema=False)

_ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
_POLICY = {"Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Weft API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" href="docs/favicon-32x32.png">
</head>
<body>
<div id="page"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "docs/openapi.json",
  dom_id: "#page",
  deepLinking: true,
  persistAuthorization: true,
  validatorUrl: null,
});
"""


@router.get("/docs")
async def page() -> Response:
    return HTMLResponse(_PAGE, headers=_POLICY)


@router.get("/docs/start.js")
async def start() -> Response:
    return Response(_START, media_type="text/javascript")


@router.get("/docs/openapi.json")
async def for_the_page(request: Request) -> Response:
    """The API as OpenAPI 3.0, for a Swagger UI that shows nothing newer. Programs read /openapi.json (3.1)."""
    app: FastAPI = request.app
    return json_response({**as_3_0(app.openapi()), "openapi": "3.0.3"})


@router.get("/docs/{name}")
async def asset(name: str) -> Response:
    if name not in _ASSETS:
        raise Problem(404, "Not Found")
    return FileResponse(Path(swagger_ui_path) / name, media_type=_ASSETS[name])


def as_3_0(schema: Any) -> Any:
    """A 3.1 document in the words of 3.0: what may be null is `nullable`, a constant is an enum of one."""
    if isinstance(schema, list):
        return [as_3_0(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    written = {name: as_3_0(value) for name, value in schema.items()}
    choices = written.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        rest = [choice for choice in choices if choice != {"type": "null"}]
        del written["anyOf"]
        written |= {"nullable": True, **(rest[0] if len(rest) == 1 else {"anyOf": rest})}
    if isinstance(written.get("type"), str) and "const" in written:
        written["enum"] = [written.pop("const")]
    if "type" in written and isinstance(written.get("examples"), list):
        written["example"] = written.pop("examples")[0]
    return written
