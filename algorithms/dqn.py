"""DQN with hard targets of one or n steps, and what its variants share (Eq. 81)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import GymEnv, MaybeCallback, Schedule
from torch import Tensor

from algorithms.checks import check_finite, check_restorable, suitable
from algorithms.entropy import boltzmann_log_policy, entropy, soft_value
from algorithms.exploration import (
    EXPLORATION_2017,
    EpsilonGreedyDQN,
    PiecewiseSchedule,
    schedule_points,
)
from algorithms.gradients import clip_gradients
from algorithms.paths import PathSamples
from algorithms.q_networks import QCnnPolicy, QPolicy, TrunkQNetwork
from algorithms.replay import PathReplayBuffer
from algorithms.settings import DQN_SETTINGS
from algorithms.targets import (
    discounted_path_return,
    expected_penalty,
    hard_value,
    q_target,
    sampled_penalty,
)

DIAGNOSED_EVERY = 64  # updates: rare enough to cost nothing
NO_DICTS = (
    "its memory stores arrays; gymnasium.wrappers.FlattenObservation makes one of them"
)


class HardDQN(EpsilonGreedyDQN):
    """DQN with the hard maximum (Eq. 81), and the frame of its variants.

    A variant overrides :meth:`backup`, the value of a state given its action values.
    Exploration is epsilon-greedy in all of them.

    Args:
        policy: "CnnPolicy", "MlpPolicy" or a subclass of ``QPolicy``.
        env: Environment, vector of environments or id. Actions: Discrete.
            Observations: Box, Discrete, MultiDiscrete or MultiBinary; as they are or
            through ``VecNormalize``, which then normalises what is drawn from the
            memory by the statistics of that moment.
        temperature: ``tau`` of the backup, in units of reward; above 0.
        n_steps: ``n``, the length of a target's path.
        intermediate: What an n-step target charges for the steps after the first:
            "none"; "expected", the regularisation of the Boltzmann policy as in
            Eq. 46; or "sampled", ``tau log(pi/pibar)`` of the action taken, which is
            unbiased for any behaviour.
        double_q: Whether the online network chooses the greedy action of the backup;
            hard targets only.
        printed: Use Eq. 82 or 83 as printed, without tau before the log-sum-exp; it
            diverges. Soft one-step targets only.
        exploration: ``(fraction of training, epsilon)`` points, linear in between.
        learning_rate: Of Adam; a number or a schedule.
        adam_eps: Epsilon of Adam.
        buffer_size: Rows of the replay memory.
        learning_starts: Agent steps before the first update.
        batch_size: Paths an update.
        train_freq: Agent steps of each environment between updates; then follow as
            many updates as there are environments.
        target_update_interval: Agent steps between copies to the target network.
        gamma: Discount per step, from 0 to 1.
        max_grad_norm: Bound on the global norm of the gradient; infinity for none.
        frame_stack: How many frames an observation stacks.
        policy_kwargs: As in SB3.
        **kwargs: ``verbose``, ``seed``, ``device`` and the like, as in SB3's DQN.

    Raises:
        ValueError: Other spaces, a setting out of range, settings that don't go
            together, or one of SB3's DQN that has no effect here.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {
        "MlpPolicy": QPolicy,
        "CnnPolicy": QCnnPolicy,
    }
    soft: ClassVar[bool] = False
    replay_buffer: PathReplayBuffer
    policy: QPolicy
    q_net: TrunkQNetwork

    def __init__(
        self,
        policy: str | type[QPolicy],
        env: GymEnv | str,
        *,
        temperature: float = 0.1,
        n_steps: int = 1,
        intermediate: str = "none",
        double_q: bool = False,
        printed: bool = False,
        exploration: Sequence[Sequence[float]] = EXPLORATION_2017,
        learning_rate: float | Schedule = 1e-4,
        adam_eps: float = 1e-4,
        buffer_size: int = 1_000_000,
        learning_starts: int = 50_000,
        batch_size: int = 32,
        train_freq: int = 4,
        target_update_interval: int = 40_000,
        gamma: float = 0.99,
        max_grad_norm: float = 10.0,
        frame_stack: int = 1,
        policy_kwargs: dict[str, Any] | None = None,
        _init_setup_model: bool = True,
        **kwargs: Any,
    ) -> None:
        # All that was passed, by its name.
        self.check_settings(**locals(), **kwargs)
        self.temperature = temperature
        self.intermediate = intermediate
        self.double_q = double_q
        self.printed = printed
        self.exploration = schedule_points(type(self).__name__, exploration)
        super().__init__(
            policy,
            suitable(env, type(self).__name__, dicts=NO_DICTS),
            learning_rate=learning_rate,
            buffer_size=buffer_size,
            learning_starts=learning_starts,
            batch_size=batch_size,
            gamma=gamma,
            train_freq=train_freq,
            target_update_interval=target_update_interval,
            max_grad_norm=max_grad_norm,
            replay_buffer_class=PathReplayBuffer,
            replay_buffer_kwargs={
                "n_steps": n_steps,
                "gamma": gamma,
                "frame_stack": frame_stack,
                "with_path": n_steps > 1 and intermediate != "none",
                "seed": kwargs.get("seed"),
            },
            policy_kwargs={"optimizer_kwargs": {"eps": adam_eps, "fused": True}}
            | (policy_kwargs or {}),
            _init_setup_model=False,
            **kwargs,
        )
        if _init_setup_model:
            self._setup_model()

    @classmethod
    def check_settings(
        cls, *, n_steps: int, double_q: bool, printed: bool, **others: Any
    ) -> None:
        """Raise a ValueError for settings that no run can have; unknown ones pass."""
        DQN_SETTINGS.check(cls.__name__, {"n_steps": n_steps, **others})
        if printed and (not cls.soft or n_steps > 1):
            raise ValueError("printed=True needs a soft target of one step")
        if double_q and cls.soft:
            raise ValueError("double_q=True needs a hard target")

    def _setup_model(self) -> None:
        normalizes = self._vec_normalize_env is not None
        check_restorable(type(self).__name__, self.observation_space, normalizes)
        super()._setup_model()
        # A vector of environments learns as much from each step as one does.
        self.gradient_steps = self.n_envs
        self.policy.pack()
        self.exploration_schedule = PiecewiseSchedule(self.exploration)

    # ------------------------------------------------------------------ the target

    def backup(self, q: Tensor) -> Tensor:
        """Value of states from their action values, ``(..., A) -> (...)``."""
        return hard_value(q)

    def log_policy(self, q: Tensor) -> Tensor | None:
        """Log of the policy that the backup evaluates; None where it is greedy."""
        return None

    @torch.no_grad()
    def targets(self, batch: PathSamples) -> Tensor:
        """Return the regression targets ``(B,)`` of a batch of paths."""
        path_return = discounted_path_return(
            batch.rewards, self._penalties(batch), batch.alive, self.gamma
        )
        next_values = self._next_values(batch.next_observations)
        return q_target(path_return, batch.terminated, next_values, batch.discounts)

    def _next_values(self, observations: Tensor) -> Tensor:
        q = self.q_net_target(observations)
        if not self.double_q:
            return self.backup(q)
        greedy = self.q_net(observations).argmax(-1, keepdim=True)
        return self.backup(q.gather(-1, greedy))

    def _penalties(self, batch: PathSamples) -> Tensor:
        """``(B, n - 1)``: what each intermediate step is charged, in reward."""
        if batch.path_observations is None or batch.path_actions is None:
            return torch.zeros_like(batch.rewards[:, 1:])
        flat = batch.path_observations.flatten(0, 1)
        q = self.q_net_target(flat).unflatten(0, batch.path_actions.shape)
        if self.intermediate == "sampled":
            return sampled_penalty(q, self.backup(q), batch.path_actions)
        log_policy = self.log_policy(q)
        if log_policy is None:
            return torch.zeros_like(batch.rewards[:, 1:])
        return expected_penalty(q, self.backup(q), log_policy)

    # ------------------------------------------------------------------ the loop

    def _setup_learn(
        self,
        total_timesteps: int,
        callback: MaybeCallback = None,
        reset_num_timesteps: bool = True,
        *args: Any,
        **kwargs: Any,
    ) -> tuple[int, BaseCallback]:
        """Begin to learn, as SB3 does; a game that is given up ends in the memory."""
        if reset_num_timesteps or self._last_obs is None:  # SB3 resets the environment
            self.replay_buffer.end_episodes()
        return super()._setup_learn(
            total_timesteps, callback, reset_num_timesteps, *args, **kwargs
        )

    def load_replay_buffer(self, *args: Any, **kwargs: Any) -> None:
        """Take a saved memory, as SB3 does; what is played next begins anew in it."""
        super().load_replay_buffer(*args, **kwargs)
        self.replay_buffer.end_episodes()

    def _on_step(self) -> None:
        """After a step of every environment: copy to the target network, if it is time.

        As SB3's with ``tau=1``, which writes past what :class:`DeferredTrunk` sees.
        """
        self._n_calls += 1
        if self._n_calls % max(self.target_update_interval // self.n_envs, 1) == 0:
            self.q_net_target.load_state_dict(self.q_net.state_dict())
        self.exploration_rate = self.exploration_schedule(
            self._current_progress_remaining
        )

    def train(self, gradient_steps: int, batch_size: int = 100) -> None:
        """Take gradient steps on the Huber loss of ``Q(s, a) - y`` (delta 1).

        Neither the memory nor the target network changes meanwhile: the batches of all
        steps are drawn, and their targets evaluated, as one.
        """
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        batches = self.replay_buffer.sample(
            gradient_steps * batch_size, env=self._vec_normalize_env
        )
        # Those of double Q-learning depend on the network that learns.
        all_targets = None if self.double_q else self.targets(batches)
        actions = batches.actions.split(batch_size)
        for k, observations in enumerate(batches.observations.split(batch_size)):
            rows = slice(k * batch_size, (k + 1) * batch_size)
            if all_targets is None:
                targets = self.targets(batches.rows(rows))
            else:
                targets = all_targets[rows]
            q, loss = self.policy.learn(observations, actions[k], targets)
            if self._n_updates % DIAGNOSED_EVERY == 0:
                self._record_softness(batches.next_observations[rows])
            self._step(loss)
            self._n_updates += 1
            self.logger.record_mean("train/q_value", q.mean().item())
        self.logger.record("train/epsilon", self.exploration_rate)

    @torch.no_grad()
    def _record_softness(self, observations: Tensor) -> None:
        """Log how soft the target network's values are at this temperature.

        ``target_entropy`` is that of the Boltzmann policy at the next states, in nats;
        ``kept_share`` is what the soft-entropy value exceeds the maximum by, as a share
        of the ``tau log A`` that it exceeds it by where all actions are alike. Both are
        logged for hard targets too, which don't depend on them.
        """
        q = self.q_net_target(observations)
        log_policy = boltzmann_log_policy(q, self.temperature)
        bonus = soft_value(q, self.temperature) - hard_value(q)
        most = self.temperature * math.log(q.shape[-1])
        self.logger.record_mean(
            "train/target_entropy", entropy(log_policy).mean().item()
        )
        self.logger.record_mean("train/kept_share", (bonus.mean() / most).item())

    def _step(self, loss: Tensor) -> None:
        grad_norm = clip_gradients(self.policy.optimizer, self.max_grad_norm)
        numbers = {"loss": loss.item(), "grad_norm": grad_norm}
        check_finite(type(self).__name__, self.num_timesteps, **numbers)
        self.policy.optimizer.step()
        for key, value in numbers.items():
            self.logger.record_mean(f"train/{key}", value)
