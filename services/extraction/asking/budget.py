"""What a workspace may spend on a day (UTC), and what a call cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spent:
    """Of one workspace on this day, of which so many seconds are left. A call of which nobody knows how it ended counts
    with what was sent.
    """

    calls: int
    tokens: int
    day_left_s: float


@dataclass(frozen=True, slots=True)
class Budget:
    """Per workspace and day; None is without a limit, 0 allows nothing."""

    calls_per_day: int | None = None
    tokens_per_day: int | None = None

    def refusal(self, spent: Spent, tokens: int) -> str | None:
        """Why a call that is about to send so many tokens must wait for another day; None where it need not."""
        if self.calls_per_day is not None and spent.calls >= self.calls_per_day:
            return f"The workspace's budget of model calls ({self.calls_per_day} a day) is used up until midnight UTC."
        if self.tokens_per_day is not None and spent.tokens + tokens > self.tokens_per_day:
            return (
                f"The workspace's budget of {self.tokens_per_day} model tokens a day has {spent.tokens} used until "
                f"midnight UTC, and the next call needs about {tokens}."
            )
        return None


@dataclass(frozen=True, slots=True)
class Prices:
    """Of a million tokens, in whatever currency the operator pays; None where nobody said."""

    of_input: float | None = None
    of_output: float | None = None

    def cost(self, input_tokens: int, output_tokens: int) -> float | None:
        """None unless both are known."""
        if self.of_input is None or self.of_output is None:
            return None
        return (input_tokens * self.of_input + output_tokens * self.of_output) / 1_000_000
