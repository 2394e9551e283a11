"""README's numbers that nobody measured: each pattern says of what kind.

The whole match is one. Who adds a setting (a version, a budget, an equation) to README
and sees ``test_readme_numbers.py`` fail adds its phrase here.
"""

SETTINGS = (
    r"\b2017\b",
    r"arXiv [\d.]+v4",
    r"Python 3\.11 or newer",
    r"minutes on 2 cores",
    r"takes 2\.4 GB \(by `du`, November 2026\)",
    r"(?:Figures?|Fig\.) \d(?:-\d|, \d)?",
    r"(?:Eq\.|Sec\.) \d[\d.]*(?:(?:-|, )\d+)*",
    r"(?m)\| (?:\d[\d-]*)?(?:, )?(?:Sec\. [\d.]+)? \|$",  # a table's equations
    r"tau = [\d.]+",
    r"\b1/tau",
    r"a tenth of the (?:temperature|learning rate)",
    r"\b5-step",
    r"(?:last tenth of training|last 100 games)",
    r"with 4 to 18 distinct actions",
    r"with 3 actions twice",
    r"with 6 distinct actions",
    r"NFS does since version 4",
    r"under the GPL-3",
    r"again for 200,000 frames",
    r"in the last tenth of 10M frames,",
    r"within 2M \(two seeds",
    r"policies of seed 0 of",
    # Held by test_readme_answer.py, test_readme_targets.py and test_readme_atari.py.
    r"the least effect that matters, is a tenth of",
    r"of its 40 runs that learn something, none of them on Seaquest, one has for a "
    r"while less than half of its best mean of 100 games; of proper A2C's 40 on the "
    r"same games, none; of naive A2C's 40, two; of hard DQN's 40, with a target "
    r"network, none, but 8 of its 10 on Seaquest; of Q-learning's with a value weight "
    r"of 1/tau, 9 of 10\.",
    r"to half of the best mean of 100 games or less",
    r"from 180 to 5\.4 within 0\.2M, and it takes 0\.3M to be back at 100",
    r"between 9\.1M and 9\.2M, it loses 11 games",
    r"first scores after 3\.8M frames",
    r"measure one of its 50 runs diverges",
    r"come to 95 % of its fixed point",  # what `plan` warns below
    r"last tenth, where a score is read",
    r"no 95 % interval is finite with less than 5 blocks",
    r"\bat 95 %(?:; whether|, though both)",
    r"at most 5 % of studies ever state something false",  # what the intervals are for
    # What the deviations compare.
    r"\d+M frames \(A2C\), \d+M \(DQN, inferred\)",
    r"10M and 4M; `minatar` 1M and 0\.5M, where its authors trained for 5M",
    r"\b400,000(?:-frame| frames)|Space Invaders 300,000",
    r"text of 6\.1",
    r"\b0\.1 of (?:the entropy form|all forms)",
    r"delta 1 ",
    r"an update for every 4 frames and not for every one, and in 8 games",
    r"\b84x\d+",
    r"head gain 1, ",
    r"with its 1/2",
    r"rate falls to 0, RMSProp epsilon 1e-5 inside the root",
    r"constant learning rate, epsilon 1e-10",
    r"constant rate with epsilon 1e-8 comes",
    r"falling one with epsilon 1e-10",
    r"2017's fractions and 40,000 steps",
    r"a copy every 2,500 steps; 250,000 rows",
    r"at 4M frames",
    r"\(Young and Tian 2019\)",
    r"better of two on",
    r"10M frames are the first thirtieth",
    r"In 3M frames",
    r"\b1M (?:transitions|stored frames)",
    r"7 GB in place of 56",
    r"(?:7,744|3,136) inputs",
    r"clipped to norm 10",
    r"double Q-learning",
)
