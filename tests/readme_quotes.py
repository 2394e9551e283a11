"""What README quotes of results/.

Who changes README and sees ``test_readme_numbers.py`` fail: a new result needs a
:class:`Quote` with its source in :data:`QUOTES`; a number that is no result, its phrase
in ``readme_settings.py``; an entry whose sentence is gone, removal.
"""

from statistics import fmean

from tests.quoting import Quote, Reduce, Source, only


def row(check: str, find: str, parameters: str = "", says: str = "", of: Reduce = only):
    """What the rows of an exact check observed (``results/tables/theory.md``)."""
    rows = (("check", check), ("statement", says), ("parameters", parameters))
    return Source("data/theory/theory.csv", ("observed",), find, rows, of)


def said(check: str, find: str, of: Reduce = only) -> Source:
    """A number in the statement of an exact check's rows."""
    file = "data/theory/theory.csv"
    return Source(file, ("statement",), find, (("check", check),), of)


ROLLOUT, CORRIDOR = "samples.updates_of_one_rollout", "samples.updates_in_a_corridor"
MEDIAN, MOST = r"^([\d.]+)%", r"to ([\d.]+)%"
CURVES, FIRST, SECOND = "same_seed.curves_part", r"^([\d.]+) and", r"and ([\d.]+);"
CLOSE = "episodic_scores.scores_are_close_at_low_tau"
SIGN = "episodic_scores.the_sign_is_that_of_living"
PAYS, ENTROPY, KL = "living=pays", r"\(entropy\)", r"\(KL\)"
HIGHER, LOWER, MEAN = r"higher in (\d+)", r"lower in (\d+)", r"mean [+-]([\d.]+) %"
KEPT, KEEPS = "kept_share.share_kept_in_games", r"keeps ([\d.]+)"
EFFECT, SHARE = "kept_share.effect_of_what_is_kept", r"^([\d.]+);"
DENSE, SPARSE = "rewards=dense, tau=0.1,", "rewards=sparse, tau=0.1,"

COST = Source(
    "tables/cost.csv",
    ("a2c", "dqn"),
    r"^([\d.]+),",
    (("quantity", r"^both, %"),),
    lambda percent: max(percent) / 100,
)


def wrong_on(blocks: str) -> Source:
    """The worst share of simulated studies that state something false, in per cent."""
    return Source(
        "claims/calibration.csv",
        ("false_for", "false_against"),
        r"^([\d.e-]+)$",
        (("blocks", f"^{blocks}$"),),
        lambda shares: 100 * max(shares),
    )


def scored(study: str, label: str, game: str) -> Source:
    """The mean score of the arm whose label the pattern finds."""
    rows = (("label", label), ("game", f"^{game}$"))
    return Source(f"tables/{study}/scores.csv", ("mean",), r"^([\d.]+)$", rows)


def effect(question: str, column: str, sign: str = "") -> Source:
    """By how many per cent of the scale an arm is above another on MinAtar.

    With the sign ``-``, by how many it is below.
    """
    rows = (("question", f"^{question}$"), ("study", "^minatar$"), ("game", "^all$"))
    return Source(
        "claims/questions.csv",
        (column,),
        rf"^{sign}([\d.]+)$",
        rows,
        lambda shares: 100 * only(shares),
    )


def share_of(settings: str) -> Source:
    """Of tuning on Atari: the mean over games of the share of the way to the best."""
    rows, file = (("label", settings),), "tables/tuning/choice.csv"
    return Source(file, ("share",), r"^(-?[\d.e-]+)$", rows, fmean)


# Of the agent that README shows: its first environment's first game.
FIRST_GAME = Source(
    "agents/a2c-proper-minatar-breakout-s0-8be992fa3b/evaluation.csv",
    ("game_return",),
    r"^([\d.]+)$",
    (("policy", "^sampled$"), ("env", "^0$")),
    lambda returns: returns[0],
)

QUOTES = (
    Quote(
        "up to {} % apart if rewards are dense, {} to {} % (medians) if they are",
        (
            row(ROLLOUT, MOST, "tau=0.01", "^dense", max),
            row(ROLLOUT, MEDIAN, "tau=0.01", "^sparse", min),
            row(ROLLOUT, MEDIAN, "tau=0.01", "^sparse", max),
        ),
    ),
    Quote(
        "and {} % with a peaked policy in a game without chance",
        (row(CORRIDOR, MEDIAN, "entropy=0.2 log A, tau=0.01"),),
    ),
    Quote(
        "a total variation of {} apart after {} updates and {} after {}, when those of "
        "two seeds are {} apart; `a2c-proper` is {} from itself if its critic starts "
        "{} off",
        (
            row(CURVES, FIRST, says="^20 updates"),
            said(CURVES, r"^(\d+) updates", min),
            row(CURVES, FIRST, says="^300 updates: total"),
            said(CURVES, r"^(\d+) updates", max),
            row(CURVES, SECOND, says="^300 updates"),
            row(CURVES, FIRST, says="itself"),
            said(CURVES, r"values ([\d.]+) off"),
        ),
    ),
    Quote(
        "both forms of proper A2C end within {} % of naive A2C's score",
        (row(CLOSE, MEAN, of=max),),
        bound=True,
    ),
    Quote(
        "the entropy form is higher than naive in {} to {} of {} MDPs and lower in {} "
        "to {}, the KL form higher in {} to {} and lower in {} to {};",
        (
            row(CLOSE, HIGHER, PAYS, ENTROPY, min),
            row(CLOSE, HIGHER, PAYS, ENTROPY, max),
            row(CLOSE, r"of (\d+);", PAYS),
            row(CLOSE, LOWER, PAYS, ENTROPY, min),
            row(CLOSE, LOWER, PAYS, ENTROPY, max),
            row(CLOSE, HIGHER, PAYS, KL, min),
            row(CLOSE, HIGHER, PAYS, KL, max),
            row(CLOSE, LOWER, PAYS, KL, min),
            row(CLOSE, LOWER, PAYS, KL, max),
        ),
    ),
    Quote(
        "the first scores {} to {} % more and the second {} to {} % less",
        tuple(
            row(SIGN, MEAN, PAYS, form, of)
            for form in (ENTROPY, KL)
            for of in (min, max)
        ),
    ),
    Quote(
        "a share of {} to {} with 4 to 18 distinct actions if rewards are dense; {}, "
        "and {} whatever the gaps, with 3 actions twice, as in Pong; {} with 6 "
        "distinct actions if they are sparse",
        (
            row(KEPT, KEEPS, rf"A=(?:4|6|18), {DENSE}", of=min),
            row(KEPT, KEEPS, rf"A=(?:4|6|18), {DENSE}", of=max),
            row(KEPT, KEEPS, f"A=3 twice, {DENSE}"),
            row("kept_share.share_of_a_gap", KEEPS, "A=3 twice, gap=10 tau"),
            row(KEPT, KEEPS, f"A=6, {SPARSE}"),
        ),
    ),
    Quote(
        "soft entropy adds a share of {} at most, {} and {} in these cases",
        (
            row(EFFECT, SHARE, rf"A=(?:4|6|18), {DENSE}", of=max),
            row(EFFECT, SHARE, f"A=3 twice, {DENSE}"),
            row(EFFECT, SHARE, f"A=6, {SPARSE}"),
        ),
    ),
    Quote(
        "injects {} faults into real short runs",
        (Source("data/faults/faults.csv", ("no",), r"^(\d+)$", of=max),),
    ),
    Quote("take less than a {} of training's time", (COST,), bound=True),
    Quote(
        "none states something false in more than {} % of studies",
        (wrong_on("normal"),),
        bound=True,
    ),
    Quote("single exponential draws in up to {} %", (wrong_on("exponential"),)),
    Quote(
        "on five games of such scores in {} % at most",
        (wrong_on("exponential scores"),),
        bound=True,
    ),
    Quote("its first sampled game: score {}", (FIRST_GAME,)),
    Quote(
        "these settings come on average {} of the way from random play to the best of "
        "those tried, and 2017's {}, though",
        (
            share_of("schedule=constant, rms_prop_eps=1e-10"),
            share_of("schedule=linear, rms_prop_eps=1e-05"),
        ),
    ),
    Quote(
        "a constant rate with epsilon 1e-8 comes {} of that way, a falling one with "
        "epsilon 1e-10 {}",
        (
            share_of("schedule=constant, rms_prop_eps=1e-08"),
            share_of("schedule=linear, rms_prop_eps=1e-10"),
        ),
    ),
    Quote(
        "comes to {} on Seaquest, where they come to {}, and to {} on Freeway, where "
        "they come to {}; that it is worse is contradicted",
        (
            scored("minatar", "^dqn-soft-kl$", "MinAtar/Seaquest"),
            scored("minatar", "^dqn-hard$", "MinAtar/Seaquest"),
            scored("minatar", "^dqn-soft-kl$", "MinAtar/Freeway"),
            scored("minatar", "^dqn-hard$", "MinAtar/Freeway"),
        ),
    ),
    Quote(
        "comes to {} on Asterix, where hard targets come to {}, and to {} on Freeway, "
        "where at a tenth of the temperature it comes to {} (a control of one seed)",
        (
            scored("minatar", "^dqn-soft-entropy$", "MinAtar/Asterix"),
            scored("minatar", "^dqn-hard$", "MinAtar/Asterix"),
            scored("minatar", "^dqn-soft-entropy$", "MinAtar/Freeway"),
            scored("minatar-controls", "temperature=0.01", "MinAtar/Freeway"),
        ),
    ),
    Quote(
        "in each of five seeds: on Asterix {}, where one step comes to {}",
        (
            scored("minatar", "^dqn-hard-5step$", "MinAtar/Asterix"),
            scored("minatar", "^dqn-hard$", "MinAtar/Asterix"),
        ),
    ),
    Quote(
        "seed, they come to {} on Freeway, where one step at the higher comes to {}",
        (
            scored("minatar-controls", "5step .learning_rate", "MinAtar/Freeway"),
            scored("minatar", "^dqn-hard$", "MinAtar/Freeway"),
        ),
    ),
    Quote(
        "lower soft entropy's score by {} % of the scale and soft KL's by {} %; that "
        "of hard targets they lower by {} %, which one more block may decide.",
        tuple(
            effect(f"C5.{each}", "effect", "-")
            for each in ("soft-entropy", "soft-kl", "minatar")
        ),
    ),
    Quote(
        "games, is lower by {} % of the scale, between {} and {} % at 95 %; whether",
        tuple(effect("C1.final", each, "-") for each in ("effect", "high", "low")),
    ),
    Quote(
        "hard targets score less than soft entropy by {} % of the scale, between {} "
        "and {} % at the {} % that each",
        tuple(
            effect("C4.plus", each)
            for each in (
                "effect",
                "contradicts_low",
                "contradicts_high",
                "contradicts_level",
            )
        ),
    ),
    Quote(
        "areas under curves within {} and {} % of the scale at 95 %, though",
        (effect("C7.final-t0.1", "low", "-"), effect("C7.area-t0.1", "low", "-")),
    ),
    Quote(
        "`dqn-hard` comes to {} on Breakout within 2M",
        (scored("atari", r"^dqn-hard \(frames=2e\+06\)$", "Breakout"),),
    ),
)
