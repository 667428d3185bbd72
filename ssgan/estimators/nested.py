"""Parameters of the configs as parameters of an estimator: `gan__steps`, `predictor__method`."""

import dataclasses
from typing import Any

from ssgan.adaptation.config import AdaptConfig
from ssgan.config import InputTypeError
from ssgan.models.config import GANConfig
from ssgan.models.student.config import StudentConfig
from ssgan.prediction.config import PredictorConfig

CONFIGS: dict[str, Any] = {
    "adapt": AdaptConfig,
    "gan": GANConfig,
    "predictor": PredictorConfig,
    "student": StudentConfig,
}


class NestedConfigs:
    """`get_params` and `set_params` that reach the fields of the configs, also from None.

    So a search may go over `{"predictor__steps": [20, 30]}`. Stands before BaseEstimator.
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name; with `deep` the fields of configs too, as `gan__steps`."""
        params: dict[str, Any] = super().get_params(deep=deep)  # type: ignore[misc]
        if not deep:
            return params
        for name, kind in CONFIGS.items():
            config = params.get(name, self)
            if config is None or isinstance(config, kind):
                params |= config_parameters(name, config or kind())
        return params

    def set_params(self, **params: Any) -> Any:
        """Change parameters, and fields of configs by names as `predictor__steps`.

        Raises InputError for a field that there is not, InputTypeError where `gan` is trained
        already and so has no config to change.
        """
        plain: dict[str, Any] = {}
        nested: dict[str, dict[str, Any]] = {}
        for name, value in params.items():
            head, _, field = name.partition("__")
            if field and head in CONFIGS and hasattr(self, head):
                nested.setdefault(head, {})[field] = value
            else:
                plain[name] = value
        super().set_params(**plain)  # type: ignore[misc]
        for name, fields in nested.items():
            setattr(self, name, change_config(name, getattr(self, name), fields))
        return self


def config_parameters(name: str, config: Any) -> dict[str, Any]:
    """The fields of a config by names as `predictor__steps`."""
    fields = dataclasses.fields(config)
    return {f"{name}__{field.name}": getattr(config, field.name) for field in fields}


def change_config(name: str, config: Any, fields: dict[str, Any]) -> Any:
    """A config, None for the default one, with other values of some fields."""
    kind = CONFIGS[name]
    if config is not None and not isinstance(config, kind):
        raise InputTypeError(
            f"{name}__{min(fields)} is a field of a {kind.__name__}, but {name} is a "
            f"{type(config).__name__}: give {name} as a {kind.__name__} or None"
        )
    return (config or kind()).changed(fields)
