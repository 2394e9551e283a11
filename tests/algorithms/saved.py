"""What was saved is what is loaded: for models on any games."""

import numpy as np
import torch


def parameters(model):
    return torch.cat([p.detach().flatten() for p in model.policy.parameters()])


def assert_loaded_as_saved(model, path, steps):
    """Of a model made with temperature 0.25 and gamma 0.9; it learns on, too."""
    model.save(path)
    loaded = type(model).load(path, env=model.env)
    assert torch.equal(parameters(model), parameters(loaded))
    assert (loaded.temperature, loaded.gamma) == (0.25, 0.9)
    seen = model.env.reset()
    acted, _ = model.predict(seen, deterministic=True)
    assert np.array_equal(loaded.predict(seen, deterministic=True)[0], acted)
    loaded.learn(steps)
    return loaded
