"""What goes wrong in the command itself, and the exit codes of everything."""

from weft.errors import ApiError, NotConfigured, Unreachable, WeftError

FAILED, USAGE, NOT_ALLOWED, NOT_FOUND, CONFLICT, NO_SERVER, INTERRUPTED = 1, 2, 3, 4, 5, 6, 130

_BY_STATUS = {
    **dict.fromkeys((401, 403), NOT_ALLOWED),
    **dict.fromkeys((404, 410), NOT_FOUND),
    **dict.fromkeys((400, 409, 412, 413, 415, 422), CONFLICT),
    **dict.fromkeys((502, 503, 504), NO_SERVER),
}


class NotConfirmed(WeftError):
    """Somebody, or nobody, said no."""

    hint = "--yes does it without asking."


class NoSuchName(WeftError):
    """It is not among those that there are, or there are several."""


class NoSuchFile(WeftError):
    """There is nothing to read there."""


class BadInput(WeftError):
    """What was given to a command can't be read."""


class BadConfiguration(WeftError):
    """The configuration file can't be used; the message says where."""


def code_of(why: WeftError) -> int:
    match why:
        case ApiError():
            return _BY_STATUS.get(why.status, FAILED)
        case NotConfigured():
            return NOT_ALLOWED
        case BadInput():
            return USAGE
        case NoSuchName():
            return NOT_FOUND
        case Unreachable():
            return NO_SERVER
    return FAILED
