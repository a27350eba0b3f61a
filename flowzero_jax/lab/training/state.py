"""The state of a training run, and the settings and the update that all stages share."""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

Params = dict[str, Any]
Metrics = dict[str, jax.Array]
# (params, batch, key) → (scalar loss, metrics)
LossFunction = Callable[[Params, Any, jax.Array], tuple[jax.Array, Metrics]]


@dataclasses.dataclass(frozen=True)
class StageSettings:
    """How long and how fast a stage trains. `average_decay` is that of the moving average."""

    batch_size: int = 16
    num_steps: int = 3000
    warmup_steps: int = 100
    learning_rate: float = 1e-3
    final_learning_rate: float = 1e-4
    #: The last share of the steps, in which the learning rate falls; before, it is constant, so
    #: that a run can be made longer at any time.
    decay_share: float = 0.3
    average_decay: float = 0.999
    seed: int = 0
    save_every: int = 500

    @property
    def schedule(self) -> optax.Schedule:
        """The learning rate by step: linear warm-up, constant, then linear decay."""
        decay_steps = max(1, int(self.decay_share * self.num_steps))
        return optax.join_schedules(
            [
                optax.linear_schedule(0.0, self.learning_rate, self.warmup_steps),
                optax.linear_schedule(self.learning_rate, self.final_learning_rate, decay_steps),
            ],
            [self.num_steps - decay_steps],
        )


class TrainState(NamedTuple):
    """Everything that a resumed run needs."""

    step: jax.Array
    params: Params
    average: Params  # exponential moving average of `params`: what is shipped
    optimizer: optax.OptState


def init_state(params: Params, optimizer: optax.GradientTransformation) -> TrainState:
    """A run's first state; the average starts as a copy of the parameters."""
    average = jax.tree.map(jnp.copy, params)
    return TrainState(jnp.zeros((), jnp.int32), params, average, optimizer.init(params))


def make_train_step(
    loss: LossFunction, optimizer: optax.GradientTransformation, average_decay: float
) -> Callable[[TrainState, Any, jax.Array], tuple[TrainState, Metrics]]:
    """A pure step `(state, batch, run key) → (state, metrics)`.

    The step's randomness is `fold_in(run key, step)`, so that a resumed run repeats it. The
    average follows quickly at first: decay `min(average_decay, (1 + step) / (10 + step))`.
    """

    def train_step(state: TrainState, batch: Any, key: jax.Array) -> tuple[TrainState, Metrics]:
        key = jax.random.fold_in(key, state.step)
        (value, metrics), gradients = jax.value_and_grad(loss, has_aux=True)(
            state.params, batch, key
        )
        updates, optimizer_state = optimizer.update(gradients, state.optimizer, state.params)
        params = optax.apply_updates(state.params, updates)
        decay = jnp.minimum(average_decay, (1.0 + state.step) / (10.0 + state.step))
        average = jax.tree.map(lambda a, p: a + (1.0 - decay) * (p - a), state.average, params)
        metrics = {"loss": value, "gradient_norm": optax.tree.norm(gradients), **metrics}
        return TrainState(state.step + 1, params, average, optimizer_state), metrics

    return train_step
