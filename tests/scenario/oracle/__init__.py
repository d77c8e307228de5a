"""A second, independent reading of the rules: slow, naive, and as close to the words of docs/rules.md as code can be.

It shares nothing with daemon/engine/ and was written without looking at it. The one rule: `alerts` is a pure function of the
accepted events, the rules, the calendar and the time; where it and the engine differ, one of them misreads the text.
"""
from .evaluate import alerts
from .rules import load
from .clock import Calendar

__all__ = ["alerts", "load", "Calendar"]
