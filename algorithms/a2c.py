"""A2C with the entropy (or KL) as a bonus of one step, or inside the returns.

Source: Schulman, Chen, Abbeel (2017), Eq. 79, 80 and 84-86.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
import torch
from stable_baselines3 import A2C
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.sb2_compat.rmsprop_tf_like import RMSpropTFLike
from stable_baselines3.common.type_aliases import GymEnv, Schedule
from stable_baselines3.common.utils import LinearSchedule, obs_as_tensor
from stable_baselines3.common.vec_env import VecEnv
from torch import Tensor

from algorithms.checks import check_finite, suitable
from algorithms.entropy import entropy, regularizer, uniform_log_reference
from algorithms.gradients import clip_gradients
from algorithms.losses import actor_critic_loss
from algorithms.policies import (
    TwoHeadCnnPolicy,
    TwoHeadMultiInputPolicy,
    TwoHeadPolicy,
)
from algorithms.rollout import Rollout
from algorithms.settings import A2C_SETTINGS
from algorithms.targets import n_step_returns, regularized_rewards


class RegularizedA2C(A2C):
    """What the A2C family shares: the settings of 2017 and one training step.

    A variant says whether the regularisation enters the rewards
    (``regularize_rewards``) and what the loss of a sample is (``_losses``).

    Args:
        policy: "CnnPolicy", "MlpPolicy", "MultiInputPolicy" (of Dict observations) or
            a subclass of ``TwoHeadPolicy``.
        env: Environment, vector of environments or id. Actions: Discrete.
            Observations: Box, Discrete, MultiDiscrete, MultiBinary or a Dict of them;
            as they are or through ``VecNormalize``.
        temperature: ``tau``, the weight of the regularisation, in units of reward;
            above 0.
        regularizer: "entropy" (``-H``), or "kl" to the uniform policy
            (``log A - H``).
        value_coef: ``c``, the weight of ``1/2 (V - R)^2``; "1/temperature" for the
            weight that unscaled Q-learning implies, 0 to learn no values.
        learning_rate: Number or schedule; by default 7e-4, falling linearly to 0.
        n_steps: ``n``, steps between two updates.
        gamma: Discount per step, from 0 to 1.
        max_grad_norm: Bound on the global norm of the gradient; infinity for none.
        rms_prop_eps: Epsilon of TensorFlow's RMSProp, inside its square root.
        rms_prop_decay: Decay of its mean square.
        policy_kwargs: As in SB3; the optimiser can be replaced here.
        **kwargs: ``verbose``, ``seed``, ``device`` and the like, as in SB3's A2C.

    Raises:
        ValueError: Other spaces, a setting out of range, or one of SB3's A2C that has
            no effect here.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {
        "MlpPolicy": TwoHeadPolicy,
        "CnnPolicy": TwoHeadCnnPolicy,
        "MultiInputPolicy": TwoHeadMultiInputPolicy,
    }
    regularize_rewards: ClassVar[bool]
    policy: TwoHeadPolicy
    rollout: Rollout | None = None

    def __init__(
        self,
        policy: str | type[TwoHeadPolicy],
        env: GymEnv | str,
        *,
        temperature: float = 0.01,
        regularizer: str = "entropy",
        value_coef: float | str = 0.5,
        learning_rate: float | Schedule | None = None,
        n_steps: int = 5,
        gamma: float = 0.99,
        max_grad_norm: float = 0.5,
        rms_prop_eps: float = 1e-5,
        rms_prop_decay: float = 0.99,
        policy_kwargs: dict[str, Any] | None = None,
        _init_setup_model: bool = True,
        **kwargs: Any,
    ) -> None:
        if learning_rate is None:
            learning_rate = LinearSchedule(7e-4, 0.0, 1.0)
        # All that was passed, by its name.
        self.check_settings(**locals(), **kwargs)
        super().__init__(
            policy,
            suitable(env, self._name),
            learning_rate=learning_rate,
            n_steps=n_steps,
            gamma=gamma,
            max_grad_norm=max_grad_norm,
            use_rms_prop=False,
            policy_kwargs={
                "optimizer_class": RMSpropTFLike,
                "optimizer_kwargs": {"alpha": rms_prop_decay, "eps": rms_prop_eps},
            }
            | (policy_kwargs or {}),
            _init_setup_model=False,
            **kwargs,
        )
        self.temperature = temperature
        self.regularizer = regularizer
        self.value_coef = (
            1 / temperature if isinstance(value_coef, str) else float(value_coef)
        )
        if _init_setup_model:
            self._setup_model()

    def _setup_model(self) -> None:
        super()._setup_model()
        self.policy.pack()

    @classmethod
    def check_settings(cls, **settings: Any) -> None:
        """Raise a ValueError for settings that no run can have; unknown ones pass."""
        A2C_SETTINGS.check(cls.__name__, settings)

    @property
    def log_reference(self) -> Tensor | None:
        """Log of the reference policy: uniform for "kl", none for "entropy"."""
        if self.regularizer == "entropy":
            return None
        return uniform_log_reference(int(self.action_space.n))  # type: ignore[attr-defined]

    def collect_rollouts(
        self,
        env: VecEnv,
        callback: BaseCallback,
        rollout_buffer: RolloutBuffer,
        n_rollout_steps: int,
    ) -> bool:
        """Act for ``n`` steps, as SB3's A2C does, and keep the graph of acting.

        SB3's rollout buffer stays empty: what was collected is in ``self.rollout``.

        Returns:
            False if the callback ended training.
        """
        self.policy.set_training_mode(True)
        self.policy.forget()
        callback.on_rollout_start()
        steps = []
        for _ in range(n_rollout_steps):
            log_policy = self.policy.act(self._obs_tensor())
            actions = self._sample(log_policy)
            new_obs, rewards, dones, infos = env.step(actions.cpu().numpy())
            self.num_timesteps += env.num_envs
            callback.update_locals(locals())
            if not callback.on_step():
                return False
            if dones.any():
                self._update_info_buffer(infos, dones)
                rewards = rewards + self._timeout_values(dones, infos)
            steps.append((actions, np.array(rewards), np.array(dones)))
            self._last_obs = new_obs  # type: ignore[assignment]
            self._last_episode_starts = dones
        with torch.no_grad():
            _, last_values = self.policy.log_policy_and_value(self._obs_tensor())
        taken, *ends = zip(*steps, strict=True)
        gains, cuts = (
            torch.as_tensor(np.stack(end), dtype=last_values.dtype, device=self.device)
            for end in ends
        )
        acted = self.policy.recall()
        self.rollout = Rollout(*acted, torch.stack(taken), gains, cuts, last_values)
        callback.update_locals(locals())
        callback.on_rollout_end()
        return True

    def _obs_tensor(self) -> Any:
        assert self._last_obs is not None
        return obs_as_tensor(self._last_obs, self.device)

    def _sample(self, log_policy: Tensor) -> Tensor:
        """Draw actions ``(E,)`` from ``(E, A)``."""
        probabilities = torch.softmax(log_policy, dim=-1)
        check_finite(self._name, self.num_timesteps, policy=probabilities.sum().item())
        return torch.multinomial(probabilities, 1).squeeze(1)

    def _timeout_values(self, dones: np.ndarray, infos: list[dict]) -> np.ndarray:
        """Discounted values of the last observations of games cut by a time limit."""
        values = np.zeros(len(dones), np.float32)
        for env in np.flatnonzero(dones):
            if infos[env].get("TimeLimit.truncated", False):
                last = self.policy.obs_to_tensor(infos[env]["terminal_observation"])[0]
                with torch.no_grad():
                    _, value = self.policy.log_policy_and_value(last)
                values[env] = self.gamma * value.item()
        return values

    def train(self) -> None:
        """Take one gradient step on the rollout just collected."""
        assert self.rollout is not None, "nothing was collected"
        self._update_learning_rate(self.policy.optimizer)
        loss = self.rollout_loss(self.rollout)
        self.rollout = None
        self.policy.backward(loss)
        grad_norm = clip_gradients(self.policy.optimizer, self.max_grad_norm)
        numbers = {"loss": loss.item(), "grad_norm": grad_norm}
        check_finite(self._name, self.num_timesteps, **numbers)
        self.policy.optimizer.step()
        self._n_updates += 1
        for key, value in numbers.items():
            self.logger.record_mean(f"train/{key}", value)

    @property
    def _name(self) -> str:
        return type(self).__name__

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "rollout"]

    def rollout_loss(self, rollout: Rollout) -> Tensor:
        """Return the mean loss of a rollout, differentiable in the parameters."""
        log_policy, values, actions, *_ = rollout
        returns = self.returns(rollout, log_policy.detach())
        return self._losses(log_policy, values, actions, returns).mean()

    def returns(self, rollout: Rollout, log_policy: Tensor) -> Tensor:
        """Return ``(n, E)`` bootstrapped returns of the variant's rewards."""
        rewards = rollout.rewards
        if self.regularize_rewards:
            penalty = regularizer(log_policy, self.log_reference)
            rewards = regularized_rewards(rewards, penalty, self.temperature)
        return n_step_returns(rewards, rollout.dones, rollout.last_values, self.gamma)

    def _losses(
        self, log_policy: Tensor, values: Tensor, actions: Tensor, returns: Tensor
    ) -> Tensor:
        loss = actor_critic_loss(
            log_policy,
            values,
            actions,
            returns,
            temperature=self.temperature,
            value_coef=self.value_coef,
            log_reference=self.log_reference,
        )
        self._record(log_policy, values, policy_loss=loss.policy, value_loss=loss.value)
        return loss.total

    @torch.no_grad()
    def _record(self, log_policy: Tensor, values: Tensor, **samples: Tensor) -> None:
        """Log means of samples; a row of metrics holds those of all its updates."""
        samples |= {"entropy": entropy(log_policy), "value": values}
        for key, value in samples.items():
            self.logger.record_mean(f"train/{key}", value.mean().item())


class NaiveA2C(RegularizedA2C):
    """A2C with a one-step entropy bonus, as commonly implemented (Eq. 79)."""

    regularize_rewards = False


class NaivePlusA2C(NaiveA2C):
    """Naive A2C with ``tau log A`` added to the reward of every step.

    A control of Figure 1: while a policy is near uniform the proper rewards exceed
    the naive ones by about this constant, which in games that end is a bonus for
    surviving and nothing else.
    """

    def returns(self, rollout: Rollout, log_policy: Tensor) -> Tensor:
        """Return ``(n, E)`` bootstrapped returns of rewards plus ``tau log A``."""
        bonus = self.temperature * math.log(log_policy.shape[-1])
        raised = rollout._replace(rewards=rollout.rewards + bonus)
        return super().returns(raised, log_policy)


class ProperA2C(RegularizedA2C):
    """A2C of the entropy-regularised return: rewards, advantages, values (Eq. 80)."""

    regularize_rewards = True
