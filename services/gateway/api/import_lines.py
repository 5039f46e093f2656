"""One line of an import: read, without its secrets, and what is wrong with it in words."""

from contracts.transfer import LINE_BYTES_MAX, LINES, AnyLine, ExportLine, ObservationsLine
from services.gateway.api.redacting import without_secrets
from services.gateway.api.wire.bodies import fit, parse
from services.gateway.api.wire.errors import Problem, invalid


def read(payload: bytes | None) -> AnyLine:
    """Raises Problem, which says what is wrong without repeating it."""
    if payload is None:
        raise Problem(413, f"The line is longer than {LINE_BYTES_MAX} bytes.")
    value = parse(payload)
    if not isinstance(value, dict):
        raise invalid([], "Input should be an object", "dict_type")
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in LINES:
        raise invalid(["kind"], f"Input should be one of {', '.join(LINES)}", "literal_error")
    if kind == "export":  # of whatever version
        version = value.get("version")
        return ExportLine(version=version if type(version) is int else 0)
    return fit(LINES[kind], value)


def why(refused: Problem) -> str:
    """A Problem in one sentence for each thing that does not fit."""
    if isinstance(refused.detail, str):
        return refused.detail
    said = []
    for each in refused.detail:
        place = ".".join(str(part) for part in each["loc"] if part != "body")
        said.append(f"{place}: {each['msg']}" if place else each["msg"])
    return "; ".join(said)


def without_secrets_in(line: AnyLine) -> tuple[AnyLine, list[str]]:
    clean, warnings = without_secrets(line)
    if isinstance(clean, ObservationsLine):
        seen = [without_secrets(each) for each in clean.observations]
        said = dict.fromkeys(warning for _, of_one in seen for warning in of_one)
        return clean.model_copy(update={"observations": tuple(each for each, _ in seen)}), list(said)
    return clean, warnings
