"""The analysis of a workspace: ranks, communities and their labels, in a process of its own (`Analyst`)."""

from services.graph.analysis.analyst import Analyst
from services.graph.analysis.work import Result, Work, analyse

__all__ = ["Analyst", "Result", "Work", "analyse"]
