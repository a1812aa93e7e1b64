"""Why does a training fail? Symptoms, suspects, and experiments that prove the cause.

`examination.py` is the way in; `sampling.py` makes the setup that is examined; `search.py` has the order of the
experiments; `rules/` the causes that are known; `looking/` what can be seen without an experiment; `experiment.py` when
something is proven.
"""

from __future__ import annotations

from clearprop.diagnosing.diagnosis import Diagnosis
from clearprop.diagnosing.examination import diagnose

__all__ = ["Diagnosis", "diagnose"]
