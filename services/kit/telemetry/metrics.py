"""What is counted and timed. Names are OpenTelemetry's: `weft.handling` is `weft_handling_seconds` to Prometheus.

Labels are subject templates, route templates, names of stages and outcomes, of which there are few, and never an id.
The meter is no global one: what libraries would tell about our requests (paths, queries, arguments) goes nowhere.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar, Protocol

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Meter, Observation

Labels = Mapping[str, str]

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
UNLABELLED: Labels = {}


class Instrument(Protocol):
    """Made when its module is imported; what is timed or set before there is a meter goes nowhere."""

    name: str
    description: str

    def start(self, meter: Meter) -> None: ...


class Declared:
    """All instruments of this process, and the meter, once there is one."""

    instruments: ClassVar[list[Instrument]] = []
    meter: Meter | None = None

    @classmethod
    def add(cls, instrument: Instrument) -> None:
        cls.instruments.append(instrument)
        if cls.meter is not None:
            instrument.start(cls.meter)

    @classmethod
    def start(cls, meter: Meter) -> None:
        cls.meter = meter
        for each in cls.instruments:
            each.start(meter)


class Counter:
    """`known` are labels that are there from the start, at 0: a rate then sees the first of them, too.

    It counts by itself and is asked for its counts: to count costs a tenth of what it costs the library.
    """

    def __init__(self, name: str, description: str, known: Sequence[Labels] = ()):
        self.name = name
        self.description = description
        self._counts: dict[frozenset[tuple[str, str]], float] = {frozenset(labels.items()): 0 for labels in known}
        Declared.add(self)

    def start(self, meter: Meter) -> None:
        meter.create_observable_counter(self.name, [self._read], description=self.description)

    def add(self, amount: float, labels: Labels = UNLABELLED) -> None:
        key = frozenset(labels.items())
        self._counts[key] = self._counts.get(key, 0) + amount

    def _read(self, _: CallbackOptions) -> Iterable[Observation]:
        return [Observation(count, dict(labels)) for labels, count in list(self._counts.items())]


class Gauge:
    """`known` as for a Counter. `unit`: "s", "By" (bytes), or none."""

    def __init__(self, name: str, description: str, known: Sequence[Labels] = (), *, unit: str = ""):
        self.name = name
        self.description = description
        self._known = known
        self._unit = unit
        self._made: metrics._Gauge | None = None
        Declared.add(self)

    def start(self, meter: Meter) -> None:
        self._made = meter.create_gauge(self.name, self._unit, self.description)
        for labels in self._known:
            self.set(0, labels)

    def set(self, value: float, labels: Labels = UNLABELLED) -> None:
        if self._made is not None:
            self._made.set(value, labels)


class Histogram:
    """Of seconds."""

    def __init__(self, name: str, description: str):
        self.name = name
        self.description = description
        self._made: metrics.Histogram | None = None
        Declared.add(self)

    def start(self, meter: Meter) -> None:
        self._made = meter.create_histogram(
            self.name, "s", self.description, explicit_bucket_boundaries_advisory=BUCKETS_S
        )

    def record(self, seconds: float, labels: Labels = UNLABELLED) -> None:
        if self._made is not None:
            self._made.record(seconds, labels)


class Observed:
    """A gauge whose values are looked up whenever somebody asks, from another thread."""

    def __init__(self, name: str, description: str, look: Callable[[], Iterable[tuple[float, Labels]]]):
        self.name = name
        self.description = description
        self._look = look
        Declared.add(self)

    def start(self, meter: Meter) -> None:
        meter.create_observable_gauge(self.name, [self._read], description=self.description)

    def _read(self, _: CallbackOptions) -> Iterable[Observation]:
        return [Observation(value, dict(labels)) for value, labels in self._look()]


CACHED = Counter(
    "weft.cache.lookups",
    "Whether something was at hand (hit) or had to be made or opened (miss)",
    [{"cache": cache, "outcome": outcome} for cache in ("queries", "shards") for outcome in ("hit", "miss")],
)
