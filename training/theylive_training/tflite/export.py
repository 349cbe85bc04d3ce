"""A finished run's net as an int8 TFLite file with its manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from theylive_ros.detector import manifest
from theylive_training.nets.spec import KERAS
from theylive_training.run_folder import RunFolder
from theylive_training.tflite import edgetpu_check

DATA_LICENCE = "PDDL-1.0: chxadr/humanxalien-dataset; the rest is drawn by theylive_ros.simulator"
_KEPT = ("made_with", "began_with", "minutes", "parameters", "schedule", "pictures", "versions")


def export(run: RunFolder) -> Path:
    """Write the model and its manifest into the run's folder; returns the model. Raises TrainingError."""
    spec, facts = run.spec, run.facts()
    if spec.kind.framework == KERAS:
        from theylive_training.tflite.from_keras import convert_file
    else:
        from theylive_training.tflite.from_torch import convert_file
    convert_file(run.weights, spec, run.calibration(), run.model)
    told: dict[str, Any] = {
        **{k: facts[k] for k in _KEPT if k in facts},
        "licence": {"model": spec.kind.licence, "code": "Apache-2.0", "data": DATA_LICENCE},
        "edgetpu_check": edgetpu_check.check(run.model).to_json(),
    }
    made = manifest.make(run.model, spec.kind.labels, architecture=spec.kind.architecture, training=told)
    manifest.save(made, manifest.path_of(run.model))
    return run.model
