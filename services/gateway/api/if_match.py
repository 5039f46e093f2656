"""If-Match: a change of what the client has seen, and of nothing newer."""

import re

from starlette.requests import Request

from services.gateway.api.wire.errors import Problem, invalid

_ETAGS = re.compile(r'\s*(W/)?"([^"]*)"\s*', re.ASCII)
_REVISION = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


def expected_revision(request: Request) -> int | None:
    """The revision that If-Match insists on; None where any will do.

    Raises Problem: 412 for what can't be a revision, 422 for what is no entity tag, or more than one.
    """
    given = request.headers.getlist("if-match")
    if not given or given == ["*"]:
        return None
    found = _ETAGS.fullmatch(given[0]) if len(given) == 1 else None
    if found is None:
        raise invalid(["header", "If-Match"], 'Input should be one entity tag, such as "1", or *', "if_match")
    weak, tag = found.groups()
    if weak or not _REVISION.fullmatch(tag):
        raise Problem(412, "If-Match names no revision.")
    return int(tag)
