"""Colours can be read by everybody: WCAG 2.2, AA."""

import re

import pytest

from deploy.local.home import CHECKOUT

TOKENS = (CHECKOUT / "clients" / "dashboard" / "src" / "styles" / "tokens.css").read_text()
TEXT_MIN, EDGE_MIN = 4.5, 3.0
TYPES = sorted(set(re.findall(r"--(type-\w+):", TOKENS)))


def theme(selector: str) -> dict[str, str]:
    block = re.search(re.escape(selector) + r" \{(.*?)\n\}", TOKENS, re.DOTALL)
    assert block is not None
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block.group(1)))


LIGHT = theme(":root")
DARK = theme(':root[data-theme="dark"]')


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_texts_edges_and_parts_of_bars_have_contrast_enough(colours: dict[str, str]) -> None:
    grounds = ("page", "surface", "sunken")
    pairs = [(ink, ground) for ink in ("ink", "ink-soft", "accent", "bad") for ground in grounds]
    pairs += [(kind, ground) for kind in TYPES for ground in grounds]
    pairs += [(tone, f"{tone}-wash") for tone in ("good", "warn", "bad", "accent")]
    pairs += [("ink", "accent-wash"), ("ink-soft", "accent-wash"), ("accent-ink", "accent"), ("page", "ink")]
    edges = [("line-strong", ground) for ground in grounds]
    edges += [(part, "sunken") for part in ("keyword", "semantic", "importance", "accent")]
    poor = {
        f"{ink} on {ground}": round(found, 2)
        for wanted, least in ((pairs, TEXT_MIN), (edges, EDGE_MIN))
        for ink, ground in wanted
        if (found := _contrast(colours, ink, ground)) < least
    }
    assert not poor


def _contrast(colours: dict[str, str], one: str, other: str) -> float:
    brighter, darker = sorted((_luminance(colours[one]), _luminance(colours[other])), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
