"""From a session to the memories that it is worth: the built-in extractor. Pure, deterministic, needs no model.

sessions     the words: Observation, Session, Distilled
noise        what nobody wants to remember, and what was never said in the session
sentences    texts cut into lines and sentences, each still verbatim
statements   sentences joined until they can stand alone
kinds        which of the seven types, by cue phrase and by nearness to examples
joining      several statements of one thing as one
evidence     importance and confidence
terms, keyphrases, paths    what a text is about
writing      title and narrative
"""

from services.extraction.distil.distilling import distil
from services.extraction.distil.sessions import Distilled, LearntType, Nearness, Observation, ObservationKind, Session

__all__ = ["Distilled", "LearntType", "Nearness", "Observation", "ObservationKind", "Session", "distil"]
