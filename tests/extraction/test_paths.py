"""File paths are found in texts and told as the project sees them."""

import pytest

from services.extraction.distil.paths import FILES_MAX, gathered, paths_in


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("see app/routes.py.", ["app/routes.py"]),
        ("in `internal/app/outbox.go`, and main.go:12", ["internal/app/outbox.go", "main.go"]),
        ("src\\net\\Buffer.cs holds ticks", ["src\\net\\Buffer.cs"]),
        ("app/products/[slug]/page.tsx is cached", ["app/products/[slug]/page.tsx"]),
        (".github/workflows/ci.yml and CMakePresets.json", [".github/workflows/ci.yml", "CMakePresets.json"]),
        ("Node.js, Next.js and e.g. v2.31 are none, nor is time.now or https://example.org/a.html", []),
        ("set max.poll.records in it", []),
    ],
)
def test_paths_are_found_and_other_names_with_dots_are_not(text: str, paths: list[str]) -> None:
    assert paths_in(text) == paths


def test_files_are_told_within_the_project_and_once() -> None:
    found = gathered(["/srv/app/api/cart.py", "./api/cart.py", "cart.py", "/etc/hosts.conf", " "], "/srv/app/")
    assert found == ("api/cart.py", "/etc/hosts.conf")


def test_a_windows_project_has_forward_slashes_too() -> None:
    assert gathered(["C:\\work\\fw\\src\\a.cpp"], "C:\\work\\fw") == ("src/a.cpp",)


def test_there_are_never_too_many_files_nor_too_long_ones() -> None:
    found = gathered(["a" * 2_000 + ".py", *(f"f{number}.py" for number in range(500))], "")
    assert len(found) == FILES_MAX
    assert found[0] == "f0.py"
