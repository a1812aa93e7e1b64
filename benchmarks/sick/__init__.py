"""Trainings that fail for a known cause, and healthy ones, to measure `diagnose` with.

`data.py` has the data sets, `bases.py` healthy trainings on them, `cases.py` what makes them sick.
"""
